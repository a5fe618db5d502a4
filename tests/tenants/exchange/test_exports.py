"""Files of lists: at once, or written by the queue and kept for a day behind a private address."""

from __future__ import annotations

import csv
import io
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.signing import Signer
from django.test import Client
from django_q.models import OrmQ

from tenants import suspensions
from tenants.exchange import export_sweeping, exports
from tenants.models import Event, ExportJob, User
from tenants.notices import dedicated_connection
from tenants.scope import tenant_scope
from tests import factories

pytestmark = pytest.mark.django_db
PATH, LIST = "/api/user/exports", "/api/user/chat/conversations/export"
NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
ASKED = {"what": "conversations", "format": "csv", "filters": {"audience": "owner"}}


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def talker(alice: User, bob: User) -> User:
    """Alice has said two things; Bob has said one that must stay invisible."""
    with tenant_scope(bob):
        factories.message(bob, content="Ajeno")
    with tenant_scope(alice):
        talk = factories.conversation(alice, title="Precios")
        factories.message(alice, conversation=talk, content="=1+1 ¿cuánto?")
        factories.message(alice, conversation=talk, content="Gracias")
    return alice


@pytest.fixture
def mine(talker, api):
    return api(talker)


def work(user: User, job: dict) -> str:
    with tenant_scope(user):
        return exports.run(user=user, job_id=job["id"])


def rows_of(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))


def body(answer) -> bytes:
    return b"".join(answer.streaming_content)


# --- at once ---------------------------------------------------------------------------------------------------------
def test_a_list_comes_as_a_file(mine, talker):
    answer = mine.get(f"{LIST}?format=csv")
    data = body(answer)
    head, *rows = rows_of(data)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Length"] == str(len(data))
    assert answer["Content-Disposition"].startswith('attachment; filename="conversaciones-')
    assert (answer["Cache-Control"], answer["X-Content-Type-Options"]) == ("private, no-store", "nosniff")
    assert [row[head.index("Mensaje")] for row in rows] == ["'=1+1 ¿cuánto?", "Gracias"]
    with tenant_scope(talker):
        (event,) = Event.objects.filter(name="data_exported")
    assert event.data == {"what": "conversations", "format": "csv", "rows": 2}


def test_a_workbook_comes_as_one(mine):
    answer = mine.get(f"{LIST}?format=xlsx")
    assert answer["Content-Type"].startswith("application/vnd.openxmlformats")
    assert body(answer).startswith(b"PK")


@pytest.mark.parametrize("form", ["pdf", "exe", "csv,", "CSV", "../csv"])
def test_another_format_is_refused_by_its_name(mine, form):
    answer = mine.get(LIST, {"format": form})
    assert (answer.status_code, list(answer.json())) == (400, ["format"])


def test_wrong_filters_are_refused_by_name(mine):
    assert list(mine.get(f"{LIST}?channel=paloma").json()) == ["channel"]


def test_too_many_to_wait_for_says_what_to_do(mine, monkeypatch):
    monkeypatch.setitem(exports.MOST_AT_ONCE, "csv", 1)
    answer = mine.get(f"{LIST}?format=csv")
    assert (answer.status_code, answer.json()["code"]) == (400, "too_many_rows")


def test_looking_whether_it_is_there_writes_nothing(mine, talker):
    assert mine.head(f"{LIST}?format=csv")["Content-Type"] == "text/csv; charset=utf-8"
    with tenant_scope(talker):
        assert not Event.objects.filter(name="data_exported").exists()


# --- by the queue ----------------------------------------------------------------------------------------------------
def test_a_large_one_is_written_by_the_queue(mine, talker):
    answer = mine.post(PATH, ASKED)
    job = answer.json()
    assert (answer.status_code, job["status"], job["done"], job["url"]) == (202, "waiting", 0, None)
    assert [task.func() for task in OrmQ.objects.all()] == ["tenants.tasks.write_export"]
    assert mine.get(f"{PATH}/{job['id']}/file").status_code == 409
    assert work(talker, job) == "2 rows"
    done = mine.get(f"{PATH}/{job['id']}").json()
    assert (done["status"], done["rows"], done["done"], done["error"]) == ("done", 2, 2, "")
    assert mine.get(PATH).json()["results"] == [done]
    (path,) = exports.folder().iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(exports.folder().stat().st_mode) == 0o700
    assert len(rows_of(body(mine.get(f"{PATH}/{job['id']}/file")))) == 3
    with tenant_scope(talker):
        assert Event.objects.filter(name="data_exported").count() == 1


