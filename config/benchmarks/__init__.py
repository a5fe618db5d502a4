"""`manage.py bench`: what Recado costs, as ratios to a ceiling that is measured in the same run.

One noun per module; each row's module has ``measure(bench)``, which yields the lines of its part of the table.
"""
