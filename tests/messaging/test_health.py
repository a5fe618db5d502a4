"""How numbers are: what Meta says of them, what asking shows, and who is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone
from django_q.models import OrmQ

from config.figures import read_figures
from config.numbers import read_numbers
from config.simulator.graph import GraphServer
from messaging import bell, strangers, tasks
from messaging.models import Channel, InboundUpdate, Notification, SharedNumber, StrangerReply
from messaging.outbox import Recipient
from messaging.whatsapp import alarms, health
from messaging.whatsapp.problems import diagnose
from tenants.models import User
from tenants.scope import all_tenants, tenant_scope
from tests import factories
from tests.messaging.whatsapp_people import NOW, SHARED

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _shared_number(settings):
    settings.WHATSAPP = settings.WHATSAPP | {"PHONE_NUMBER_ID": SHARED, "TOKEN": "EAAG-shared"}


@pytest.fixture
def channel(alice):
    with tenant_scope(alice):
        return factories.channel(
            alice,
            business_account_id="102290129340398",
            display_phone_number="+57 300 555 0101",
            token_is_valid=True,
            token_checked_at=NOW,
            webhook_seen_at=NOW,
        )


def tell(channel: Channel | None, kind: str, item: dict, value: dict | None = None) -> None:
    """An update, taken in as inbound does it."""
    with all_tenants(), transaction.atomic():
        health.note(InboundUpdate(kind=kind), value=value or {}, item=item, channel=channel, now=NOW)


def account(channel: Channel | None, field: str, **value) -> None:
    tell(channel, "account", {"field": field, "business_account_id": "102290129340398"}, value)


def now_is(channel: Channel) -> Channel:
    with all_tenants():
        return Channel.objects.get(pk=channel.pk)


def codes(channel: Channel) -> list[str]:
    return [problem.code for problem in diagnose(now_is(channel), now=NOW).problems]


def alerts_of(user) -> list[str]:
    with tenant_scope(user):
        return [one.title for one in Notification.objects.filter(kind="alert").order_by("pk")]


class TestNews:
    def test_of_quality_and_limits(self, channel, alice):
        account(channel, "phone_number_quality_update", event="FLAGGED", current_limit="TIER_2K")
        assert (now_is(channel).quality, now_is(channel).messaging_limit) == ("RED", "TIER_2K")
        assert codes(channel) == ["quality"]
        account(channel, "phone_number_quality_update", event="UNFLAGGED")
        account(channel, "business_capability_update", max_daily_conversation_per_phone=10000)
        assert codes(channel) == []
        assert now_is(channel).messaging_limit == "TIER_10000"

    def test_of_an_account_that_is_blocked_and_reinstated(self, channel, alice, bob):
        account(channel, "account_update", event="DISABLED_UPDATE", ban_info={"waba_ban_state": "DISABLE"})
        account(channel, "account_update", event="DISABLED_UPDATE", ban_info={"waba_ban_state": "DISABLE"})
        assert (now_is(channel).paused_for, codes(channel)) == ("blocked", ["blocked"])
        assert len(alerts_of(alice)) == 1
        assert alerts_of(bob) == []
        account(channel, "account_update", event="DISABLED_UPDATE", ban_info={"waba_ban_state": "REINSTATE"})
        assert now_is(channel).paused_for == ""

    def test_of_a_restriction(self, channel, alice):
        until = int((NOW + timedelta(days=3)).timestamp())
        info = [{"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": until}]
        account(channel, "account_update", event="ACCOUNT_RESTRICTION", restriction_info=info)
        assert now_is(channel).no_proactive_before == NOW + timedelta(days=3)
        assert codes(channel) == ["spam"]
        assert len(alerts_of(alice)) == 1

    def test_of_templates(self, channel):
        row = {"name": "recado_reminder", "language": "es", "status": "APPROVED", "components": [], "stopped": 132015}
        with all_tenants():
            Channel.objects.update(templates=[row])
        news = {"message_template_name": "recado_reminder", "message_template_language": "es"}
        field = {"field": "message_template_status_update"}
        tell(channel, "template", field, news | {"event": "PAUSED"})
        assert (now_is(channel).templates[0]["status"], codes(channel)) == ("PAUSED", ["templates"])
        tell(channel, "template", field, news | {"event": "REINSTATED"})
        assert (now_is(channel).templates[0]["stopped"], codes(channel)) == (None, [])
        tell(channel, "template", field, {"message_template_name": "another", "event": "APPROVED"})
        assert OrmQ.objects.get().func() == "messaging.tasks.check_channel"  # one that we do not know yet

    @pytest.mark.parametrize(
        ("code", "found"), [(131042, ["payment"]), (368, ["blocked"]), (131048, ["spam"]), (190, []), (131026, [])]
    )
    def test_of_faults(self, channel, code, found):
        tell(channel, "fault", {"code": code, "title": "…"})
        assert codes(channel) == found

    @pytest.mark.parametrize("value", [{}, {"event": 7}, {"event": None, "ban_info": []}, {"restriction_info": "x"}])
    def test_of_odd_shapes_is_nothing(self, channel, value):
        for field in ("account_update", "phone_number_quality_update", "business_capability_update", "security", ""):
            account(channel, field, **value)
        tell(channel, "template", {"field": 7}, value)
        tell(channel, "fault", {"code": "x"})
        assert codes(channel) == []

    def test_names_the_number_of_an_account_by_its_digits(self, channel, alice):
        with tenant_scope(alice):
            other = factories.channel(
                alice, business_account_id="102290129340398", display_phone_number="57300 5550202"
            )
        account(channel, "phone_number_quality_update", event="FLAGGED", display_phone_number="573005550202")
        assert (now_is(channel).quality, now_is(other).quality) == ("", "RED")

    def test_of_the_shared_number_is_the_superadmins(self, alice):
        account(None, "account_update", event="DISABLED_UPDATE", ban_info={"waba_ban_state": "DISABLE"})
        assert SharedNumber.objects.get().paused_for == "blocked"
        assert alerts_of(alice) == []
        account(None, "phone_number_quality_update", event="FLAGGED")
        alarms_now = " ".join(read_figures(now=NOW).alarms)
        assert "bloqueó la cuenta" in alarms_now
        assert "La calidad de tu número es baja" in alarms_now


class TestAsking:
    @pytest.fixture
    def graph(self, settings):
        with GraphServer() as server:
            settings.WHATSAPP = settings.WHATSAPP | {"GRAPH_URL": server.url}
            yield server

    def check(self, user, channel):
        return tasks.check_channel(user.pk, channel.pk)

    def test_a_good_token_tells_the_number_and_ends_a_pause(self, alice, channel, graph):
        phone = "+57 300 999 0000"
        graph.add_number(phone_number_id=channel.phone_number_id, token="EAAG-x", display_phone_number=phone)
        with tenant_scope(alice):
            Channel.objects.update(token_is_valid=False, paused_for="token", token_checked_at=None)
        assert self.check(alice, channel).startswith("valid")
        found = now_is(channel)
        assert (found.token_is_valid, found.paused_for, found.display_phone_number) == (True, "", phone)
        assert found.token_checked_at is not None

    def test_a_bad_token_stops_the_number_and_tells_its_owner_once(self, alice, channel, graph):
        graph.add_number(phone_number_id=channel.phone_number_id, token="another")
        for _n in range(2):
            assert self.check(alice, channel).startswith("refused")
        assert (now_is(channel).token_is_valid, codes(channel)) == (False, ["token"])
        assert len(alerts_of(alice)) == 1

    def test_a_token_that_does_not_open_this_number_is_no_good(self, alice, channel, graph):
        assert self.check(alice, channel).startswith("refused")
        assert (now_is(channel).token_is_valid, codes(channel)) == (False, ["token"])

    def test_no_answer_says_nothing(self, alice, channel, settings):
        settings.WHATSAPP = settings.WHATSAPP | {"GRAPH_URL": "http://127.0.0.1:9"}
        assert self.check(alice, channel).startswith("no answer")
        assert now_is(channel).token_is_valid is True

    def test_every_number_once_a_day(self, alice, bob, channel):
        with tenant_scope(bob):
            factories.channel(bob, token="")  # has none to ask with
            fresh = factories.channel(bob, token_checked_at=NOW)
        assert health.ask_due(now=NOW) == 1  # the shared one
        assert health.ask_due(now=NOW + timedelta(hours=25)) == 3
        asked = {(task.func(), tuple(task.task["args"])) for task in OrmQ.objects.all()}
        assert ("messaging.tasks.check_channel", (alice.pk, channel.pk)) in asked
        assert ("messaging.tasks.check_channel", (bob.pk, fresh.pk)) in asked


def test_an_alarm_goes_by_letter_once(alice, channel):
    with tenant_scope(alice), transaction.atomic():
        alarms.mark_blocked(channel, now=NOW)
        alarms.mark_blocked(channel, now=NOW)
        alert = Notification.objects.get()
    [letter] = mail.outbox
    assert letter.to == ["alice@example.com"]
    assert letter.subject == alert.title
    assert "/user/whatsapp" in letter.body
    assert alert.mailed_at == NOW
    User.objects.filter(pk=alice.pk).update(email="")
    alice.refresh_from_db()
    with tenant_scope(alice), transaction.atomic():
        bell.alert(user=alice, title="Otra", body="", url="/user/whatsapp", now=NOW)
    assert len(mail.outbox) == 1


class TestStrangers:
    """What the platform says on the shared number goes out once."""

    @pytest.fixture
    def graph(self, settings):
        with GraphServer() as server:
            server.add_number(phone_number_id=SHARED, token="EAAG-shared")
            settings.WHATSAPP = settings.WHATSAPP | {"GRAPH_URL": server.url}
            yield server

    def say(self, text="¿A qué tienda?", *, to="573001234567", now=None):
        with all_tenants(), transaction.atomic():
            strangers.tell(
                key=f"stranger:{text}", phone_number_id=SHARED, recipient=Recipient(to),
                payload={"type": "text", "text": {"body": text}}, text=text, now=now or timezone.now(),
            )  # fmt: skip

    def rows(self):
        with all_tenants():
            return list(StrangerReply.objects.order_by("pk"))

    def test_it_is_sent_and_its_price_noted(self, graph):
        self.say()
        self.say()  # taken in again
        assert tasks.answer_strangers() == "1 sent"
        assert tasks.answer_strangers() == "nothing"
        assert len(graph.sent) == 1
        [row] = self.rows()
        item = {"status": "delivered", "biz_opaque_callback_data": row.callback, "pricing": {"billable": False}}
        with all_tenants(), transaction.atomic():
            assert strangers.note_status(item, now=NOW)
            assert not strangers.note_status({"biz_opaque_callback_data": "7"}, now=NOW)
        [row] = self.rows()
        assert (row.status, row.delivered_at, row.is_billable) == ("sent", NOW, False)
        assert read_numbers(now=NOW).shared_usage.free == 1

    def test_what_was_being_sent_when_somebody_died_is_never_sent_again(self, graph):
        self.say()
        with all_tenants():
            StrangerReply.objects.update(status="sending", lease_until=timezone.now() - timedelta(seconds=1))
        assert strangers.sweep(now=timezone.now()) == 1
        assert tasks.answer_strangers() == "nothing"
        assert [row.status for row in self.rows()] == ["unknown"]
        assert graph.sent == []

    def test_what_is_old_is_not_said_any_more(self, graph):
        self.say(now=timezone.now() - timedelta(minutes=20))
        assert tasks.answer_strangers() == "nothing"
        assert [row.status for row in self.rows()] == ["failed"]


def test_the_superadmin_sees_sums(alice, bob, channel):
    with tenant_scope(bob):
        factories.channel(bob, paused_for="token")
        factories.phone_link(bob)
        factories.phone_link(bob, role="customer", is_proved=False)
    figures = read_numbers(now=datetime(2026, 11, 23, tzinfo=UTC))
    assert (figures.own, figures.own_stopped, figures.phones, figures.alarms) == (2, 1, 1, [])
