"""What to do about it: a few plain sentences that follow from figures by rule. No model has a say in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils.dates import WEEKDAYS as WEEKDAY_NAMES
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agenda.models import Task
from analytics.days import Period, today_in
from analytics.tallies import CUSTOMER, Tally
from catalog.orders import Order
from messaging.models import Conversation, UnansweredQuestion
from tenants.hours import MIDNIGHT_AFTER, WEEKDAYS, read_clock
from tenants.models import Preferences

MOST = 4
ASKED_OFTEN = 2  # times that make a question worth a sentence
MANY_MESSAGES = 5  # of one hour of the week, before it says anything of habits
ENOUGH_REPLIES = 5
SLOWER = 1.5  # times as long as before
WORTH_SECONDS = 60.0  # nobody minds a wait that is shorter
LONGEST_QUESTION = 80
MAIL_CODES = ("no_mail_server", "mail_refused", "mail_broke_off")

INBOX, UNANSWERED = "/user/inbox", "/user/inbox?tab=unanswered"
SETTINGS, TASKS = "/user/settings", "/user/personal/tasks"


class Advice(NamedTuple):
    code: str
    text: str
    href: str


class Seen(NamedTuple):
    """What the rules look at: the period's tally and that of the one before, and the messages of each hour."""

    period: Period
    tally: Tally
    before: Tally
    hours: Sequence[Sequence[int]]


def advise(*, seen: Seen, preferences: Preferences, now: datetime, zone: ZoneInfo) -> list[dict[str, str]]:
    """At most MOST pieces of advice, what is most urgent first. In the tenant's open scope.

    What waits right now is told where the period reaches today.
    """
    found: list[Advice] = []
    if seen.period.end >= today_in(zone=zone, now=now):
        found += _waiting()
    found += _unanswered(seen.period, zone)
    found += _reminders(seen.tally)
    found += _slower(seen.tally, seen.before)
    if seen.period.end >= today_in(zone=zone, now=now):
        found += _overdue(now, zone)
    found += _closed(seen.hours, preferences)
    return [one._asdict() for one in found[:MOST]]


def say_wait(seconds: float) -> str:
    """A wait in words: «40 s», «3 min», «2 h»."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 3600 else f"{seconds / 3600:.0f} h"


def _waiting() -> Iterator[Advice]:
    if waiting := Conversation.objects.of_customers().filter(handover_at__isnull=False).count():
        text = ngettext(
            "%(count)d cliente espera que le respondas tú.", "%(count)d clientes esperan que les respondas tú.", waiting
        )
        yield Advice("handover", text % {"count": waiting}, INBOX)
    if pending := Order.objects.filter(status=Order.Status.PENDING).count():
        text = ngettext("Tienes %(count)d pedido por aprobar.", "Tienes %(count)d pedidos por aprobar.", pending)
        yield Advice("orders", text % {"count": pending}, INBOX)


def _unanswered(period: Period, zone: ZoneInfo) -> Iterator[Advice]:
    rows = UnansweredQuestion.objects.open().most_asked_first().filter(times__gte=ASKED_OFTEN)
    for row in rows[:10]:
        if period.start <= today_in(zone=zone, now=row.last_at) <= period.end:
            text = _(
                "Preguntaron %(count)d veces «%(question)s» y tu asistente no supo qué decir: agrégalo a tu catálogo o"
                " a los datos de tu negocio, o contéstales."
            )
            yield Advice("missing", text % {"count": row.times, "question": _short(row.question)}, UNANSWERED)
            return


def _reminders(tally: Tally) -> Iterator[Advice]:
    failed = tally.count("reminder_failed")
    if not failed:
        return
    if sum(tally.count("reminder_failed", code) for code in MAIL_CODES) * 2 > failed:
        text = ngettext(
            "%(count)d aviso no salió porque falló el correo: elige otro canal de aviso en los ajustes.",
            "%(count)d avisos no salieron porque falló el correo: elige otro canal de aviso en los ajustes.",
            failed,
        )
    else:
        text = ngettext(
            "%(count)d aviso no pudo salir: revisa tus canales de aviso en los ajustes.",
            "%(count)d avisos no pudieron salir: revisa tus canales de aviso en los ajustes.",
            failed,
        )
    yield Advice("reminders", text % {"count": failed}, SETTINGS)


def _slower(tally: Tally, before: Tally) -> Iterator[Advice]:
    then, wait = before.wait(0.5, audience=CUSTOMER), tally.wait(0.5, audience=CUSTOMER)
    if wait is None or then is None or min(len(one.waits[CUSTOMER]) for one in (tally, before)) < ENOUGH_REPLIES:
        return
    if wait >= WORTH_SECONDS and wait >= SLOWER * then:
        text = _(
            "Tus clientes esperan más que antes: la mitad, más de %(wait)s por una respuesta; en el período anterior,"
            " %(before)s."
        )
        yield Advice("slower", text % {"wait": say_wait(wait), "before": say_wait(then)}, INBOX)


def _overdue(now: datetime, zone: ZoneInfo) -> Iterator[Advice]:
    if overdue := Task.objects.overdue(today=today_in(zone=zone, now=now)).count():
        text = ngettext(
            "Tienes %(count)d tarea vencida: termínala o cámbiale la fecha.",
            "Tienes %(count)d tareas vencidas: termínalas o cámbiales la fecha.",
            overdue,
        )
        yield Advice("overdue", text % {"count": overdue}, TASKS)


def _closed(hours: Sequence[Sequence[int]], preferences: Preferences) -> Iterator[Advice]:
    counts = [(count, -day, -hour) for day, row in enumerate(hours) for hour, count in enumerate(row)]
    count, day, hour = max(counts, default=(0, 0, 0))
    if count < MANY_MESSAGES or _works(preferences, -day, -hour):
        return
    text = _(
        "La hora en que más te escriben queda fuera de tu horario de trabajo (%(day)s, %(hour)s): si puedes atenderla,"
        " agrégala en los ajustes."
    )
    yield Advice("hours", text % {"day": WEEKDAY_NAMES[-day], "hour": f"{-hour:02}:00"}, SETTINGS)


def _works(preferences: Preferences, day: int, hour: int) -> bool:
    """Whether any minute of that hour of that day of the week is a working one."""
    for opens, closes in preferences.working_hours.get(WEEKDAYS[day], []):
        until = 24 if closes == MIDNIGHT_AFTER else _in_hours(read_clock(closes))
        if _in_hours(read_clock(opens)) < hour + 1 and until > hour:
            return True
    return False


def _in_hours(clock: time | None) -> float:
    return clock.hour + clock.minute / 60 if clock else 0.0


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_QUESTION else f"{text[: LONGEST_QUESTION - 1].rstrip()}…"
