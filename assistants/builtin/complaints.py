# ruff: noqa: E501  (patterns are one line each)
"""What a customer writes that only people of the shop can settle: a complaint, and the word that they buy."""

from __future__ import annotations

import re

from assistants.grounding.words import fold

LONGEST_READ = 500  # characters

_BAD = r"(?:mal|mal[oa]s?|danad[oa]s?|defectuos[oa]s?|rot[oa]s?|incomplet[oa]s?|averiad[oa]s?|quebrad[oa]s?|vencid[oa]s?|golpead[oa]s?|equivocad[oa]s?|con defectos?)"
_BAD_PT = r"(?:quebrad[oa]s?|danificad[oa]s?|defeituos[oa]s?|com defeito|incomplet[oa]s?|estragad[oa]s?|errad[oa]s?)"
_COMPLAINT = re.compile(
    rf"\b(?:salio|salieron|vino|vinieron|llego|llegaron|resulto|resultaron|vendieron|entregaron|mandaron|enviaron) (?:\w+ ){{0,3}}{_BAD}\b"
    r"|\b(?:quiero|quisiera|necesito|deseo|vengo a|voy a) (?:devolver\w*|reclamar\w*|quejarme|(?:hacer |poner |presentar )?(?:una? |el |la )?(?:devolucion|reclamo|reclamacion|queja|reembolso)|(?:hacer (?:efectiva|valer) |usar )la garantia|mi (?:dinero|plata) de vuelta)\b(?! no\b)"
    r"|\b(?:tengo|pongo|presento) (?:una? )?(?:reclamo|reclamacion|queja)\b|\bdevuelvan?me (?:el|la|mi) (?:dinero|plata)\b"
    r"|\bme (?:l[oa]s? )?cobraron (?:\w+ ){0,3}(?:de mas|mas|doble|dos veces|mal|otro precio)\b"
    r"|\b(?:nunca|no) (?:me |nos )?(?:llego|llegaron|han? llegado) (?:\w+ )?(?:pedido|compra|paquete|producto)\b|\b(?:pedido|compra|paquete|producto) (?:\w+ ){0,2}(?:nunca|no) (?:me |nos )?(?:llego|han? llegado)\b|\bme estafaron\b"
    r"|\b(?:came|arrived|turned out|got here|was delivered) (?:\w+ ){0,2}(?:broken|damaged|defective|faulty|incomplete|wrong)\b"
    r"|\bi (?:want|need|would like|d like) (?:to (?:return|complain|(?:make|file) a (?:complaint|claim))\b|(?:a refund|my money back)\b)|\bi have a complaint\b"
    r"|\b(?:overcharged|charged) me (?:twice|double|too much|more)\b|\bovercharged\b|\b(?:order|package|purchase) (?:never arrived|(?:has|did)(?:n t| not) arrived?)\b"
    rf"|\b(?:veio|vieram|chegou|chegaram|saiu|venderam) (?:\w+ ){{0,3}}{_BAD_PT}\b"
    r"|\bquero (?:devolver\w*|reclamar|fazer uma reclamacao|(?:um |o )?reembolso|(?:o )?meu dinheiro de volta|(?:usar|acionar) a garantia)\b"
    r"|\bme cobraram (?:\w+ ){0,2}(?:a mais|duas vezes|demais|errado)\b|\b(?:pedido|compra|pacote) (?:\w+ )?nao chegou\b"
)
_BROKEN = re.compile(
    r"\bno (?:me )?(?:funcion(?:a|an|o|aron)|prenden?|prendio|enciende|sirven?|sirvio)\b(?! (?:para|con|en|de)\b)"
    r"|\b(?:does|did)(?: not|n t) work\b(?! (?:with|on|for)\b)|\bstopped working\b|\bnao funcion(?:a|am|ou)\b(?! (?:com|para|em)\b)"
)
# «si no funciona, ¿lo cambian?» and «el mío no funciona, busco otro» are asked before buying.
_BEFORE = re.compile(
    r"\b(?:si|if|se|caso) (?:\w+ ){0,3}(?:no|nao|does|did)\b|\b(?:busco|buscando|comprar|otro|nuevo|tienen|venden|buy|looking for|do you (?:have|sell)|another|new one|procuro|outro|voces tem)\b"
)
_SAYS_YES = r"(?:si|bueno|ok|okay|listo|dale|perfecto|entonces|yes|yeah|great|sim|ta|beleza)"
_TAKES = re.compile(
    rf"(?:{_SAYS_YES} )*(?:(?:me )?l[oa]s? (?:quiero|llevo|compro|pido)|quiero (?:comprar|llevar|pedir)(?:me)?l[oa]s?|i ll take (?:it|them|that|those|both)|i will take (?:it|them)|i want (?:it|them)|eu quero|quero sim|vou (?:levar|querer|ficar com el[ea]s?)|quero (?:el[ea]s?|esse|essa|esses|essas))(?: por favor| porfa| gracias| please| thanks| obrigad[oa])?"
)
_KEEP = re.compile(
    rf"^(?:(?:{_SAYS_YES}|por favor|hola|please|oi|me|puedes|pueden|podrias|can you|could you|pode|podem) )*(?:reserv|apart|guard|separ)(?:a|e|en|an)(?:me|nos)(?:l[oa]s?)?\b|^(?:(?:{_SAYS_YES}|por favor|hola|please|oi|can you|could you|pode|podem|me) )*(?:(?:set aside|reserve|hold) (?:\d|me|one|two|it|them|a|the)\b|(?:reserv|separ)(?:a|e|ar) (?:\d|uma?|dois|duas|para mim)\b)"
)


def complains(message: str) -> bool:
    """Whether something that was bought is wrong; what is asked of warranty and returns before is no complaint."""
    text = _plain(message)
    if _COMPLAINT.search(text):
        return True
    return _BROKEN.search(text) is not None and _BEFORE.search(text) is None


def takes_it(message: str) -> bool:
    """Whether «sí, los quiero» is all that is said: they buy what was spoken of."""
    return _TAKES.fullmatch(_plain(message)) is not None


def keeps_goods(message: str) -> bool:
    """Whether goods are to be kept for them: «resérvame 2 martillos»."""
    return _KEEP.search(_plain(message)) is not None


def _plain(message: str) -> str:
    return " ".join(re.sub(r"[^\w\s]", " ", fold(message[:LONGEST_READ])).split())
