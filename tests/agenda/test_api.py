from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from agenda.models import Appointment, Attendee, Task
from tenants.models import User
from tenants.scope import tenant_scope
from tests import factories

pytestmark = pytest.mark.django_db

APPOINTMENTS, TASKS = "/api/user/personal/appointments", "/api/user/personal/tasks"
CHANGES, CONTACTS = "/api/user/personal/changes", "/api/user/contacts"
MEETING = {"title": "Reunión con Carla", "start_datetime": "2126-11-21T15:30"}


@pytest.fixture
def agenda(alice, bob, api):
    """Alice's client; Bob has an appointment at the same hour and a task, which must stay invisible."""
    theirs = api(bob)
    assert theirs.post(APPOINTMENTS, {**MEETING, "start_datetime": "2126-11-21T15:30:00-05:00"}).status_code == 201
    assert theirs.post(TASKS, {"title": "Ajena", "category": "Ajena"}).status_code == 201
    return api(alice)


def _book(client, **fields):
    answer = client.post(APPOINTMENTS, {**MEETING, **fields})
    assert answer.status_code == 201, answer.content
    return answer.json()


def _refused(answer, name: str) -> str:
    assert answer.status_code == 400, answer.content
    assert list(answer.json()) == [name]
    return str(answer.json()[name])


def test_it_books_on_the_tenants_clock(agenda):
    made = _book(agenda, attendees=["Carla", {"email": "ana@example.com"}], reminder_minutes=60, location="Oficina")
    assert (
        made.items()
        >= {
            "start_datetime": "2126-11-21T15:30:00-05:00",
            "end_datetime": "2126-11-21T16:30:00-05:00",
            "timezone": "America/Bogota",
            "all_day": False,
            "busy": True,
            "reminder_minutes": [60],
            "status": "scheduled",
            "rrule": "",
            "series": None,
            "conflicts": [],
            "version": 1,
        }.items()
    )
    assert made["attendees"] == [
        {"name": "Carla", "email": "", "phone": "", "contact": None},
        {"name": "", "email": "ana@example.com", "phone": "", "contact": None},
    ]
    undo = made.pop("undo")
    assert undo["until"] > made["created_at"]
    assert agenda.get(f"{APPOINTMENTS}/{made['id']}/").json() == made
    assert agenda.get(APPOINTMENTS).json() == {"count": 1, "next": None, "previous": None, "results": [made]}


@pytest.mark.parametrize(
    ("given", "start", "end"),
    [
        ({"start_datetime": "2126-11-21"}, "2126-11-21T00:00:00-05:00", "2126-11-22T00:00:00-05:00"),
        (
            {"start_datetime": "2126-11-21", "end_datetime": "2126-11-23"},
            "2126-11-21T00:00:00-05:00",
            "2126-11-23T00:00:00-05:00",
        ),
        (
            {"start_datetime": "2126-11-21T09:00", "end_datetime": "2126-11-21T18:00", "all_day": True},
            "2126-11-21T00:00:00-05:00",
            "2126-11-22T00:00:00-05:00",
        ),
    ],
)
def test_what_takes_all_day_takes_whole_days_and_nobodys_time(agenda, given, start, end):
    made = _book(agenda, **given)
    assert (made["start_datetime"], made["end_datetime"], made["all_day"]) == (start, end, True)
    assert not made["busy"]


