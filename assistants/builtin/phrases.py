# ruff: noqa: E501  (word lists and patterns are one line each)
"""What the built-in assistant says, in the language of the person who asked."""

from __future__ import annotations

from assistants.language import Language

_PHRASES: dict[str, dict[Language, str]] = {
    "greeting": {
        "es": "¡Hola! 👋 Soy el asistente de {shop}. Pregúntame por precios, disponibilidad o lo que estés buscando.",
        "en": "Hi! 👋 I'm the assistant of {shop}. Ask me about prices, availability or whatever you are looking for.",
        "pt": "Olá! 👋 Sou o assistente de {shop}. Pergunte sobre preços, disponibilidade ou o que estiver procurando.",
    },
    "hello": {"es": "¡Hola!", "en": "Hi!", "pt": "Olá!"},
    "this_shop": {"es": "la tienda", "en": "the shop", "pt": "a loja"},
    "thanks": {
        "es": "¡Con gusto! Si necesitas algo más, aquí estoy.",
        "en": "You're welcome! If you need anything else, I'm here.",
        "pt": "De nada! Se precisar de mais alguma coisa, estou aqui.",
    },
    "goodbye": {
        "es": "¡Hasta pronto! Gracias por escribirnos.",
        "en": "See you soon! Thanks for writing to us.",
        "pt": "Até logo! Obrigado por nos escrever.",
    },
    "identity": {
        "es": "Soy el asistente automático de {shop}: busco en el catálogo y te digo precios y disponibilidad.",
        "en": "I'm the automatic assistant of {shop}: I look things up in the catalogue and tell you prices and availability.",
        "pt": "Sou o assistente automático de {shop}: procuro no catálogo e digo preços e disponibilidade.",
    },
    "out_of_scope": {
        "es": "En eso no te puedo ayudar: solo sé de los productos de {shop}. ¿Buscas algo del catálogo?",
        "en": "I can't help with that: I only know the products of {shop}. Are you looking for something in the catalogue?",
        "pt": "Nisso não posso ajudar: só conheço os produtos de {shop}. Procura algo do catálogo?",
    },
    "wrong_code": {
        "es": "Ese código no sirve o ya venció. Pide otro en Ajustes › WhatsApp y envíalo desde aquí.",
        "en": "That code is wrong or has expired. Ask for another one in Settings › WhatsApp and send it from here.",
        "pt": "Esse código não serve ou já venceu. Peça outro em Ajustes › WhatsApp e envie daqui.",
    },
    "unclear": {
        "es": "Cuéntame qué producto buscas o para qué lo necesitas, y lo reviso en el catálogo.",
        "en": "Tell me which product you are looking for or what you need it for, and I'll check the catalogue.",
        "pt": "Conte que produto procura ou para que precisa, e eu verifico no catálogo.",
    },
    "offering": {
        "es": "Esto es lo que vendemos: {categories}. ¿Qué te interesa ver?",
        "en": "This is what we sell: {categories}. What would you like to see?",
        "pt": "Isto é o que vendemos: {categories}. O que gostaria de ver?",
    },
    "empty": {
        "es": "Por ahora no hay productos publicados en el catálogo.",
        "en": "There are no products in the catalogue yet.",
        "pt": "Por enquanto não há produtos publicados no catálogo.",
    },
    "not_found": {
        "es": "No encontré «{query}» en el catálogo.",
        "en": "I couldn't find «{query}» in the catalogue.",
        "pt": "Não encontrei «{query}» no catálogo.",
    },
    "we_have_categories": {
        "es": "Trabajamos con estas categorías: {categories}. ¿Te muestro alguna?",
        "en": "These are our categories: {categories}. Shall I show you one of them?",
        "pt": "Estas são as nossas categorias: {categories}. Mostro alguma?",
    },
    "nearest": {
        "es": "Lo más parecido que tenemos:",
        "en": "The closest we have:",
        "pt": "O mais parecido que temos:",
    },
    "maybe": {
        "es": "Esto es lo que más se acerca a lo que buscas:",
        "en": "This is what comes closest to what you are looking for:",
        "pt": "Isto é o que mais se aproxima do que procura:",
    },
    "yes_one": {
        "es": "Sí, tenemos {name} a {price} ({stock}).",
        "en": "Yes, we have {name} for {price} ({stock}).",
        "pt": "Sim, temos {name} por {price} ({stock}).",
    },
    "one": {
        "es": "{name} cuesta {price} ({stock}).",
        "en": "{name} costs {price} ({stock}).",
        "pt": "{name} custa {price} ({stock}).",
    },
    "several": {
        "es": "Sí, tenemos estas opciones:",
        "en": "Yes, we have these options:",
        "pt": "Sim, temos estas opções:",
    },
    "prices": {"es": "Estos son los precios:", "en": "These are the prices:", "pt": "Estes são os preços:"},
    "in_category": {
        "es": "En **{category}** tenemos:",
        "en": "In **{category}** we have:",
        "pt": "Em **{category}** temos:",
    },
    "item": {
        "es": "- {name} — {price} ({stock})",
        "en": "- {name} — {price} ({stock})",
        "pt": "- {name} — {price} ({stock})",
    },
    "for_this": {"es": "Para «{query}»:", "en": "For «{query}»:", "pt": "Para «{query}»:"},
    "in_stock": {"es": "{count} disponibles", "en": "{count} in stock", "pt": "{count} disponíveis"},
    "one_left": {"es": "queda 1 disponible", "en": "1 left in stock", "pt": "resta 1 disponível"},
    "sold_out": {"es": "agotado por ahora", "en": "sold out for now", "pt": "esgotado por enquanto"},
    "stock_of": {
        "es": "Sí, hay {count} disponibles de {name}, a {price}.",
        "en": "Yes, there are {count} in stock of {name}, for {price}.",
        "pt": "Sim, há {count} disponíveis de {name}, por {price}.",
    },
    "stock_of_one": {
        "es": "Sí, queda 1 disponible de {name}, a {price}.",
        "en": "Yes, there is 1 left in stock of {name}, for {price}.",
        "pt": "Sim, resta 1 disponível de {name}, por {price}.",
    },
    "sold_out_of": {
        "es": "{name} está agotado por ahora (precio: {price}).",
        "en": "{name} is sold out for now (price: {price}).",
        "pt": "{name} está esgotado por enquanto (preço: {price}).",
    },
    "instead": {"es": "Como alternativa tenemos:", "en": "As an alternative we have:", "pt": "Como alternativa temos:"},
    "cheapest": {
        "es": "La opción más económica es {name}, a {price} ({stock}).",
        "en": "The cheapest option is {name}, for {price} ({stock}).",
        "pt": "A opção mais econômica é {name}, por {price} ({stock}).",
    },
    "dearest": {
        "es": "La opción de mayor precio es {name}, a {price} ({stock}).",
        "en": "The most expensive option is {name}, for {price} ({stock}).",
        "pt": "A opção de maior preço é {name}, por {price} ({stock}).",
    },
    "cheapest_of_these": {
        "es": "Entre estos, el más económico es {name}, a {price} ({stock}).",
        "en": "Of these, {name} costs least: {price} ({stock}).",
        "pt": "Entre estes, {name} é o que custa menos: {price} ({stock}).",
    },
    "dearest_of_these": {
        "es": "Entre estos, el de mayor precio es {name}, a {price} ({stock}).",
        "en": "Of these, {name} costs most: {price} ({stock}).",
        "pt": "Entre estes, {name} é o que custa mais: {price} ({stock}).",
    },
    "left": {"es": "Esto es lo que queda:", "en": "This is what is left:", "pt": "Isto é o que resta:"},
    "recommended": {
        "es": "Te recomiendo {name}, a {price} ({stock}).",
        "en": "I recommend {name}, for {price} ({stock}).",
        "pt": "Recomendo {name}, por {price} ({stock}).",
    },
    "also": {"es": "También puedes ver:", "en": "You could also look at:", "pt": "Também pode ver:"},
    "total": {
        "es": "{count} × {name} = {total} ({price} cada uno).",
        "en": "{count} × {name} = {total} ({price} each).",
        "pt": "{count} × {name} = {total} ({price} cada um).",
    },
    "enough": {"es": "Hay {stock} disponibles.", "en": "There are {stock} in stock.", "pt": "Há {stock} disponíveis."},
    "not_enough": {
        "es": "Ahora mismo solo hay {stock} disponibles.",
        "en": "Right now there are only {stock} in stock.",
        "pt": "No momento só há {stock} disponíveis.",
    },
    "not_enough_one": {
        "es": "Ahora mismo solo queda 1 disponible.",
        "en": "Right now there is only 1 left in stock.",
        "pt": "No momento só resta 1 disponível.",
    },
    "within": {
        "es": "Con {limit} como máximo tienes:",
        "en": "Within {limit} you have:",
        "pt": "Com até {limit} você tem:",
    },
    "nothing_within": {
        "es": "No encontré nada por {limit} o menos.",
        "en": "I couldn't find anything within {limit}.",
        "pt": "Não encontrei nada por até {limit}.",
    },
    "cheapest_is": {
        "es": "Lo más económico es {name}, a {price}.",
        "en": "The cheapest is {name}, for {price}.",
        "pt": "O mais econômico é {name}, por {price}.",
    },
    "comparison": {
        "es": "Aquí los tienes lado a lado:",
        "en": "Here they are side by side:",
        "pt": "Aqui estão lado a lado:",
    },
    "difference": {
        "es": "{cheaper} cuesta {amount} menos que {dearer}.",
        "en": "{cheaper} costs {amount} less than {dearer}.",
        "pt": "{cheaper} custa {amount} menos que {dearer}.",
    },
    "same_price": {"es": "Los dos cuestan lo mismo.", "en": "Both cost the same.", "pt": "Os dois custam o mesmo."},
    "similar": {
        "es": "Parecidos a {name} tenemos:",
        "en": "Similar to {name} we have:",
        "pt": "Parecidos com {name} temos:",
    },
    "no_similar": {
        "es": "No encontré otro parecido a {name} en el catálogo.",
        "en": "I couldn't find another one like {name} in the catalogue.",
        "pt": "Não encontrei outro parecido com {name} no catálogo.",
    },
    "facts": {
        "es": "Esto es lo que te puedo decir:",
        "en": "This is what I can tell you:",
        "pt": "Isto é o que posso dizer:",
    },
    "no_fact": {
        "es": "Ese dato no lo tengo. Alguien de {shop} te lo puede confirmar.",
        "en": "I don't have that information. Somebody at {shop} can confirm it.",
        "pt": "Não tenho essa informação. Alguém de {shop} pode confirmar.",
    },
    "close": {
        "es": "¿Te cuento más de alguno?",
        "en": "Shall I tell you more about any of them?",
        "pt": "Quer saber mais sobre algum?",
    },
    "which": {
        "es": "¿De cuál producto hablas?",
        "en": "Which product do you mean?",
        "pt": "De qual produto está falando?",
    },
    "sku": {"es": "Código: {sku}.", "en": "Code: {sku}.", "pt": "Código: {sku}."},
}


