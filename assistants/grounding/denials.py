# ruff: noqa: E501  (word lists and patterns are one line each)
"""What a sentence says not to be so, and where it turns to what is."""

from __future__ import annotations

import re

DENIAL = re.compile(
    r"\b(?:no (?:\w+ )?(?:tenemos|tengo|contamos|manejamos|vendemos|hay|encontr\w+|dispon\w+|figura\w*|aparece\w*|trabajamos|veo|ofrecemos|esta\w*|existe\w*|trae\w*|sale|vende\w*|cuento|puedo|se|hemos|lo|la|los|las|quedan?)"
    r"|sin (?:resultados|stock)|lamentablemente|lastimosamente|por desgracia|infelizmente|unfortunately|(?:do|does|did|could|can|are|is|have)(?:n['’]?t| not)|cannot|sorry|no (?:results|longer)|not (?:have|sell|find|available|carry)"
    r"|nao (?:\w+ )?(?:temos|tenho|encontr\w+|trabalh\w+|vend\w+|ha|dispo\w+|esta|existe|aparece)|en lugar de|en vez de|instead of|a falta de|no,)"
)
CONTRAST = re.compile(
    r"[;:]|\b(?:pero|sino|but|mas temos|porem|sin embargo|however|aunque|en cambio|si tenemos|tambien|a cambio|te (?:puedo|recomiendo|ofrezco))\b"
)
_NEGATION = re.compile(r"\b(?:no|ni|not|nao|nunca|never|tampoco|\w+n['’]t|sin que|without)\b[^.;:,]{0,50}$")


def is_denied_before(folded: str, start: int) -> bool:
    """Whether the folded words before ``start`` say that what follows is not so."""
    head = folded[max(0, start - 200) : start]
    if _NEGATION.search(head):
        return True
    denials = list(DENIAL.finditer(head))
    return bool(denials) and not CONTRAST.search(head[denials[-1].end() :])