def test_the_days_of_what_takes_all_day_stay_when_the_tenant_travels(agenda, alice):
    made = _book(agenda, start_datetime="2126-11-21")
    User.objects.filter(pk=alice.pk).update(timezone="America/Los_Angeles")
    assert agenda.get(f"{APPOINTMENTS}/{made['id']}").json()["start_datetime"] == "2126-11-21T00:00:00-05:00"


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"end_datetime": "2126-11-21T15:30"}, "end_datetime"),
        ({"end_datetime": "2126-11-21T14:00"}, "end_datetime"),
        ({"end_datetime": "2128-11-21T14:00"}, "end_datetime"),
        ({"start_datetime": "2027-02-30T10:00"}, "start_datetime"),
        ({"start_datetime": "2027-02-10T25:00"}, "start_datetime"),
        ({"start_datetime": "0001-01-01T00:00:00+14:00"}, "start_datetime"),
        ({"start_datetime": "9999-12-31T23:00:00-14:00"}, "start_datetime"),
        ({"start_datetime": "1500-01-01T00:00"}, "start_datetime"),
        ({"start_datetime": "2126-11-21", "all_day": False}, "start_datetime"),
        ({"start_datetime": "mañana"}, "start_datetime"),
        ({"timezone": "America/Macondo"}, "timezone"),
        ({"timezone": "../../etc/passwd"}, "timezone"),
        ({"attendees": ["Carla"] * 5000}, "attendees"),
        ({"attendees": [{"name": "Carla", "email": "nada"}]}, "attendees"),
        ({"attendees": [{"contact": 987654321}]}, "attendees"),
        ({"attendees": [{}]}, "attendees"),
        ({"attendees": [{"nombre": "Carla"}]}, "attendees"),
        ({"attendees": [["Carla"]]}, "attendees"),
        ({"attendees": ["x" * 201]}, "attendees"),
        ({"reminder_minutes": -5}, "reminder_minutes"),
        ({"reminder_minutes": 10**9}, "reminder_minutes"),
        ({"reminder_minutes": [10, -1]}, "reminder_minutes"),
        ({"reminder_minutes": list(range(11))}, "reminder_minutes"),
        ({"reminder_minutes": [True]}, "reminder_minutes"),
        ({"title": "   "}, "title"),
        ({"status": "maybe"}, "status"),
    ],
)
def test_it_refuses_what_cannot_be_and_writes_nothing(agenda, alice, fields, name):
    _refused(agenda.post(APPOINTMENTS, {**MEETING, **fields}), name)
    kept = _book(agenda)
    _refused(agenda.patch(f"{APPOINTMENTS}/{kept['id']}", fields), name) if name != "title" else None
    kept.pop("undo")
    assert agenda.get(f"{APPOINTMENTS}/{kept['id']}").json() == kept
    with tenant_scope(alice):
        assert not Attendee.objects.exists()


def test_an_hour_that_the_clocks_skip_is_refused_and_one_that_comes_twice_is_the_first(agenda):
    told = _refused(
        agenda.post(APPOINTMENTS, {**MEETING, "start_datetime": "2027-03-14T02:30", "timezone": "America/New_York"}),
        "start_datetime",
    )
    assert "America/New_York" in told
    twice = {"start_datetime": "2026-11-01T01:30", "timezone": "America/New_York"}
    assert _book(agenda, **twice)["start_datetime"] == "2026-11-01T00:30:00-05:00"  # 01:30 of summer time
    second = {"start_datetime": "2026-11-01T01:30:00-05:00", "timezone": "America/New_York"}
    assert _book(agenda, **second)["start_datetime"] == "2026-11-01T01:30:00-05:00"


def test_a_plus_sign_may_come_as_a_space_in_an_address(agenda):
    _book(agenda)
    query = "from=2126-11-21T21:00:00+01:00&to=2126-11-21T22:00:00%2B01:00"
    assert agenda.get(f"{APPOINTMENTS}?{query}").json()["count"] == 1


def test_overlapping_ones_name_each_other(agenda):
    first = _book(agenda)
    second = _book(agenda, start_datetime="2126-11-21T16:00")
    touching = _book(agenda, start_datetime="2126-11-21T17:00")
    free = _book(agenda, start_datetime="2126-11-21T16:00", busy=False)
    assert (first["conflicts"], second["conflicts"]) == ([], [first["id"]])
    assert (touching["conflicts"], free["conflicts"]) == ([], [])
    shown = {row["id"]: row["conflicts"] for row in agenda.get(APPOINTMENTS).json()["results"]}
    assert shown == {first["id"]: [second["id"]], second["id"]: [first["id"]], touching["id"]: [], free["id"]: []}
    agenda.post(f"{APPOINTMENTS}/{second['id']}/cancel", {})
    assert agenda.get(f"{APPOINTMENTS}/{first['id']}").json()["conflicts"] == []


def test_a_stale_change_is_told_with_the_current_object(agenda):
    made = _book(agenda)
    path = f"{APPOINTMENTS}/{made['id']}"
    assert agenda.patch(path, {"location": "Casa", "version": 1}).json()["version"] == 2
    for stale in (
        agenda.patch(path, {"location": "Café", "version": 1}),
        agenda.put(path, MEETING, headers={"If-Match": '"1"'}),
        agenda.delete(path, headers={"If-Match": '"1"'}),
        agenda.post(f"{path}/cancel", {"version": 1}),
    ):
        assert stale.status_code == 409
        assert stale.json()["current"] == agenda.get(path).json()
        assert stale.json()["current"]["location"] == "Casa"