def test_its_address_works_without_signing_in_for_a_day_and_for_that_file_alone(mine, talker, bob, api):
    first, second = (mine.post(PATH, ASKED).json() for _ in range(2))
    for job in (first, second):
        work(talker, job)
    url = urlsplit(mine.get(f"{PATH}/{first['id']}").json()["url"]).path
    answer = Client().get(url)
    assert answer.status_code == 200
    assert len(rows_of(body(answer))) == 3
    assert answer["Referrer-Policy"] == "no-referrer"
    token = url.removeprefix("/exports/")
    for wrong in (
        token[:-1],
        f"{token}x",
        token.replace(token[:4], "AAAA"),
        "x",
        Signer().sign_object([talker.pk, second["id"]]),
    ):
        assert Client().get(f"/exports/{wrong}").status_code == 404
    assert api(bob).get(f"{PATH}/{first['id']}").status_code == 404
    with tenant_scope(talker):
        ExportJob.objects.filter(pk=first["id"]).update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert Client().get(url).status_code == 404
    gone = mine.get(f"{PATH}/{first['id']}")
    assert gone.json()["url"] is None
    assert mine.get(f"{PATH}/{first['id']}/file").status_code == 410


def test_a_suspended_accounts_address_stops(mine, talker, root):
    job = mine.post(PATH, ASKED).json()
    work(talker, job)
    url = urlsplit(mine.get(f"{PATH}/{job['id']}").json()["url"]).path
    suspensions.suspend(actor=root, user=talker, reason="Prueba")
    assert Client().get(url).status_code == 404
    suspensions.restore(actor=root, user=talker, reason="Prueba")
    assert Client().get(url).status_code == 200


def test_forgetting_one_takes_its_file_and_its_address_away(mine, talker):
    job = mine.post(PATH, ASKED).json()
    work(talker, job)
    url = urlsplit(mine.get(f"{PATH}/{job['id']}").json()["url"]).path
    assert mine.delete(f"{PATH}/{job['id']}").status_code == 204
    assert list(exports.folder().iterdir()) == []
    assert Client().get(url).status_code == 404
    assert mine.get(f"{PATH}/{job['id']}").status_code == 404


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"what": "users", "format": "csv"}, "what"),
        ({"what": "conversations", "format": "pdf"}, "format"),
        ({"what": "conversations", "format": "csv", "filters": {"from": "ayer"}}, "from"),
        ({"what": "conversations", "format": "csv", "filters": {"audience": ["a"]}}, "filters"),
        ({"what": "conversations", "format": "csv", "user": 1}, "user"),
        ({"format": "csv"}, "what"),
    ],
)
def test_what_cannot_be_exported_is_refused_by_name(mine, given, name):
    answer = mine.post(PATH, given)
    assert (answer.status_code, list(answer.json())) == (400, [name])


def test_one_has_so_many_at_once_and_no_more(mine):
    assert [mine.post(PATH, ASKED).status_code for _ in range(6)] == [202] * 5 + [400]


def test_one_is_written_once_however_often_it_is_rung_for(mine, talker):
    job = mine.post(PATH, ASKED).json()
    assert [work(talker, job) for _ in range(2)] == ["2 rows", "nothing to do, or somebody else is at it"]
    assert len(list(exports.folder().iterdir())) == 1


def test_one_is_written_at_a_time(mine, talker):
    job = mine.post(PATH, ASKED).json()
    with dedicated_connection() as held:
        held.execute("SELECT pg_advisory_lock(%s)", [exports.LOCK])
        assert work(talker, job) == "another one is being written"
    assert work(talker, job) == "2 rows"


def test_one_that_is_forgotten_meanwhile_leaves_no_file(mine, talker, monkeypatch):
    monkeypatch.setattr(exports, "LOOK_SECONDS", 0)
    monkeypatch.setattr("tenants.exchange.writers.TELL_EVERY", 1)
    job = mine.post(PATH, ASKED).json()
    real = exports._Look.__call__

    def forget_first(look, done):
        ExportJob.objects.filter(pk=job["id"]).delete()
        real(look, done)

    monkeypatch.setattr(exports._Look, "__call__", forget_first)
    assert work(talker, job) == "taken away"
    assert list(exports.folder().iterdir()) == []


