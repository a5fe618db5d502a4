"""All of one's own data as a file: asked for by the tenant, complete, private, and one at a time."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from config import data_jobs, data_tables, explaining, own_data
from config.data_tables import LEFT_OUT, tenant_models
from config.models import DataJob
from tenants.models import AuditEntry, Event, User
from tenants.scope import tenant_scope
from tests.factories import ROWS, own_data_job
from tests.letters import letters_to, outbox  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("outbox")]

URL = "/api/user/data-export"


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def work(pk: int) -> DataJob:
    for _ in range(50):
        data_jobs.run(job_id=pk)
        job = DataJob.objects.get(pk=pk)
        if job.is_over:
            return job
    raise AssertionError(f"still {job.state}")


def fetch(link: str) -> bytes:
    answer = Client().get(urlsplit(link).path)  # nobody is signed in
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Cache-Control"] == "no-store"
    return b"".join(answer.streaming_content)


@pytest.mark.parametrize(("language", "name", "word"), [("es", "LEEME.txt", "Tus citas"), ("en", "README.txt", "JSON")])
def test_a_tenant_takes_everything_with_them(api, alice, bob, language, name, word):
    for user in (alice, bob):
        with tenant_scope(user):
            for make in ROWS.values():
                make(user)
    User.objects.filter(pk=alice.pk).update(language=language)
    client = api(alice)
    asked = client.post(URL)
    assert asked.status_code == 202, asked.content
    assert (asked.json()["status"], asked.json()["url"]) == ("waiting", None)
    with tenant_scope(alice):
        rows = {
            m: data_tables.count_rows(m, user_id=alice.pk) for m in tenant_models() if m._meta.label not in LEFT_OUT
        }
    assert work(asked.json()["id"]).fault == ""
    done = client.get(f"{URL}/{asked.json()['id']}").json()
    assert (done["status"], done["percent"]) == ("done", 100)

    content = fetch(done["url"])
    assert len(content) == done["bytes"]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        index = json.loads(archive.read("index.json"))
        for model, number in rows.items():
            table = index["tables"][model._meta.label]
            assert table["rows"] == number == len(archive.read(table["file"]).splitlines()), model
        account = json.loads(archive.read("account.jsonl"))
        assert account["email"] == "alice@example.com"
        assert account["sessions"][0]["kind"] == "token"
        text = archive.read(name).decode()
    assert word in text
    for table in index["tables"].values():
        assert table["file"] in text
    (letter,) = letters_to(alice, kind="export_ready")
    assert "/user/settings#own-data" in letter.text
    with tenant_scope(alice):
        assert Event.objects.get(name="data_exported").actor == "person"
    assert not AuditEntry.objects.exists()  # no superadmin did anything


def test_every_table_that_is_exported_is_known_to_the_text(alice):
    assert set(explaining.WORDS) <= {model._meta.label for model in tenant_models()}


def test_one_at_a_time_and_one_a_day(api, alice, bob):
    client = api(alice)
    first = client.post(URL).json()
    assert client.post(URL).status_code == 409
    assert api(bob).post(URL).status_code == 202
    work(first["id"])
    again = client.post(URL)
    assert again.status_code == 429
    assert 86_000 < int(again["Retry-After"]) <= 86_400
    DataJob.objects.filter(pk=first["id"]).update(created_at=timezone.now() - timedelta(hours=25))
    assert client.post(URL).status_code == 202


def test_one_that_was_called_off_counts_for_nothing(api, alice):
    client = api(alice)
    first = client.post(URL).json()
    assert client.delete(f"{URL}/{first['id']}").status_code == 204
    assert client.get(f"{URL}/{first['id']}").json()["status"] == "cancelled"
    assert client.post(URL).status_code == 202


def test_a_file_that_is_deleted_is_gone_for_everybody(api, alice):
    client = api(alice)
    job = work(client.post(URL).json()["id"])
    link = client.get(f"{URL}/{job.pk}").json()["url"]
    assert client.delete(f"{URL}/{job.pk}").status_code == 204
    assert client.get(f"{URL}/{job.pk}").json()["url"] is None
    assert Client().get(urlsplit(link).path).status_code == 404
    assert not data_jobs.path_of(job).exists()


def test_a_link_is_good_for_a_day_and_for_its_file_alone(api, alice, bob, monkeypatch):
    job = work(api(alice).post(URL).json()["id"])
    link = own_data.link(job=job, now=timezone.now())
    token = urlsplit(link).path.rsplit("/", 1)[1]
    for forged in ("0", token[:-1] + "x", signing.dumps(job.pk, salt="another")):
        assert Client().get(f"/own-data/{forged}").status_code == 404
    User.objects.filter(pk=alice.pk).update(is_active=False)  # suspended
    assert Client().get(f"/own-data/{token}").status_code == 404
    User.objects.filter(pk=alice.pk).update(is_active=True)
    monkeypatch.setattr(own_data, "LINK_LASTS", timedelta(seconds=-1))
    assert Client().get(f"/own-data/{token}").status_code == 404


def test_what_superadmins_and_others_ask_for_is_not_mine(api, alice, bob, root):
    data_jobs.ask(kind="export", user=alice, by=root, reason="Lo pidió por carta")
    own_data_job(bob)
    assert api(alice).get(URL).json()["count"] == 0
    assert api(alice).post(URL).status_code == 409


def test_somebody_who_is_leaving_still_takes_their_data(api, alice):
    client = api(alice)
    client.post("/api/user/deletion", {"password": "una-clave-larga-7"})
    asked = client.post(URL)
    assert asked.status_code == 202
    assert work(asked.json()["id"]).state == DataJob.State.DONE
    assert fetch(client.get(f"{URL}/{asked.json()['id']}").json()["url"])