def test_what_stays_the_same_costs_no_version_and_leaves_nothing_to_undo(agenda):
    made = _book(agenda, attendees=["Carla"])
    same = agenda.put(f"{APPOINTMENTS}/{made['id']}", {**MEETING, "attendees": made["attendees"]}).json()
    assert (same["version"], same["undo"]) == (1, None)
    assert agenda.get(CHANGES).json()["count"] == 1


def test_cancelling_says_why_and_deleting_takes_it_away_and_both_can_be_undone(agenda):
    path = f"{APPOINTMENTS}/{_book(agenda)['id']}"
    cancelled = agenda.post(f"{path}/cancel", {"reason": "Carla está enferma"}).json()
    assert (cancelled["status"], cancelled["cancel_reason"]) == ("cancelled", "Carla está enferma")
    removed = agenda.delete(path)
    assert removed.status_code == 200
    assert agenda.get(path).status_code == 404
    for undo in (removed.json()["undo"], cancelled["undo"]):
        undone = agenda.post(f"{CHANGES}/{undo['id']}/undo", {})
        assert undone.status_code == 200
        assert undone.json()["change"]["undone_at"]
    back = agenda.get(path).json()
    assert (back["status"], back["cancel_reason"]) == ("scheduled", "")
    assert agenda.post(f"{CHANGES}/{cancelled['undo']['id']}/undo", {}).status_code == 409


def test_what_was_changed_since_is_not_undone(agenda):
    made = _book(agenda)
    agenda.patch(f"{APPOINTMENTS}/{made['id']}", {"title": "Otra"})
    answer = agenda.post(f"{CHANGES}/{made['undo']['id']}/undo", {})
    assert answer.status_code == 409
    assert agenda.get(f"{APPOINTMENTS}/{made['id']}").json()["title"] == "Otra"


def test_attendees_may_be_contacts_and_a_text_is_names(agenda, alice, bob):
    with tenant_scope(alice):
        carla = factories.contact(alice, name="Carla", email="carla@example.com")
    with tenant_scope(bob):
        theirs = factories.contact(bob)
    made = _book(agenda, attendees=[{"contact": carla.pk}])
    assert made["attendees"] == [
        {"name": "Carla", "email": "carla@example.com", "phone": carla.phone, "contact": carla.pk}
    ]
    _refused(agenda.post(APPOINTMENTS, {**MEETING, "attendees": [{"contact": theirs.pk}]}), "attendees")
    assert [one["name"] for one in _book(agenda, attendees="Ana, Luis ,")["attendees"]] == ["Ana", "Luis"]


def _titles(client, path: str, query: str) -> list[str]:
    answer = client.get(f"{path}?{query}")
    assert answer.status_code == 200, answer.content
    return [row["title"] for row in answer.json()["results"]]


def test_a_list_of_appointments_is_filtered_and_ordered(agenda):
    _book(agenda, title="Ábaco", start_datetime="2126-11-20T09:00", attendees=["José"])
    _book(agenda, title="brindis", start_datetime="2126-11-21T23:30", location="Calle Ñ")
    cancelled = _book(agenda, title="Cena", start_datetime="2126-11-22T20:00")
    agenda.post(f"{APPOINTMENTS}/{cancelled['id']}/cancel", {})
    for query, titles in {
        "": ["Ábaco", "brindis", "Cena"],
        "ordering=-title": ["Cena", "brindis", "Ábaco"],
        "from=2126-11-21&to=2126-11-21": ["brindis"],
        "from=2126-11-22": ["brindis", "Cena"],  # it goes on after midnight
        "to=2126-11-21T23:30:00-05:00": ["Ábaco"],
        "status=cancelled": ["Cena"],
        "search=jose": ["Ábaco"],
        "search=CALLE n": ["brindis"],
        "search=nada": [],
        "page_size=1&page=2": ["brindis"],
    }.items():
        assert _titles(agenda, APPOINTMENTS, query) == titles, query
    _refused(agenda.get(f"{APPOINTMENTS}?from=2126-11-22&to=2126-11-20"), "to")
    _refused(agenda.get(f"{APPOINTMENTS}?from=2126-02-30"), "from")


