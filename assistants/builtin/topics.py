# ruff: noqa: E501  (patterns are one line each)
"""What may be asked of the business itself, and the words by which its facts are found."""

from __future__ import annotations

import re

from assistants.grounding.words import fold

TOPICS: dict[str, re.Pattern[str]] = {
    topic: re.compile(r"(?<!\w)(?:" + pattern + r")(?!\w)")
    for topic, pattern in {
        "hours": r"horarios?|a que hora|hora(?:rio)? de atencion|abren?|abrimos|abierto\w*|cierran?|cerramos|atienden|atendemos|(?:dias|hora) (?:de atencion|abren)|opening hours|hours|open(?:ing)?|close|closed|que horas|abre[m]?|fecha[m]?|fechamos|aberto\w*|funcionamento|lunes a|segunda a|segunda|lunes|domingos?|festivos|sabados?|martes|24 horas",
        "address": r"direccion|(?:nos )?(?:estamos|quedamos|encontramos|encuentras|ficamos) (?:en|na|no|em|ubicad\w+)|donde (?:estan|quedan|se ubican|es|queda|los encuentro)|ubica\w+|como llego|tienda fisica|sucursal\w*|sede|address|where are you|located|location|endereco|onde (?:fica|voces|estao|e)\w*|loja fisica|calle|carrera|avenida|av|jr|rua|local",
        "delivery": r"envios?|envian?|enviamos|domicilios?|despach\w+|delivery|entregan?|entregas?|entregamos|mandan|mandamos|llevan a|shipping|ship|deliver\w*|frete|entregam|a domicilio|retiro|recog\w+|pickup|retirada|correo",
        "payment": r"formas? de pago|medios? de pago|metodos? de pago|pag(?:o|os|ar|an)|(?:recibimos|aceptamos|aceitamos) (?:tod\w+|efectivo|tarjeta|pix|nequi)|tarjetas?|efectivo|transferencia|nequi|daviplata|yape|plin|pix|cuotas|meses sin intereses|credito|a plazos|pse|payment|pay|cards?|cash|install?ments|pagamento|cartao|dinheiro|parcel\w+|mercado ?pago|webpay|paypal",
        "warranty": r"garantias?|garantizamos|warranty|guarantee|garantia",
        "returns": r"cambios?|cambiamos|devoluc\w+|devolver|devolvemos|reembols\w+|returns?|refunds?|exchange|trocas?|devolu\w+",
        "discount": r"descuentos?|promocion\w*|promo|promos|ofertas?|rebajas?|discounts?|deals?|sale|desconto\w*|promoc\w+|cupon\w*",
        "contact": r"telefono|numero (?:de )?(?:contacto|telefono|whatsapp)|whatsapp|correo electronico|email|e-mail|instagram|contacto|llamar(?:los)?|asesor humano|hablar con (?:una persona|alguien|un asesor|humano)|phone|contact|call you|telefone|contato|falar com (?:alguem|uma pessoa)",
        "invoice": r"facturas?|facturamos|factura electronica|invoice|nota fiscal|boleta",
    }.items()
}


def find_topics(text: str) -> frozenset[str]:
    """What ``text`` speaks of."""
    folded = fold(text)
    return frozenset(topic for topic, pattern in TOPICS.items() if pattern.search(folded))
