"""A stored body gone through again, and how long it is kept."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_q.models import OrmQ

from messaging.models import Channel, InboundUpdate, WebhookBody
from messaging.whatsapp import arrivals
from tenants.scope import all_tenants, tenant_scope
from tests.messaging.bodies import NUMBER, SECRET, message, post, status, value, wrap

pytestmark = pytest.mark.django_db

OWN_NUMBER, OWN_SECRET = "200000000000001", "the-secret-of-alice-s-app"


@pytest.fixture(autouse=True)
def _platform(settings: Any) -> None:
    settings.WHATSAPP = settings.WHATSAPP | {"APP_SECRET": SECRET, "PHONE_NUMBER_ID": NUMBER, "BODY_DAYS": 30}


@pytest.fixture
def body() -> WebhookBody:
    """A body of a message, a status, and something that is not understood; all of it was seen to."""
    post(wrap(value(message(), 7, statuses=[status("wamid.S")])))
    with all_tenants():
        InboundUpdate.objects.exclude(kind="other").update(status="done", done_at=timezone.now())
        OrmQ.objects.all().delete()
        return WebhookBody.objects.get()


def replay(pk: Any, *options: str) -> str:
    out = StringIO()
    call_command("replay_webhook", str(pk), *options, stdout=out)
    return out.getvalue().strip()


def states() -> dict[str, str]:
    with all_tenants():
        return {row.key.split(":")[0]: row.status for row in InboundUpdate.objects.order_by("pk")}


def change(key: str, **fields: Any) -> None:
    with all_tenants():
        InboundUpdate.objects.filter(key=key).update(**fields)


def test_what_was_done_is_left_alone(body):
    told = replay(body.pk)
    assert told == f"Body {body.pk} holds 3 updates: 0 were missing, 0 are taken in again."
    assert states() == {"wamid.A": "done", "sha256": "not_understood", "wamid.S": "done"}


def test_what_failed_waits_again_and_rings(body):
    change("wamid.A", status="failed", attempts=5, note="it broke", next_at=timezone.now() + timedelta(days=1))
    assert replay(body.pk).endswith("0 were missing, 1 are taken in again.")
    with all_tenants():
        row = InboundUpdate.objects.get(key="wamid.A")
    assert (row.status, row.attempts, row.note, row.done_at) == ("pending", 0, "", None)
    assert row.next_at <= timezone.now()
    assert [task.func() for task in OrmQ.objects.all()] == ["messaging.tasks.take_in"]


def test_what_was_not_understood_waits_again_when_it_is_now(body):
    change("wamid.A", status="not_understood")
    assert replay(body.pk).endswith("1 are taken in again.")
    assert states() == {"wamid.A": "pending", "sha256": "not_understood", "wamid.S": "done"}


def test_everything_waits_again_when_asked(body):
    assert replay(body.pk, "--all").endswith("0 were missing, 2 are taken in again.")
    assert states() == {"wamid.A": "pending", "sha256": "not_understood", "wamid.S": "pending"}


def test_what_is_missing_is_added_once(body):
    with all_tenants():
        InboundUpdate.objects.filter(key="wamid.A").delete()
    assert replay(body.pk).endswith("1 were missing, 0 are taken in again.")
    assert replay(body.pk).endswith("0 were missing, 0 are taken in again.")
    assert sorted(states()) == ["sha256", "wamid.A", "wamid.S"]


def test_what_another_body_brought_before_is_not_doubled(body):
    post(wrap(value(message(), message(wamid="wamid.B"))))
    with all_tenants():
        second = WebhookBody.objects.exclude(pk=body.pk).get()
        change("wamid.A", status="failed")
    assert replay(second.pk).endswith("holds 2 updates: 0 were missing, 1 are taken in again.")
    assert sorted(states()) == ["sha256", "wamid.A", "wamid.B", "wamid.S"]


def test_a_number_that_was_connected_meanwhile_gets_what_was_its_own(alice):
    with tenant_scope(alice):
        Channel.objects.create(user=alice, phone_number_id=OWN_NUMBER, app_secret=OWN_SECRET)
    post(
        wrap(value(message(), number=OWN_NUMBER), value(message(wamid="wamid.B"), number="200000000000002")),
        secret=OWN_SECRET,
    )
    assert states() == {"wamid.A": "pending", "wamid.B": "not_understood"}
    with tenant_scope(alice):
        second = Channel.objects.create(user=alice, phone_number_id="200000000000002", app_secret=OWN_SECRET)
    with all_tenants():
        kept = WebhookBody.objects.get()
    assert replay(kept.pk).endswith("holds 2 updates: 0 were missing, 1 are taken in again.")
    with all_tenants():
        row = InboundUpdate.objects.get(key="wamid.B")
    assert (row.status, row.channel_id, row.note) == ("pending", second.pk, "")


def test_a_body_of_somebody_elses_number_stays_as_it_is(alice, bob):
    with tenant_scope(alice):
        own = Channel.objects.create(user=alice, phone_number_id=OWN_NUMBER, app_secret=OWN_SECRET)
    post(wrap(value(message(), number=OWN_NUMBER)), secret=OWN_SECRET)
    with all_tenants():
        kept = WebhookBody.objects.get()
        Channel.objects.filter(pk=own.pk).update(phone_number_id="300000000000003")
    with tenant_scope(bob):
        Channel.objects.create(user=bob, phone_number_id=OWN_NUMBER, app_secret="bob-s")
    with pytest.raises(CommandError, match="it names numbers of different secrets"):
        replay(kept.pk, "--all")
    with all_tenants():
        Channel.objects.filter(pk=own.pk).delete()
    with pytest.raises(CommandError, match="the number that it came for is not connected any more"):
        replay(kept.pk)


def test_a_body_that_could_not_be_taken_apart_says_so_still():
    post(b"[" * 100_000)
    with all_tenants():
        kept = WebhookBody.objects.get()
    assert replay(kept.pk, "--all").endswith("holds 1 updates: 0 were missing, 0 are taken in again.")


@pytest.mark.parametrize("wrong", ["0", "999999", "-5", "9" * 30])
def test_an_unknown_body_is_told(wrong):
    with pytest.raises(CommandError, match=f"There is no body {wrong}"):
        call_command("replay_webhook", "--", wrong)


def test_bodies_that_want_it_are_named(body):
    change("wamid.A", status="failed")
    post(b"nonsense")
    post(wrap(value(message(wamid="wamid.fine"))))
    out = StringIO()
    call_command("replay_webhook", stdout=out)
    second, first = out.getvalue().splitlines()
    assert second.endswith("failed 0, not understood 1 (no JSON)")
    assert first.startswith(f"{body.pk}  2")
    assert first.endswith("failed 1, not understood 1")
    with all_tenants():
        InboundUpdate.objects.all().delete()
    out = StringIO()
    call_command("replay_webhook", stdout=out)
    assert out.getvalue() == "Every body that is kept was seen to.\n"


def test_what_is_no_id_is_told():
    with pytest.raises(CommandError, match="invalid int value: 'abc'"):
        call_command("replay_webhook", "abc")


@pytest.mark.parametrize(("days", "kept_for"), [(30, 30), (3, 8)])
def test_bodies_go_after_their_days_but_none_that_is_waited_for(settings, days, kept_for):
    settings.WHATSAPP = settings.WHATSAPP | {"BODY_DAYS": days}
    for n in range(4):
        post(wrap(value(message(wamid=f"w{n}"))))
    now = timezone.now()
    with all_tenants():
        _first, second, third, last = WebhookBody.objects.order_by("pk")
        WebhookBody.objects.exclude(pk=last.pk).update(received_at=now - timedelta(days=kept_for, seconds=1))
        WebhookBody.objects.filter(pk=third.pk).update(received_at=now - timedelta(days=kept_for, seconds=-60))
        InboundUpdate.objects.exclude(body=second).update(status="done")
    assert arrivals.forget_old(now=now) == 2  # the first, and its update
    with all_tenants():
        assert list(WebhookBody.objects.order_by("pk")) == [second, third, last]
        assert InboundUpdate.objects.count() == 3