def test_a_list_of_tasks_is_filtered_and_ordered(agenda):
    for title, due, priority, category, status in (
        ("Ayer", "2020-01-01", "low", "Casa", "pending"),
        ("Hecha", "2020-01-01", "high", "Casa", "completed"),
        ("Luego", "2126-01-02", "high", "Negocio", "in_progress"),
        ("Nunca", None, "high", "", "pending"),
        ("Pronto", "2126-01-01", "high", "Negocio", "pending"),
    ):
        fields = {"title": title, "due_date": due, "priority": priority, "category": category, "status": status}
        assert agenda.post(TASKS, fields).status_code == 201
    for query, titles in {
        "": ["Hecha", "Pronto", "Luego", "Nunca", "Ayer"],
        "ordering=due_date": ["Hecha", "Ayer", "Pronto", "Luego", "Nunca"],
        "overdue=true": ["Ayer"],
        "overdue=false": ["Hecha", "Pronto", "Luego", "Nunca"],
        "status=pending&priority=high": ["Pronto", "Nunca"],
        "category=CASA": ["Hecha", "Ayer"],
        "from=2126-01-02": ["Luego"],
        "to=2126-01-01&status=pending": ["Pronto", "Ayer"],
        "search=NUN": ["Nunca"],
    }.items():
        assert _titles(agenda, TASKS, query) == titles, query
    assert agenda.get(f"{TASKS}/categories").json() == ["Casa", "Negocio"]


def test_a_task_keeps_when_it_was_done(agenda):
    made = agenda.post(TASKS, {"title": "Pagar", "due_date": "2020-01-01"}).json()
    path = f"{TASKS}/{made['id']}"
    assert (made["overdue"], made["completed_at"], made["reminder_minutes"]) == (True, None, [60])
    done = agenda.patch(path, {"status": "completed", "version": 1}).json()
    assert done["completed_at"]
    assert not done["overdue"]
    assert agenda.patch(path, {"title": "Pagado"}).json()["completed_at"] == done["completed_at"]
    assert agenda.patch(path, {"status": "pending"}).json()["completed_at"] is None
    stale = agenda.patch(path, {"status": "completed", "version": 1})
    assert (stale.status_code, stale.json()["current"]["title"]) == (409, "Pagado")
    _refused(agenda.post(TASKS, {"title": "Pagar", "due_date": "2027-02-30"}), "due_date")
    _refused(agenda.post(TASKS, {"title": "Pagar", "reminder_minutes": -5}), "reminder_minutes")


def test_free_time_lies_in_working_hours_around_what_is_booked(agenda):
    agenda.patch("/api/user/preferences", {"working_hours": {"thu": [["09:00", "13:00"], ["14:00", "18:00"]]}})
    _book(agenda, start_datetime="2126-11-21T10:00", end_datetime="2126-11-21T11:30")
    found = agenda.get(f"{APPOINTMENTS}/free?from=2126-11-18&to=2126-11-24&minutes=90").json()["slots"]
    assert found == [
        {"start": "2126-11-21T11:30:00-05:00", "end": "2126-11-21T13:00:00-05:00"},
        {"start": "2126-11-21T14:00:00-05:00", "end": "2126-11-21T18:00:00-05:00"},
    ]
    _refused(agenda.get(f"{APPOINTMENTS}/free?from=2126-11-18&to=2127-11-24"), "to")
    _refused(agenda.get(f"{APPOINTMENTS}/free?minutes=0"), "minutes")


