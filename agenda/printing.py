"""The agenda on paper: a week across a page, and the tasks to tick off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_interval, format_time
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from reportlab.graphics.shapes import Drawing, Rect
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, LongTable, Paragraph, Spacer, TableStyle

from agenda.details import at
from agenda.filters import find_tasks
from agenda.models import Appointment, Task
from agenda.undoing import attendees_of
from tenants.exchange.paper import BODY, GRID, HEADING, INK, PALE, SOFT_BODY, SOFT_END, STRONG, Paper, line, ruled
from tenants.locales import locale_tag
from tenants.models import Preferences, User

DAYS = 7
BOX = 3.2 * mm  # to tick off
TICK, DUE, KIND = 7 * mm, 34 * mm, 38 * mm  # widths
SMALL = ParagraphStyle("small", parent=BODY, fontSize=8, leading=10)
SMALL_STRONG = ParagraphStyle("small strong", parent=STRONG, fontSize=8, leading=10)
LONGEST_TITLE, LONGEST_REST = 160, 160  # characters, in a column that is a seventh of a page
MOST_PEOPLE = 4


def week_of(filters: Mapping[str, Any], *, today: date | None = None) -> tuple[datetime, datetime]:
    """Seven days from the one that ``filters`` begin with, else from the Monday of this week, or of that of ``today``;
    on the active clock.
    """
    zone = timezone.get_current_timezone()
    first = filters["from"].astimezone(zone).date() if filters.get("from") else _monday(today or timezone.localdate())
    return at(first, ZoneInfo(str(zone))), at(first + timedelta(days=DAYS), ZoneInfo(str(zone)))


def draw_week(*, user: User, filters: Mapping[str, Any], file: BinaryIO, now: datetime, compress: bool = True) -> int:
    """Write a week of the agenda into ``file``, a column for each day. Cancelled appointments are left out.

    In the tenant's scope, language and zone. Returns how many appointments it shows.
    """
    preferences, zone = Preferences.current(user), ZoneInfo(user.timezone)
    locale = _locale(user, preferences)
    start, end = week_of(filters)
    found = Appointment.objects.present().exclude(status=Appointment.Status.CANCELLED).between(start, end)
    rows = list(found.order_by("-all_day", "start_datetime", "id"))
    people = attendees_of([row.pk for row in rows])
    first = start.astimezone(zone).date()
    days = [first + timedelta(days=number) for number in range(DAYS)]
    title = format_interval(days[0], days[-1], "yMMMd", locale=locale)
    paper = Paper(user=user, preferences=preferences, title=_("Agenda"), note=title, across=True)
    columns = [
        [_entry(row, day, zone, locale, people[row.pk]) for row in rows if _is_on(row, day, zone)] for day in days
    ]
    head = [line(format_date(day, "EEEE d", locale=locale).capitalize(), STRONG) for day in days]
    count = max(1, *(len(column) for column in columns))
    body: list[list[Any]] = [[column[n] if n < len(column) else "" for column in columns] for n in range(count)]
    if not rows:
        body = [[line(_("Sin citas esta semana."), SOFT_BODY), *[""] * (DAYS - 1)]]
    table = LongTable([head, *body], colWidths=[paper.width / DAYS] * DAYS, repeatRows=1, splitInRow=1)
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("BACKGROUND", (0, 0), (-1, 0), PALE),
                ("LINEAFTER", (0, 0), (-2, -1), 0.5, GRID),
                ("BOX", (0, 0), (-1, -1), 0.5, GRID),
                ("LEFTPADDING", (0, 0), (-1, -1), 4),
                ("RIGHTPADDING", (0, 0), (-1, -1), 4),
                ("TOPPADDING", (0, 0), (-1, -1), 4),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
                *([("SPAN", (0, 1), (-1, 1))] if not rows else []),
            ]
        )
    )
    paper.draw(story=[table], file=file, compress=compress)
    return len(rows)


def draw_tasks(*, user: User, filters: dict[str, Any], file: BinaryIO, now: datetime, compress: bool = True) -> int:
    """Write the tasks that pass ``filters`` into ``file``, with a box to tick: overdue ones first, then by day.

    In the tenant's scope, language and zone. Returns how many there are.
    """
    preferences, today = Preferences.current(user), timezone.localtime(now).date()
    locale = _locale(user, preferences)
    rows = sorted(find_tasks(filters, today=today), key=lambda row: (_group(row, today), row.due_date or date.max))
    note = format_date(today, "long", locale=locale)
    paper = Paper(user=user, preferences=preferences, title=_("Tareas"), note=note)
    story: list[Flowable] = []
    names = [_("Vencidas"), _("Por hacer"), _("Sin fecha"), _("Hechas")]
    widths = [TICK, paper.width - TICK - DUE - KIND, KIND, DUE]
    for place, group in groupby(rows, key=lambda row: _group(row, today)):
        found = list(group)
        count = ngettext("%d tarea", "%d tareas", len(found)) % len(found)
        head = [line(names[place], HEADING), "", "", line(count, SOFT_END)]
        table = LongTable([head, *(_task(row, locale) for row in found)], colWidths=widths, repeatRows=1)
        table.setStyle(
            TableStyle(
                [
                    *ruled(),
                    ("SPAN", (0, 0), (2, 0)),
                    ("NOSPLIT", (0, 0), (-1, 1)),
                    ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
                ]
            )
        )
        story += [table, Spacer(0, 6 * mm)]
    paper.draw(story=story or [line(_("No hay tareas que mostrar."), BODY)], file=file, compress=compress)
    return len(rows)


def _locale(user: User, preferences: Preferences) -> Locale:
    return Locale.parse(locale_tag(language=user.language, currency=preferences.currency), sep="-")


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _is_on(row: Appointment, day: date, zone: ZoneInfo) -> bool:
    return row.start_datetime < at(day + timedelta(days=1), zone) and row.end_datetime > at(day, zone)


def _entry(
    row: Appointment, day: date, zone: ZoneInfo, locale: Locale, people: Sequence[Mapping[str, Any]]
) -> list[Paragraph]:
    """What one column says of an appointment: from when to when, what, where, with whom."""
    if row.all_day:
        when = _("Todo el día")
    else:
        start, end = row.start_datetime.astimezone(zone), row.end_datetime.astimezone(zone)
        opens = format_time(start.time(), "HH:mm", locale=locale) if start.date() == day else "…"
        closes = format_time(end.time(), "HH:mm", locale=locale) if end.date() == day else "…"
        when = f"{opens} – {closes}"
    names = [one["name"] or one["email"] or one["phone"] for one in people]
    rest = ", ".join(names[:MOST_PEOPLE]) + (f" +{len(names) - MOST_PEOPLE}" if len(names) > MOST_PEOPLE else "")
    parts = [(when, SMALL_STRONG), (_cut(row.title, LONGEST_TITLE), SMALL)]
    parts += [(_cut(text, LONGEST_REST), _faint) for text in (row.location, rest) if text]
    return [line(text, style, otherwise="…") for text, style in parts]


_faint = ParagraphStyle("faint", parent=SOFT_BODY, fontSize=7.5, leading=9.5)


def _group(row: Task, today: date) -> int:
    if row.status == Task.Status.COMPLETED:
        return 3
    if row.due_date is None:
        return 2
    return 0 if row.due_date < today else 1


def _task(row: Task, locale: Locale) -> list[Any]:
    what: list[Any] = [line(row.title, BODY, otherwise=_("Tarea en otra escritura"))]
    if row.description.strip():
        what.append(line(_cut(" ".join(row.description.split()), 300), SOFT_BODY))
    due = format_date(row.due_date, "EEE d MMM y", locale=locale) if row.due_date else ""
    marks = [_("urgente")] if row.priority == Task.Priority.HIGH and row.status != Task.Status.COMPLETED else []
    kind = " · ".join([*marks, *([row.category] if row.category else [])])
    return [_box(ticked=row.status == Task.Status.COMPLETED), what, line(kind, SOFT_BODY), line(due, SOFT_END)]


def _box(*, ticked: bool) -> Drawing:
    drawing = Drawing(BOX, BOX + 2)
    look: dict[str, Any] = {"fillColor": INK if ticked else None, "strokeColor": INK, "strokeWidth": 0.7}
    drawing.add(Rect(0, 0, BOX, BOX, **look))
    return drawing


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
