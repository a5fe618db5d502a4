"""Letters go out once, and never blindly again."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django_q.models import OrmQ

from messaging.mail import claiming, failing, outbox, sending
from messaging.models import Letter, Mailbox, Notification
from tenants.models import User
from tenants.scope import tenant_scope
from tests import factories
from tests.messaging.mail.posting import drain, everybodys, later, letters, post

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bobs")]


class TestSending:
    def test_it_arrives_as_text_and_html_with_a_name_and_a_way_out(self, alice, server):
        post(alice)
        assert drain() == {"sent": 1}
        [arrived] = server.letters
        [letter] = letters(alice)
        assert (letter.status, letter.attempts, arrived.name) == ("sent", 1, letter.name)
        assert arrived.subject == "Algo anda mal"
        assert "Míralo." in arrived.text
        assert '<html lang="es"' in arrived.html
        message = arrived.message
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        link = re.fullmatch(r"<(http\S+/mail/unsubscribe/\S+)>", message["List-Unsubscribe"])[1]
        assert link in arrived.text
        assert link in arrived.html
        assert message["Auto-Submitted"] == "auto-generated"
        assert not [name for name in message.keys() if name.startswith("X-Recado")]  # noqa: SIM118
        assert drain(later(days=1)) == {}

    def test_what_always_comes_has_no_way_out(self, alice, server):
        post(alice, kind="security")
        drain()
        assert server.letters[0].message["List-Unsubscribe"] is None
        assert "unsubscribe" not in server.letters[0].text

    def test_it_is_in_the_persons_language(self, alice, server):
        User.objects.filter(pk=alice.pk).update(language="pt")
        alice.refresh_from_db()
        post(alice)
        drain()
        assert '<html lang="pt"' in server.letters[0].html

    @pytest.mark.parametrize("behaviour", ["busy", "greylist", "leave", "defer", "sender"])
    def test_a_definite_no_for_now_is_tried_again_with_growing_pauses(self, alice, server, behaviour):
        server.behaviour = behaviour
        post(alice)
        assert drain() == {"queued": 1}
        assert drain() == {}
        assert server.letters == []
        [letter] = letters(alice)
        assert timedelta(seconds=50) < letter.next_at - datetime.now(UTC) <= timedelta(minutes=1)
        name = letter.name
        if behaviour == "greylist":
            assert drain(later(minutes=2)) == {"sent": 1}
            assert server.names() == [name]
            return
        assert drain(later(minutes=2)) == {"queued": 1}
        [letter] = letters(alice)
        assert letter.next_at - later(minutes=2) > timedelta(minutes=4)
        server.behaviour = "accept"
        assert drain(later(minutes=10)) == {"sent": 1}
        assert server.names() == [name]

    @pytest.mark.parametrize(
        ("behaviour", "is_failing"),
        [("reject", True), ("full", True), ("bounce", True), ("relay", False), ("spurn", False)],
    )
    def test_a_definite_no_for_good_is_noted_where_it_is_about_the_address(self, alice, server, behaviour, is_failing):
        server.behaviour = behaviour
        post(alice)
        assert drain() == {"failed": 1}
        assert drain(later(days=1)) == {}
        [letter] = letters(alice)
        assert letter.code in (550, 552, 554)
        with tenant_scope(alice):
            assert Mailbox.current(alice).fails("Alice@Example.com") is is_failing
            assert Notification.objects.filter(url="/user/settings#mail").count() == is_failing

    def test_an_address_that_was_refused_for_good_is_written_to_no_more(self, alice, server):
        server.behaviour = "reject"
        post(alice)
        assert drain() == {"failed": 1}
        server.behaviour = "accept"
        assert post(alice, title="Otra cosa") is False
        assert drain(later(days=1)) == {}
        assert server.letters == []
        assert [(letter.status, letter.detail) for letter in letters(alice)][1:] == [("failed", failing.CODE)]
        with tenant_scope(alice):
            [told] = Notification.objects.filter(url="/user/settings#mail")  # once, however many wait
        assert "alice@example.com" in f"{told.title} {told.body}"

    @pytest.mark.parametrize("behaviour", ["drop", "stall", "cut"])
    def test_silence_after_the_letter_is_unknown_and_never_sent_again(self, alice, server, behaviour):
        server.behaviour = behaviour
        post(alice)
        assert drain() == {"unknown": 1}
        server.behaviour = "accept"
        assert drain(later(days=1)) == {}
        assert outbox.sweep(now=later(days=1))["unknown"] == 0
        assert len(server.letters) == (behaviour != "cut")
        assert letters(alice)[0].status == "unknown"

    def test_what_was_taken_stays_taken_though_the_server_hangs_up(self, alice, server):
        server.behaviour = "linger"
        for _ in range(3):
            post(alice)
        assert drain() == {"sent": 3}
        assert len(set(server.names())) == 3

    @pytest.mark.parametrize("behaviour", ["hang", "nobody"])
    def test_a_server_that_is_away_is_no_letters_fault(self, alice, root, server, settings, behaviour):
        server.behaviour = behaviour
        settings.EMAIL_TIMEOUT = 0.2
        if behaviour == "nobody":
            settings.EMAIL_PORT = 1
        for user in (alice, alice, root):
            post(user)
        assert drain() == {}
        assert server.conversations == (behaviour == "hang")
        assert {(letter.status, letter.attempts, letter.detail) for letter in letters(alice)} == {
            ("queued", 0, "no_mail_server")
        }
        figures = claiming.read_figures(now=later(seconds=1))
        assert (figures.queued, figures.oldest) == (3, min(letter.created_at for letter in everybodys()))
        assert drain() == {}  # not asked again for a minute
        server.behaviour = "accept"
        settings.EMAIL_PORT = server.port
        assert drain(later(minutes=2)) == {"sent": 3}

    def test_one_line_to_the_server_serves_many_letters(self, alice, server):
        for _ in range(5):
            post(alice)
        assert drain() == {"sent": 5}
        assert server.conversations == 1
        assert len(set(server.names())) == 5

    def test_what_somebody_waits_for_goes_first(self, alice, server):
        for _ in range(12):
            post(alice)
        post(alice, kind="password_reset")
        drain()
        kinds = {letter.name: letter.kind for letter in letters(alice)}
        assert kinds[server.names()[0]] == "password_reset"

    def test_no_thousand_letters_of_one_hold_up_another(self, alice, bob, server):
        for _ in range(15):
            post(alice)
        carol = User.objects.create_user("carol", "carol@example.com", "x")
        post(carol)
        drain()
        assert carol.email in [letter.recipient for letter in server.letters[: outbox.CHUNK]]

    def test_what_came_too_late_does_not_go_out(self, alice, server):
        post(alice, useful_until=later(hours=1))
        assert drain(later(hours=2)) == {"failed": 1}
        assert (server.letters, letters(alice)[0].detail) == ([], "too_late")

    def test_a_link_that_opens_something_is_kept_no_longer_than_it_takes(self, alice, root, server):
        post(alice, kind="password_reset")
        post(root, kind="password_reset")
        post(alice)
        drain()
        kept = {letter.kind: bool(letter.text or letter.html) for letter in everybodys()}
        assert kept == {"password_reset": False, "alert": True}

    def test_a_suspended_person_is_not_alerted_but_told_what_is_about_the_account(self, alice, server):
        post(alice)
        post(alice, kind="security")
        User.objects.filter(pk=alice.pk).update(is_active=False)
        assert drain() == {"failed": 1, "sent": 1}
        assert {letter.kind: letter.detail for letter in letters(alice)} == {"alert": "suspended", "security": ""}

    def test_who_ended_them_meanwhile_gets_none(self, alice, server):
        post(alice)
        with tenant_scope(alice):
            factories.mailbox(alice, muted=["alert"])
        assert drain() == {"failed": 1}
        assert server.letters == []


class TestInterruptions:
    def begin(self, alice: User) -> claiming.Claim:
        """Somebody committed «sending» and was killed."""
        post(alice)
        [claim] = claiming.claim_due(now=datetime.now(UTC), most=1)
        with sending.scope_of(alice):
            sending._begin(claim, alice, now=datetime.now(UTC))
        return claim

    def test_what_nobody_sends_any_more_is_unknown_after_its_lease(self, alice, server):
        self.begin(alice)
        assert outbox.sweep(now=later(seconds=60))["unknown"] == 0
        assert outbox.sweep(now=later(seconds=130))["unknown"] == 1
        assert letters(alice)[0].status == "unknown"
        assert drain(later(days=1)) == {}
        assert server.letters == []

    def test_one_whose_text_no_key_opens_is_found_too(self, alice, server, settings):
        self.begin(alice)
        with tenant_scope(alice):
            Letter.objects.update(html="")
            with connection.cursor() as cursor:
                cursor.execute("UPDATE messaging_letter SET text = 'gAAAAAnothing'")
        assert outbox.sweep(now=later(seconds=130))["unknown"] == 1
        with tenant_scope(alice):
            Letter.objects.update(status="queued", lease_until=None, next_at=later(days=-1))
        assert drain() == {"queued": 1}
        assert drain(later(minutes=6)) == {"failed": 1}
        with tenant_scope(alice):
            assert Letter.objects.defer("text").get().detail == "fault"

    def test_who_stood_still_too_long_may_still_say_that_it_went_out(self, alice):
        claim = self.begin(alice)
        outbox.sweep(now=later(seconds=130))
        with tenant_scope(alice), transaction.atomic():
            assert sending._write(claim, sending._confirm, now=datetime.now(UTC)) == "sent"

    def test_a_claim_whose_fence_rose_is_lost(self, alice, server):
        post(alice)
        now = datetime.now(UTC)
        [first] = claiming.claim_due(now=now, most=5)
        assert claiming.claim_due(now=now, most=5) == []
        [second] = claiming.claim_due(now=now + timedelta(minutes=2), most=5)
        assert second.fence > first.fence
        with sending.scope_of(alice):
            assert sending._begin(first, alice, now=now) == "lost"
        claiming.give_back(claims=[first], now=now)
        assert claiming.claim_due(now=now + timedelta(minutes=2), most=5) == []
        claiming.give_back(claims=[second], now=now)
        assert len(claiming.claim_due(now=now + timedelta(minutes=2), most=5)) == 1

    def test_one_that_takes_everybody_with_it_is_given_up(self, alice, server):
        post(alice)
        with tenant_scope(alice):
            Letter.objects.update(fence=sending.MOST_CLAIMS)
        assert drain() == {"failed": 1}
        assert (server.letters, letters(alice)[0].detail) == ([], "interrupted")

    def test_the_clock_rings_for_what_waits(self, alice):
        post(alice)
        OrmQ.objects.all().delete()
        assert outbox.sweep(now=later(seconds=1))["rung"] == 1
        assert OrmQ.objects.count() == 1