def test_starts_are_those_that_customers_are_offered(agenda):
    hours = {day: [["09:10", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    agenda.patch("/api/user/preferences", {"working_hours": hours, "country": ""})
    found = agenda.get(f"{APPOINTMENTS}/free?minutes=45").json()
    spans = [(datetime.fromisoformat(one["start"]), datetime.fromisoformat(one["end"])) for one in found["slots"]]
    starts = [datetime.fromisoformat(one) for one in found["starts"]]
    assert 12 <= len(starts) <= 18
    assert {start.minute for start in starts} <= {0, 30}  # not 09:10: one grid for everybody
    assert len({start.date() for start in starts}) >= 6
    until = spans[-1][1]  # where the look ends the last slot may be cut, and a start still lies before it
    for start in starts:
        end = start + timedelta(minutes=45)
        assert any(opens <= start and (end <= closes or start < closes == until) for opens, closes in spans)


def test_the_scope_of_a_change_is_checked(agenda):
    made = _book(agenda)
    _refused(agenda.patch(f"{APPOINTMENTS}/{made['id']}?scope=some", {"title": "x"}), "scope")
    _refused(agenda.delete(f"{APPOINTMENTS}/{made['id']}?scope=some"), "scope")


def test_nobody_else_changed(agenda, bob):
    _book(agenda)
    with tenant_scope(bob):
        assert Appointment.objects.get().version == 1
        assert Task.objects.get().title == "Ajena"


def test_words_become_a_draft_and_nothing_is_written(agenda):
    text = "agéndame una reunión con Carla mañana a las 3:30 de la tarde en su oficina y avísame una hora antes"
    before = agenda.get(CHANGES).json()["count"]
    draft = agenda.post("/api/user/personal/draft", {"text": text, "kind": "appointment"}).json()
    assert draft["start_datetime"].endswith("T15:30:00-05:00")
    assert (draft["attendees"], draft["reminder_minutes"], draft["ambiguous"]) == (["Carla"], [60], False)
    task = agenda.post("/api/user/personal/draft", {"text": "pagar el arriendo mañana, urgente", "kind": "task"}).json()
    assert (task["priority"], task["start_datetime"]) == ("high", None)
    assert task["due_date"]
    vague = agenda.post("/api/user/personal/draft", {"text": "dentista"}).json()
    assert (vague["kind"], vague["ambiguous"], bool(vague["question"])) == ("appointment", True, True)
    assert agenda.get(CHANGES).json()["count"] == before
    assert agenda.get(APPOINTMENTS).json()["count"] == agenda.get(TASKS).json()["count"] == 0


def test_a_series_is_booked_moved_and_cancelled_by_the_api(agenda):
    made = _book(agenda, rrule="FREQ=WEEKLY;COUNT=3", start_datetime="2027-01-05T10:00", attendees=["Ana"])
    ids = [row["id"] for row in agenda.get(APPOINTMENTS).json()["results"]]
    assert (made["id"], made["rrule"], made["original_start"]) == (
        ids[0],
        "FREQ=WEEKLY;COUNT=3",
        made["start_datetime"],
    )
    assert len(ids) == 3
    moved = agenda.patch(f"{APPOINTMENTS}/{ids[1]}?scope=following", {"start_datetime": "2027-01-12T11:00"})
    assert moved.status_code == 200, moved.content
    starts = [row["start_datetime"][5:16] for row in agenda.get(APPOINTMENTS).json()["results"]]
    assert starts == ["01-05T10:00", "01-12T11:00", "01-19T11:00"]
    cancelled = agenda.post(f"{APPOINTMENTS}/{ids[1]}/cancel", {"scope": "all", "reason": "Vacaciones"})
    assert cancelled.json()["status"] == "cancelled"
    assert [row["status"] for row in agenda.get(APPOINTMENTS).json()["results"]] == ["scheduled"] + 2 * ["cancelled"]
    assert _refused(agenda.patch(f"{APPOINTMENTS}/{ids[0]}", {"rrule": "FREQ=DAILY"}), "rrule")
    assert _refused(agenda.post(APPOINTMENTS, {**MEETING, "rrule": "FREQ=SECONDLY;COUNT=315360000"}), "rrule")
    undone = agenda.post(f"{CHANGES}/{cancelled.json()['undo']['id']}/undo", {})
    assert undone.status_code == 200
    assert agenda.delete(f"{APPOINTMENTS}/{ids[0]}?scope=all").status_code == 200
    assert agenda.get(APPOINTMENTS).json()["count"] == 2  # the others are a series of their own


def test_completing_a_repeated_task_names_the_next(agenda):
    made = agenda.post(TASKS, {"title": "Pagar", "due_date": "2126-01-01", "rrule": "FREQ=MONTHLY"}).json()
    done = agenda.patch(f"{TASKS}/{made['id']}", {"status": "completed"}).json()
    assert agenda.get(f"{TASKS}/{done['next']}").json()["due_date"] == "2126-02-01"
    assert agenda.patch(f"{TASKS}/{made['id']}", {"title": "Pagado"}).json()["next"] is None