def test_one_that_fails_is_tried_again_and_then_says_so(mine, talker, monkeypatch, caplog):
    def fail(*args, **options):
        raise OSError("no space left on device")

    monkeypatch.setattr("tenants.exchange.sources.write_csv", fail)
    job = mine.post(PATH, ASKED).json()
    outcomes = []
    for number in range(4):
        with tenant_scope(talker):
            clock = lambda number=number: NOW + timedelta(minutes=5 * number)  # noqa: E731
            outcomes.append(exports.run(user=talker, job_id=job["id"], clock=clock))
    assert outcomes == ["stumbled", "stumbled", "failed", "nothing to do, or somebody else is at it"]
    told = mine.get(f"{PATH}/{job['id']}").json()
    assert (told["status"], told["error"]) == ("failed", "Algo falló de nuestro lado. Pídela otra vez.")
    assert list(exports.folder().iterdir()) == []


def test_more_than_a_format_holds_says_so_at_once(mine, talker, monkeypatch):
    monkeypatch.setitem(exports.MOST, "xlsx", 1)
    job = mine.post(PATH, {**ASKED, "format": "xlsx"}).json()
    assert work(talker, job) == "failed"
    assert mine.get(f"{PATH}/{job['id']}").json()["error"].startswith("Son 2 filas, y este formato admite 1.")


def test_whoever_has_stopped_waiting_gets_a_letter(mine, talker, mailoutbox, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    job = mine.post(PATH, ASKED).json()
    with tenant_scope(talker):
        ExportJob.objects.filter(pk=job["id"]).update(created_at=datetime.now(UTC) - timedelta(minutes=2))
    work(talker, job)
    (letter,) = mailoutbox
    assert letter.subject == "Tu archivo de conversaciones está listo"
    assert mine.get(f"{PATH}/{job['id']}").json()["url"] in letter.body


# --- by the clock ----------------------------------------------------------------------------------------------------
def test_the_clock_rings_for_what_nobody_writes(mine, talker, alice, root):
    job = mine.post(PATH, ASKED).json()
    OrmQ.objects.all().delete()
    now = datetime.now(UTC)
    assert export_sweeping.sweep(now=now) == 0  # it was rung for a moment ago
    assert export_sweeping.sweep(now=now + timedelta(minutes=1)) == 1
    assert [task.func() for task in OrmQ.objects.all()] == ["tenants.tasks.write_export"]
    suspensions.suspend(actor=root, user=alice, reason="Prueba")
    assert export_sweeping.sweep(now=now + timedelta(minutes=1)) == 0
    suspensions.restore(actor=root, user=alice, reason="Prueba")
    with tenant_scope(talker):  # a worker was killed
        ExportJob.objects.update(status="running", lease_until=now)
    assert export_sweeping.sweep(now=now + timedelta(minutes=1)) == 1
    assert work(talker, job) == "2 rows"
    assert export_sweeping.sweep(now=now + timedelta(minutes=1)) == 0


def test_the_clock_removes_files_whose_day_is_over_and_what_nobody_knows(mine, talker):
    kept, old = (mine.post(PATH, ASKED).json() for _ in range(2))
    for job in (kept, old):
        work(talker, job)
    now = datetime.now(UTC)
    with tenant_scope(talker):
        ExportJob.objects.filter(pk=old["id"]).update(expires_at=now)
        left = {exports.path_of(job) for job in ExportJob.objects.filter(pk=kept["id"])}
    stray = Path(exports.folder() / "77-of-an-account-that-is-gone.csv")
    stray.write_bytes(b"x")
    long_ago = (now - timedelta(days=3)).timestamp()
    os.utime(stray, (long_ago, long_ago))
    assert export_sweeping.forget(now=now) == 2
    assert set(exports.folder().iterdir()) == left
    assert mine.get(f"{PATH}/{old['id']}/file").status_code == 410
    assert export_sweeping.forget(now=now + timedelta(days=40)) == 1
    assert mine.get(PATH).json()["count"] == 0
