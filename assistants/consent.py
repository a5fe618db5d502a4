# ruff: noqa: E501  (word lists and patterns are one line each)
"""Whether a person's message is a plain yes or no to what they were asked, in Spanish, English or Portuguese."""

from __future__ import annotations

import re

from assistants.grounding.words import fold

LONGEST = 80  # characters; whoever says more says something else

_YES = (
    r"s[i]+|claro(?: que si)?|dale|de una|listo|ok(?:ay|ey)?|okis|vale|va|bueno|perfecto|de acuerdo|adelante|procede|correcto|exacto|afirmativo|por supuesto|hazlo|confirmo|confirmado|confirmar|confirma|estoy segur[oa]|segur[oa]"
    r"|(?:cancela|borra|elimina|mueve|pasa|quita|anula|mueva|cancele|borre|elimine)(?:l[ao]s?|me(?:l[ao]s?)?)?(?: tod[ao]s)?|tod[ao]s|las dos|los dos|ambas|ambos"
    r"|yes|yep|yeah|yup|sure(?: thing)?|of course|go ahead|do it|please do|confirm(?:ed)?|absolutely|correct|right|that s right|cancel (?:them|it|all)|delete (?:them|it|all)|move (?:them|it|all)|all of them|both"
    r"|sim|isso(?: mesmo)?|pode(?: ser| sim)?|pode (?:cancelar|apagar|mover|excluir)|claro que sim|com certeza|beleza|certo|confirmo|faca(?: isso)?|cancele|apague|mova|todas|todos"
)
_NO = (
    r"no+|nop|nel|para nada|mejor no|no gracias|dejal[ao]s?(?: asi)?|dejemosl[ao]s?|olvidal[ao]|todavia no|aun no|espera|no (?:lo|la|las|los) (?:canceles|borres|muevas|elimines|hagas)|no hagas nada|ninguna|ninguno|negativo"
    r"|nope|no thanks|don ?t|do not|never ?mind|leave (?:it|them)|not yet|wait|stop|cancel that"
    r"|nao+|nao obrigad[oa]|deixa(?: (?:assim|pra la))?|melhor nao|ainda nao|espere|nenhuma"
)
_POLITE = r"por favor|porfa(?:vor)?|please|gracias|thanks|thank you|obrigad[oa]|amig[oa]|recado|pues|entonces|then|entao|ya|ahora|now|agora|eso|it|them|tudo|todo|las|los|as|os"


def _whole(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?:(?:{_POLITE})\s+)*(?:{words})(?:\s+(?:{words}|{_POLITE}))*")


_AGREES, _REFUSES = _whole(_YES), _whole(_NO)


def read_consent(message: str) -> bool | None:
    """True for a yes, False for a no; None for anything else, such as «sí, pero solo la primera»."""
    if len(message) > LONGEST:
        return None
    words = " ".join(re.sub(r"[^\w\s]", " ", fold(message)).split())
    if _AGREES.fullmatch(words):
        return True
    return False if _REFUSES.fullmatch(words) else None
