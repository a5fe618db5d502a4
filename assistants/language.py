"""Which language a short message is in: Spanish, English or Portuguese."""

from __future__ import annotations

import re
from typing import Literal

Language = Literal["es", "en", "pt"]

_WORD = re.compile(r"[^\W\d_]+")
# Words that one language has and the other two have not, or hardly.
_MARKS: dict[Language, frozenset[str]] = {
    "es": frozenset(
        "el los las una unos unas y del al que qué cuánto cuanto cuánta cuanta cuántos cuantos cuesta cuestan vale sale tienen tienes tenés tiene hay"
        " hola buenas buenos gracias quiero quisiera necesito busco precio cuál cual cuáles dónde donde cómo muy más mas pero también está están estos"
        " hasta usted ustedes ese esa eso algún alguna hacen venden muéstrame muestrame dame lo le les mi barato adiós mañana ahora envío envíos tarde noche"
        " días aquí sí con sin por para cuándo cuando otro otra ningún nada gustaría saber desde cada uno dos tres pesos dólares mejor".split()  # noqa: SIM905
    ),
    "en": frozenset(
        "the is are do you does have has how much many what which where when i we want need looking for price cost costs hello hi hey thanks thank"
        " please can could would like any some cheapest cheaper best stock and of with without under than that this these those it your my there"
        " show me tell about sell buy good morning afternoon evening bye goodbye yes delivery shipping hours open not in on at to between compare".split()  # noqa: SIM905
    ),
    "pt": frozenset(
        "o os um uma uns umas e do da dos das no na nos nas ao é são quanto quanta quantos custa custam tem têm vocês você vc vcs oi olá ola obrigado obrigada"
        " quero queria gostaria preciso procuro preço preco qual quais onde muito mais mas também tambem está estão até isso essa esse algum alguma fazem"
        " vendem mostre barato amanhã agora entrega entregas bom boa dia tarde noite tchau sim não nao com sem por para pra quando outro outra reais melhor"
        " seu sua meu minha tudo bem eu".split()  # noqa: SIM905
    ),
}
_STRONG: dict[Language, re.Pattern[str]] = {
    "es": re.compile(r"[ñ¿¡]|\b(?:cu[aá]nt[oa]s?|cuestan?|tienen|tienes|hola|gracias|venden|hay|qu[eé])\b"),
    "en": re.compile(r"\b(?:the|what|how|do you|thanks|hello|have|much)\b"),
    "pt": re.compile(r"[ãõç]|\b(?:voc[eê]s?|vcs?|quanto|custam?|oi|obrigad[oa]|vendem|n[aã]o|ol[aá])\b"),
}


def detect_language(text: str, *, default: Language = "es") -> Language:
    """The language of ``text``; ``default`` when nothing in it tells one from the others."""
    lowered = text.lower()
    words = _WORD.findall(lowered)
    scores = {
        language: sum(word in marks for word in words) + 2 * len(_STRONG[language].findall(lowered))
        for language, marks in _MARKS.items()
    }
    best = max(scores.values())
    if best == 0 or scores[default] == best:
        return default
    return max(scores, key=lambda language: scores[language])
