"""How people write dates and times in Spanish, English and Portuguese: words, rules, and what they add up to.

``tokens`` cuts a text, a language's ``lexicon`` names what each word may be, ``rules`` find pieces (a date, an hour, a
length) and ``composition`` puts the pieces of a sentence together. ``agenda.dates`` is the way in.
"""