# Spanish with "usted"; the English and Portuguese phrases are the same for everybody.
_FORMAL: dict[str, str] = {
    "greeting": "¡Hola! Soy el asistente de {shop}. Pregúnteme por precios, disponibilidad o lo que esté buscando.",
    "thanks": "¡Con gusto! Si necesita algo más, aquí estoy.",
    "identity": "Soy el asistente automático de {shop}: busco en el catálogo y le digo precios y disponibilidad.",
    "out_of_scope": "En eso no le puedo ayudar: solo sé de los productos de {shop}. ¿Busca algo del catálogo?",
    "unclear": "Cuénteme qué producto busca o para qué lo necesita, y lo reviso en el catálogo.",
    "offering": "Esto es lo que vendemos: {categories}. ¿Qué le interesa ver?",
    "we_have_categories": "Trabajamos con estas categorías: {categories}. ¿Le muestro alguna?",
    "maybe": "Esto es lo que más se acerca a lo que busca:",
    "recommended": "Le recomiendo {name}, a {price} ({stock}).",
    "also": "También puede ver:",
    "within": "Con {limit} como máximo tiene:",
    "comparison": "Aquí los tiene lado a lado:",
    "facts": "Esto es lo que le puedo decir:",
    "no_fact": "Ese dato no lo tengo. Alguien de {shop} se lo puede confirmar.",
    "close": "¿Le cuento más de alguno?",
    "which": "¿De cuál producto habla?",
}


def phrase(key: str, language: Language, *, formal: bool = False, **values: object) -> str:
    """The phrase in that language, its places filled; ``formal`` says "usted" in Spanish."""
    text = _FORMAL.get(key) if formal and language == "es" else None
    return (text or _PHRASES[key][language]).format(**values)
