"""How letters do, to superadmins: counts, masked addresses, and none of the words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from config.figures import read_figures
from config.gauges import SystemCollector
from messaging.mail.claiming import read_figures as read_mail
from messaging.models import PlatformLetter
from tenants.scope import all_tenants, tenant_scope
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def some(alice, bob, root) -> None:
    now = datetime.now(UTC)
    with tenant_scope(alice):
        factories.letter(alice, created_at=now - timedelta(minutes=10), subject="Secreto de Ana", text="Nadie lo lee")
        factories.letter(alice, status="unknown")
    with tenant_scope(bob):
        factories.letter(bob, status="failed", detail="550 <bob@example.com> nobody", code=550)
        factories.letter(bob, status="sent")
    with all_tenants():
        fields = {"recipient": root.email, "subject": "Secreto de la jefa", "kind": "security", "name": "x"}
        PlatformLetter.objects.create(person=root, status="queued", useful_until=now, **fields)


def test_the_lists_show_no_words_and_no_whole_address(some, root, browse):
    for model in ("letter", "platformletter"):
        page = browse(root).get(f"/admin/messaging/{model}/").content.decode()
        assert "Secreto" not in page
        assert "Nadie lo lee" not in page
        assert "•••••@example.com" in page
        assert "bob@example.com" not in page
        assert "alice@example.com" not in page


def test_a_letters_own_page_is_not_there(some, alice, root, browse):
    with all_tenants():
        letter = PlatformLetter.objects.get()
    answer = browse(root).get(f"/admin/messaging/platformletter/{letter.pk}/change/")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/messaging/platformletter/")
    assert browse(root).post(f"/admin/messaging/platformletter/{letter.pk}/delete/").status_code == 403


def test_tenants_see_none_of_it(some, alice, browse):
    assert browse(alice).get("/admin/messaging/letter/").status_code == 302
    assert Client().get("/admin/messaging/letter/").status_code == 302


def test_what_waits_and_what_went_wrong_is_counted(some):
    now = datetime.now(UTC)
    found = read_mail(now=now)
    assert (found.queued, found.sending, found.failed, found.unknown) == (2, 0, 1, 1)
    assert now - found.oldest >= timedelta(minutes=10)
    figures = read_figures(now=now, keep=False)
    assert figures.mail == found
    assert any(alarm.startswith("El correo no sale") for alarm in figures.alarms)
    assert "De 1 correo no sabemos si llegó; no se repite." in figures.alarms


def test_whoever_watches_reads_the_same(some):
    names = {metric.name: metric for metric in SystemCollector().collect()}
    waiting = {sample.labels["status"]: sample.value for sample in names["recado_letters_waiting"].samples}
    assert waiting == {"queued": 2, "sending": 0}
    assert names["recado_letters_oldest_seconds"].samples[0].value >= 600
