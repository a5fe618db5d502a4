# ruff: noqa: E501  (patterns are one line each)
"""What a commercial reply gives beside its text, read from what the turn found: never from what a model says of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from agenda.models import Appointment
from assistants.builtin.material import read_row
from assistants.builtin.relevance import choose
from assistants.builtin.topics import TOPICS
from assistants.builtin.understanding import Intent, understand
from assistants.effects import Acts
from assistants.grounding import ProductFact
from assistants.grounding.words import fold, tokenize
from assistants.language import Language
from assistants.moments import LOCALES, write_moment, write_zone
from assistants.offers import MOST_OPTIONS, Notice, Option, make_option
from catalog.amounts import format_price
from tenants.models import User

Found = Sequence[tuple[str, Mapping[str, Any], Mapping[str, Any]]]  # (tool, arguments, answer)
LONGEST_UNANSWERED = 300

_PERSON = re.compile(
    r"\b(?:(?:hablar|comunicar\w*|charlar|conversar|chatear|contactar) (?:directamente )?con (?:alguien|alguno|ustedes|una? (?:persona|asesor\w*|human\w+|agente|vendedor\w*|encargad\w+|operador\w*|empleado)|(?:el|la) (?:due\w+|encargad\w+|jef\w+|vendedor\w*|asesor\w*|gerente|administrador\w*)|un ser humano)|que (?:me|nos) (?:llamen|contacten|atienda (?:una persona|alguien))|(?:pas|comunic)\w*me con|(?:atencion|asesor\w*|agente) human\w+|persona (?:real|de verdad)"
    r"|(?:talk|speak|chat) (?:to|with) (?:a |an |the |some |your )?(?:real |actual |live )?(?:human|person|someone|somebody|agent|owner|manager|representative|staff)\w*|human (?:agent|being|please)|real person|call me back"
    r"|(?:falar|conversar) (?:diretamente )?com (?:alguem|voces|uma? (?:pessoa|atendente|human\w+|vendedor\w*)|[oa] (?:don[oa]|gerente|responsavel|atendente|vendedor\w*))|atendente human\w+|pessoa (?:real|de verdade)|me liguem)\b"
)
_MISSED = re.compile(
    r"\b(?:no (?:lo |la |los |las |te )?(?:encontr|encuentr|ten|hay|manej|vend|cont|dispon|ofrec|trabaj|est)\w*|nao (?:encontr|temos|tenho|ha|vend|trabalh|esta|consta)\w*|(?:could|did|do|does|are|is|can)(?:n t| not|nt)? ?(?:not )?(?:find|have|sell|carry|stock|offer|see)|not (?:find|have|sell|carry|in (?:the|our)))\b"
)
# «¿me das un descuento?» asks for a favour and is no question about the business.
_FAVOUR = re.compile(
    r"\b(?:me|nos) (?:\w+ )?(?:das|dan|da|dara|daria|hac|deja|reba|puede|podr)\w*\b.*\b(?:descuent|rebaj|cupon|promo)\w*"
)
# «¿me lo dejan en 10 mil?» haggles over the price: these words name nothing that is wished for.
_HAGGLE = re.compile(
    r"\b(?:(?:me|nos) (?:l[aeo]s? )?(?:pued\w+ |podri\w+ )?(?:dej|rebaj|baj|reduc)\w*|(?:pued|podri)\w+ (?:dejar|rebajar|bajar)(?:me|nos)\w*|(?:would|will|could|can) you (?:take|accept|do))\b"
)
_HAGGLED = re.compile(r"\b(?:(?:dej|rebaj|baj|reduc)\w*|take|accept|do)\b(?: (?:en|a|por|for|at)\b)?")
# What is to be done with what was spoken of, or with a code: nothing that could be sold.
_DONE = re.compile(
    r"(?:muev|cambi|pas|corr|cancel|borr|anul|reprogram|reagend|agend|apart|reserv|mand|envi|dej|quit|pon)[a-z]{0,3}?(?:me|nos)?l[aeo]s?|vincular|link|baja|alta"
)
_SAID = re.compile(
    r"(?:acept|recib|hac|pued|quier|pien|pregunt|respond|contest|escrib|llam|llev|busc|mir|oig|escuch|ayud|entiend|sab|envi|mand|dej|agend|reserv)(?:o|as?|es?|amos|emos|an|en|ar|er|ir|ame|eme|arme|erme)|descuentos?|alguien|nadie|nada|vincular|porfis?|jaja\w*"
)
_DOES_NOT_COUNT = (Intent.OUT_OF_SCOPE, Intent.MANIPULATION, Intent.IDENTITY)

_NOTICES: dict[str, dict[Language, str]] = {
    "visit_booked": {"es": "Nueva cita: {title}", "en": "New appointment: {title}", "pt": "Novo agendamento: {title}"},
    "visit_moved": {"es": "Un cliente movió su cita: {title}", "en": "A customer moved their appointment: {title}", "pt": "Um cliente mudou o agendamento: {title}"},
    "visit_cancelled": {"es": "Un cliente canceló su cita: {title}", "en": "A customer cancelled their appointment: {title}", "pt": "Um cliente cancelou o agendamento: {title}"},
}  # fmt: skip


def wants_a_person(message: str) -> bool:
    """Whether the message asks for somebody of flesh and blood."""
    return _PERSON.search(" ".join(re.sub(r"[^\w\s]", " ", fold(message[:1000])).split())) is not None


def list_options(
    *, text: str, found: Found, named: Sequence[ProductFact], currency: str, timezone: str, language: str
) -> tuple[Option, ...]:
    """The free times that ``text`` offers, or the products that it names when they are several."""
    slots = _slots(text, found, timezone=timezone, language=language)
    if slots:
        return slots
    if len(named) < 2:
        return ()
    return tuple(
        make_option(
            f"product:{product.id}",
            product.name,
            format_price(amount=product.price, currency=currency, language=language)
            if product.price is not None
            else "",
        )
        for product in named[:MOST_OPTIONS]
    )


def _slots(text: str, found: Found, *, timezone: str, language: str) -> tuple[Option, ...]:
    free: Sequence[Mapping[str, Any]] = next(
        (answer["free"] for _, _, answer in reversed(found) if "free" in answer), ()
    )
    zone = ZoneInfo(timezone)
    starts = [datetime.fromisoformat(row["start"]).replace(tzinfo=zone) for row in free]
    if len({f"{start:%H:%M}" for start in starts if f"{start:%H:%M}" in text}) < 1:
        return ()
    locale = dict[str, str](LOCALES.items()).get(language, "es")
    return tuple(
        make_option(
            f"slot:{start.isoformat()}",
            format_datetime(start, "EEE d MMM, HH:mm", tzinfo=zone, locale=locale),
            str(row["when_text"]),
        )
        for start, row in zip(starts, free, strict=True)
    )


def find_unanswered(
    *, message: str, text: str, found: Found, named: Sequence[ProductFact], facts: Iterable[str], currency: str
) -> str:
    """What was asked for and could not be told: words of a search that brought nothing like it, or a question about
    the business on which ``facts`` say nothing; "" when all was.
    """
    understanding = understand(message, currency=currency)
    if understanding.wants(*_DOES_NOT_COUNT):
        return ""
    haggles = _HAGGLE.search(fold(message)) is not None
    searches = [
        (_wish(str(args.get("query") or ""), haggles=haggles), answer)
        for name, args, answer in found
        if name == "search_products"
    ]
    denied = _MISSED.search(" ".join(re.sub(r"[^\w\s]", " ", fold(text)).split())) is not None
    met = [_meets(query, answer, currency) for query, answer in searches]
    folded = [fold(fact) for fact in facts]
    told = any(TOPICS[topic].search(fact) for topic in understanding.topics for fact in folded)
    if understanding.topics and not any(met) and not named:
        return "" if told or _FAVOUR.search(fold(message)) else " ".join(message.split())[:LONGEST_UNANSWERED]
    if searches and not told and not any(met) and (denied or not named):
        wanted = " ".join((searches[0][0] or message).split())[:LONGEST_UNANSWERED]
        return wanted if _is_a_thing(wanted) else ""
    return ""


def _wish(query: str, *, haggles: bool) -> str:
    """What a search is for, without the words that only haggle over the price."""
    return (_HAGGLED.sub(" ", fold(query)).strip() or query) if haggles else query


def _is_a_thing(words: str) -> bool:
    """Whether somebody could sell it: letters, and more than what is done."""
    tokens = [token for token in tokenize(words) if not token.is_stop and not token.is_number and len(token.text) > 2]
    return (
        bool(tokens)
        and not _DONE.fullmatch(tokens[0].folded)
        and not all(_SAID.fullmatch(token.folded) for token in tokens)
    )


def _meets(query: str, answer: Mapping[str, Any], currency: str) -> bool:
    """Whether a search brought what was asked for, and not only what is nearest."""
    rows = [row for each in answer.get("products", ()) if (row := read_row(each, currency=currency))]
    match = choose(query, rows)
    return bool(match.rows) and (match.exact or match.near)


def list_notices(*, user: User, acts: Acts) -> tuple[Notice, ...]:
    """What the owner, in whose scope this is called, should hear of a customer's turn."""
    language: Language = user.language if user.language in LOCALES else "es"
    zone = ZoneInfo(user.timezone)
    turn = acts.key.turn if acts.key is not None else 0
    notices = []
    for act in acts.in_order():
        kind = str(act.result.get("act"))
        if kind not in _NOTICES or not act.result.get("done"):
            continue
        for row in act.result.get("visits", ()):
            visit = Appointment.objects.filter(pk=row["id"]).first()
            if visit is None:
                continue
            start = visit.start_datetime.astimezone(zone)
            when = write_moment(start, language=language, today=start.date())
            notices.append(
                Notice(
                    key=f"{kind}:{turn}:{act.step}:{visit.pk}",
                    title=_NOTICES[kind][language].format(title=visit.title),
                    body=f"{when[:1].upper()}{when[1:]}, {write_zone(user.timezone, language=language)}.",
                    url="/user/personal/agenda",
                )
            )
    return tuple(notices)
