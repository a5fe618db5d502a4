"""Which language a person writes in: Spanish, English or Portuguese.

Small lists of the words that one language has and the others have not, and the letters and endings that give a
language away. A word of two languages speaks for both; names, numbers and «ok» speak for none. The same text always
tells the same. ``docs/languages.md`` has how often it is right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from assistants.consent import read_consent

Language = Literal["es", "en", "pt"]

LONGEST_HEARD = 1_000  # characters; what follows is in the same language
LONGEST_ASKED = 100  # characters of who only asks for a language
CERTAIN = 2  # words that a text must have of another language than the one that a talk is in, before the talk follows

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_SILENT = re.compile(r"https?://\S+|\S+@\S+|[@#]\S+")  # addresses and names of accounts are in no language

_WORDS: dict[Language, str] = {
    "es": """
        abierto abre abren aceptan actualiza adelante adiós agenda agéndame agosto agrega agregar ahí ahora al algo
        alguien algún alguna algunas algunos allá allí aló alta amiga amigo añade año años anota antes anula anular
        apaga aparta apártame apunta aquel aquella aquí así atender atienden aún avísame ayer ayuda ayúdame baja barata
        barato bastante bien borra bórrala buena buenas bueno buenos busca busco cada caja cajas cambia cambiar cambio
        cancela cancelar caro casa casi catálogo cierran cita citas ciudad claro cobra cobran color como cómo comprar
        compraron compré con conmigo contigo correo cosa cosas crea creo cual cuál cuales cuáles cualquier cuando
        cuándo cuanta cuánta cuantas cuántas cuanto cuánto cuantos cuántos cuenta cuesta cuestan da dame das de deja
        dejan dejar del deme descuento desde después devolver di dia día dias días dice dices diciembre dígale dígame
        dime dinero dirección disponible domicilio domicilios donde dónde dos efectivo el él ella ellas ellos en
        enciende enero entonces entre entrega entregan envía envíame envían enviar envío envíos era eran eres es esa
        esas ese eso esos esta está están estar estas este esto estos estoy factura falta faltan febrero fecha fue
        fueron gracias gusta gustan gustaría haber había hablar hace hacen hacer hacia haga hagan hago han hasta hay
        haz hecho hermano hice hiciste hija hijo hizo hola hora horario horas hoy hubo importa incorrecto ir jefe
        jueves julio junio la las le leche les libre lista llama llega llegan llego lleva llevar llevo lo los luego
        lunes mañana manda mándame mandan mandar manden mas más mayor me mejor menos mes mi mía mientras miércoles mil
        mío mira mis misma mismo mostrar mucha muchas mucho muchos muestra muéstrame mueve muévela muy nada nadie
        necesita necesito ni ningún ninguna ninguno no noche nos nosotros noviembre nuestra nuestro nueva nuevo nunca
        octubre oferta ofrecen oiga otra otras otro otros oye pagar pago para parece pasa paso pedí pedido pedir
        pendiente pendientes perdí perfecto pero persona pesos pídeme plata poco podría podrían pon ponga ponme por
        porfa porfavor porque precio precios prende producto productos pueda puedan puede pueden puedes puedo pues que
        qué queda quedan quedaron quien quién quiere quieren quieres quiero quisiera quita realmente recibo recoger
        recordatorio recordatorios recuerda recuérdame regala regálame regalas registra resérvame retiro reunión
        reuniones sabe saber sabes sale salen se sé sea sede según seguro semana señor señora septiembre ser será sería
        si sí siempre siento sigue sin sobra sobran sobre solo sólo somos son soy su sube sus tal talla tallas tamaño
        también tampoco tan tanto tarde tarea tareas tarjeta te teléfono tendrá tendrán tenemos tener tenés tengo tenía
        ti tiempo tienda tiene tienen tienes toda todas todavía todo todos trabajo trae traen tu tú tus ubicación
        ubicados un una unas uno unos urgente usted ustedes va vale valen vamos van varios vaya ve veces ven vencida
        vencidas vencido vende véndeme venden vender vendo ver vez viene vienen viernes vosotros voy vuestra vuestro y
        ya yo
    """,
    "en": """
        about above account across add address after afternoon again against ago alarm alarms all already also although
        always am an and another any anybody anyone anything appointment appointments april are around as ask at august
        available back be because been before behind below best better between big blue book both box bring brush but
        buy buys by bye call can can't cancel cannot card card's cart change charge cheap cheaper cheapest check cheque
        clear close closed closing colour come coming complete contact cordless cost costs could couldn't create cut
        date day days deal december delete deliver delivered delivery dentist did didn't difference different discount
        do doctor does doesn't doing don't done down download dozen dress drill during each early either else email
        enough evening every everybody everyday everyone everything exactly expensive family far fast february few find
        first fix flip for free friday from full get gift give go going gonna good got great groceries had half hammer
        has hasn't have haven't having he hello help her here hers hey hi him his hold home hour hours house how how's
        i i'd i'll i'm i've if in inside instead into invoice is isn't issue it it's its january july june just keep
        know large last late later leave left let let's like list list's little located long look looking lot love low
        lunch lunchtime made make many march mark maybe me mean meet meeting men message mine minutes monday money
        month more morning most move much must my nails name near need neither new next nice night no nobody none not
        nothing november now number october of off offer okay old on once one only open opening or order other other's
        our ours out outside over overdue own paint parking password past pay payment people perhaps phone photo pick
        pickup place please possible price prices problem product products purchase put quarter question quick rather
        read ready really receive recommend red refill refund remind reminder remove rent reply reservation return
        right run said same saturday save say schedule screw screws see sell send september set several share she ship
        shipping shirt shoes shop short should show since sir size sizes skip small so some somebody someone something
        soon sorry sounds speak special start still stop store such suggest sunday sure take talk task tasks teacher
        tell than thank thanks that that's the their theirs them then there these they thing things think this those
        though three thursday time to today together tomorrow tonight too tool tools try tuesday two under undo unless
        until up us use used very wait want wanted was wasn't watch way we we'll we're wednesday week weekend well were
        what what's when where where's whether which while white who whole why will with within without won't wood work
        working world worries would wrap write wrong yeah year yes yesterday yet you you'd you're your yours
    """,
    "pt": """
        abre abrem abriu aceita aceitam aceito acende acho acorda adia adiar adiciona adicione agenda agendado
        agendamento agendar agende aí ainda ajuda ajudar algo alguém algum alguma algumas alguns ali aluguel amanha
        amanhã amiga amigo ano anos anota antes anula ao aos apaga apague aquela aquele aqui as atacado até atendimento
        atrasada atrasadas barata barato bastante beleza bem boa boleto bom bora brigada brigado cachorro cada cadê
        caixa caixas cancela cancelamento cancelar caro cartão cartões casa cedo celular certo chega chegar chegou
        cobra cobram coisa coisas coloca coloque com comigo como compra comprar compro compromisso compromissos
        confirma confirme consigo consulta conta cor cria crie custa custam da daqui das de deixa dela delas dele deles
        depois desconto desde desfaz desfazer desliga desmarca dessa desse desta deste dez dia dias dinheiro disponível
        diz do dois domicílio domingo dos duas e é ela elas ele eles em encomenda encomendar endereço então entre
        entrega entregam entregar entregue envia enviar era essa essas esse esses esta está estão estar estava este
        estes estoque estou eu faça falta faltam faz fazem fazer fecha fechado fecham fecho feira ferramenta fica ficam
        fiz foi for foram fosse frete furadeira gato gente gosta gostaria gosto há haver hoje hora horário horas
        horinha isso isto já janela jeito lá lâmpada legal lembra lembre lembrete levar levo lhe liga ligar lista livre
        loja luz mais manda mande manhã manhãs mão marca marcado marcar marque martelo mas me melhor menos mês mesa
        mesma mesmo meu meus mil minha minhas moça moço mostra mostre muda mudar muita muitas muito muitos na nada nao
        não nas né nem nenhum nenhuma ninguém no noite nos nós nossa nosso nova novo num numa nunca o obrigada obrigado
        oi ola olá onde ontem os ou outra outras outro outros paga pagar para parafuso parafusos passa passo pedido
        pega pegar pela pelas pelo pelos perto pessoa pode podem poderia por porque posso pouco pra pras precisa
        precisando preciso preço preços primeiro procuro produto produtos próxima próximo quais qual qualquer quando
        quanta quantas quanto quantos quarta que quem quer querem queria quero quinta rastreio reais registra remarca
        remédio restam retirada retirar reunião reuniões sabe sabem saber sacola são se segunda seis sem semana sempre
        senhor senhora separa separar ser será seria sete seu seus sexta sim só sobra sobram sobraram sobre sobrou sou
        sua suas tá talvez tamanho tambem também tanta tanto tarde tardezinha tarefa tarefas tchau tem têm temos tenho
        ter terça teria teu tinha tinta tive tô toda todas todo todos traz trazem troca trocar troque tu tudo ultima
        última um uma umas uns vai vale valeu vamos vão vc vcs vem venda vende vendem ver vez vezes vi viu voce você
        voces vocês volta vou
    """,
}
# Letters and endings that one language has, or two: of a word that no list holds.
_SIGNS: tuple[tuple[re.Pattern[str], tuple[Language, ...]], ...] = (
    (re.compile(r"ñ|\wci[oó]n(?:es)?\b|\wsión\b|\w(?:ué|ié)|\wá(?:is|ndo\w+)\b"), ("es",)),
    (re.compile(r"[ãõçêôâà]|\w(?:ões|agem|nh[aeo]s?|lh[aeo]s?)\b"), ("pt",)),
    (re.compile(r"['’](?:t|s|m|re|ve|ll|d)\b|\w(?:tion|ing|ght|ness|ck)s?\b|(?:wh|th|sh)|\w(?:oo|ee)\w?"), ("en",)),
    (re.compile(r"[bcdfhjlmnprstv]ue[a-z]"), ("es",)),
    (re.compile(r"[áéíóúü]"), ("es", "pt")),
)
# «in English, please», and nothing else: books in English are a product.
_ASKS: dict[Language, str] = {
    "es": r"español|castellano|spanish|espanhol",
    "en": r"inglés|ingles|english|inglês",
    "pt": r"portugués|portugues|portuguese|português|brasileiro",
}
_ASKING = (
    r"\W*(?:(?:please|por favor|porfa|mejor|hola|hi|hello|oi|olá|yes|sí|sim|can|could|you|we|do|puedes|puede|podrías"
    r"|podemos|pueden|você|vocês|pode|podem|podemos|speak|talk|write|answer|reply|respond|háblame|hablas|hablan|habla|hablar|responde"
    r"|respóndeme|responder|escribe|escríbeme|fala|falam|falar|fale|responda|escreva|i|yo|eu|only|solo|só|me|to|in|en|em|a|o)\W+)*"
)
_ASKED: dict[Language, re.Pattern[str]] = {
    language: re.compile(rf"{_ASKING}(?:{names})(?:\W+(?:please|por favor|porfa|gracias|thanks|obrigad[oa]))*\W*")
    for language, names in _ASKS.items()
}
_MARKS: dict[Language, frozenset[str]] = {language: frozenset(words.split()) for language, words in _WORDS.items()}


def tell_languages(text: str) -> dict[Language, int]:
    """How much speaks for each language: two for a word that it alone has, one for what it shares with another."""
    lowered = _SILENT.sub(" ", text[:LONGEST_HEARD].lower().replace("’", "'"))
    found: dict[Language, int] = {"es": 2 * len(re.findall("[¿¡]", lowered)[:1]), "en": 0, "pt": 0}
    for word in _WORD.findall(lowered):
        speaks: tuple[Language, ...] = tuple(language for language, words in _MARKS.items() if word in words)
        if not speaks:
            speaks = next((languages for sign, languages in _SIGNS if sign.search(word)), ())
        for language in speaks if len(speaks) < 3 else ():
            found[language] += 3 - len(speaks)
    return found


def asks_for(text: str) -> Language | None:
    """The language that ``text`` asks to be spoken to in, if it asks for nothing else."""
    if len(text) > LONGEST_ASKED:
        return None
    return next((language for language, asked in _ASKED.items() if asked.fullmatch(text.lower())), None)


def detect_language(text: str, *, default: Language = "es") -> Language:
    """The language of ``text``; ``default`` when nothing in it tells one from the others."""
    if (asked := asks_for(text)) is not None:
        return asked
    found = tell_languages(text)
    best = max(found.values())
    if best == 0 or found[default] == best:
        return default
    return max(found, key=lambda language: found[language])


def name_language(text: str) -> Language | None:
    """The language of ``text`` when it can be of no other; else None."""
    if (asked := asks_for(text)) is not None:
        return asked
    first, second = sorted(tell_languages(text).items(), key=lambda pair: pair[1])[:0:-1]
    return first[0] if first[1] > second[1] else None


def hear_language(text: str, *, known: Language) -> Language:
    """The language of ``text`` by somebody who was heard to speak ``known``.

    A few words that another language has, too, or that everybody knows («ok gracias», «no», «hola») change nothing.
    """
    if (asked := asks_for(text)) is not None:
        return asked
    found = tell_languages(text)
    language = detect_language(text, default=known)
    return language if found[language] - found[known] >= 2 * CERTAIN - 1 else known


def follow_language(texts: Iterable[str], *, known: Language, heard: bool = False) -> Language:
    """The language of somebody who wrote ``texts``, the latest last.

    ``known`` is what is assumed of them; with ``heard`` they were heard to speak it. Otherwise the first text that
    tells a language decides, and each later one may change it.
    """
    for text in texts:
        if heard:
            known = hear_language(text, known=known)
        elif (told := name_language(text)) is not None:
            known, heard = told, True
    return known


def follow_talk(texts: Sequence[str], *, known: Language, heard: bool = False) -> Language:
    """The same, of what a person wrote in a talk with an assistant: a yes or no to a question tells nothing."""
    said = [text for text in texts if read_consent(text) is None]
    return follow_language(said or texts[:1], known=known, heard=heard)
