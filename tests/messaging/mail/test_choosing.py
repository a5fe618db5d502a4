"""Which letters a person wants: by one click in a letter, by the settings' API; and what was sent to them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail as django_mail
from django.core import signing
from django.test import Client

from agenda.models import Reminder
from messaging import channels, reminding
from messaging.models import Letter, Mailbox, Notification
from tenants import mail
from tenants.mail import Kind
from tenants.models import Preferences, User
from tenants.scope import tenant_scope
from tests import factories
from tests.messaging.mail.posting import letters

pytestmark = pytest.mark.django_db
URL = "/api/user/mail"


def path_of(user: User, kind: str = "digest") -> str:
    return mail.unsubscribe_link(user=user, kind=Kind(kind)).removeprefix("http://127.0.0.1:8000")


def muted(user: User) -> list[str]:
    with tenant_scope(user):
        return Mailbox.current(user).muted


@pytest.fixture
def visitor() -> Client:
    """Nobody in particular, who brings no cookie; forged forms would be refused from a page that wants a token."""
    return Client(enforce_csrf_checks=True)


class TestOneClick:
    def test_looking_at_the_link_changes_nothing(self, alice, visitor):
        page = visitor.get(path_of(alice))
        assert page.status_code == 200
        assert "resúmenes" in page.content.decode()
        assert page["Referrer-Policy"] == "no-referrer"
        assert "no-store" in page["Cache-Control"]
        assert visitor.head(path_of(alice)).status_code == 200
        assert muted(alice) == []

    def test_a_mail_programs_click_ends_letters_of_that_kind(self, alice, bob, visitor):
        for _ in range(2):
            answer = visitor.post(path_of(alice), {"List-Unsubscribe": "One-Click"})
            assert answer.status_code == 200  # no redirect: such programs follow none
            assert "sessionid" not in answer.cookies
        assert (muted(alice), muted(bob)) == (["digest"], [])

    def test_it_can_be_taken_back(self, alice, visitor):
        visitor.post(path_of(alice), {"List-Unsubscribe": "One-Click"})
        visitor.post(path_of(alice, "alert"))
        page = visitor.post(path_of(alice), {"again": "1"}).content.decode()
        assert "Vuelven a llegarte" in page
        assert muted(alice) == ["alert"]

    def test_it_speaks_the_persons_language(self, alice, visitor):
        User.objects.filter(pk=alice.pk).update(language="en")
        alice.refresh_from_db()
        page = visitor.get(path_of(alice), HTTP_ACCEPT_LANGUAGE="pt")
        assert page["Content-Language"] == "en"

    def test_a_link_that_is_not_ours_ends_nothing(self, alice, bob, visitor):
        good = path_of(alice).rpartition("/")[2]
        body, stamp, mark = good.split(":")
        other = path_of(bob).rpartition("/")[2]
        forged = [
            f"{body}:{stamp}:{mark[:-2]}xx",
            f"{other.split(':')[0]}:{stamp}:{mark}",
            "x",
            signing.dumps([alice.pk, "digest"], salt="another"),
            signing.dumps([alice.pk, "nonsense"], salt="recado.mail.unsubscribe"),
            signing.dumps("digest", salt="recado.mail.unsubscribe"),
            signing.dumps([10**6, "digest"], salt="recado.mail.unsubscribe"),
        ]
        for token in forged:
            for answer in (visitor.get(f"/mail/unsubscribe/{token}"), visitor.post(f"/mail/unsubscribe/{token}")):
                assert answer.status_code == 404, token
        assert muted(alice) == muted(bob) == []

    def test_whoever_is_signed_in_is_not_asked_who_they_are(self, alice, bob, browse):
        browse(bob).post(path_of(alice))
        assert (muted(alice), muted(bob)) == (["digest"], [])

    def test_what_always_comes_has_no_link(self, alice, root):
        assert mail.unsubscribe_link(user=alice, kind=Kind.SECURITY) == ""
        assert mail.unsubscribe_link(user=root, kind=Kind.ALERT) == ""
        assert mail.own_headers(user=alice, kind=Kind.PASSWORD_RESET) == {}


class TestReminders:
    NOW = datetime(2026, 11, 26, 19, 30, tzinfo=UTC)

    @pytest.fixture
    def due(self, alice):
        with tenant_scope(alice):
            start = self.NOW + timedelta(hours=1)
            made = factories.appointment(alice, start_datetime=start, end_datetime=start + timedelta(hours=1))
            made.reminder_minutes = [60]
            made.save()
            when = {"due_at": self.NOW, "next_at": self.NOW, "minutes": 60}
            return Reminder.objects.create(user=alice, kind="appointment", appointment=made, **when)

    def prefer(self, user: User, *names: str) -> None:
        with tenant_scope(user):
            preferences = Preferences.current(user)
            preferences.reminder_channels = list(names)
            preferences.save()

    def run(self) -> None:
        reminding.drain(clock=lambda: self.NOW)

    def test_its_letter_has_a_way_out_and_html(self, alice, due):
        self.prefer(alice, "email")
        self.run()
        [letter] = django_mail.outbox
        assert letter.extra_headers["Message-ID"].startswith(f"<reminder-{due.pk}@")
        assert re.fullmatch(r"<http\S+/mail/unsubscribe/\S+>", letter.extra_headers["List-Unsubscribe"])
        assert "<html" in letter.alternatives[0][0]
        assert not [name for name in letter.extra_headers if name.startswith("X-Recado")]

    def test_who_ended_them_is_reminded_by_the_next_channel(self, alice, due):
        self.prefer(alice, "email", "web")
        with tenant_scope(alice):
            factories.mailbox(alice, muted=["reminder"])
        self.run()
        with tenant_scope(alice):
            assert (Reminder.objects.get().status, Reminder.objects.get().channel) == ("sent", "web")
        assert django_mail.outbox == []

    def test_and_by_nobody_where_there_is_none_which_is_no_failure(self, alice, due):
        self.prefer(alice, "email")
        with tenant_scope(alice):
            factories.mailbox(alice, muted=["reminder"])
        self.run()
        with tenant_scope(alice):
            assert (Reminder.objects.get().status, Reminder.objects.get().detail) == ("dropped", "muted")
            assert not Notification.objects.exists()

    def test_a_digest_is_another_kind(self, alice, due):
        assert channels.kind_of(due) == Kind.REMINDER
        due.kind = Reminder.Kind.MORNING
        assert channels.kind_of(due) == Kind.DIGEST


class TestAPI:
    def test_everything_comes_at_first(self, alice, api):
        found = api(alice).get(URL).json()
        assert (found["address"], found["status"], found["failing"], found["goes_out"]) == (
            alice.email,
            "ok",
            None,
            True,
        )
        assert [(one["kind"], one["wanted"]) for one in found["kinds"]] == [
            *(("reminder", True), ("digest", True), ("alert", True), ("news", True))
        ]

    def test_each_kind_is_chosen_by_itself(self, alice, bob, api):
        client = api(alice)
        answer = client.patch(URL, {"kinds": {"digest": False, "news": False}})
        assert answer.status_code == 200
        answer = client.patch(URL, {"kinds": {"news": True}}).json()
        assert [one["kind"] for one in answer["kinds"] if not one["wanted"]] == ["digest"]
        assert (muted(alice), muted(bob)) == (["digest"], [])

    @pytest.mark.parametrize(
        "body", [{"kinds": {"password_reset": False}}, {"kinds": {"digest": "x"}}, {"kinds": []}, {"other": 1}]
    )
    def test_what_cannot_be_chosen_is_refused(self, alice, api, body):
        assert api(alice).patch(URL, body).status_code == 400
        assert muted(alice) == []

    def test_a_failing_address_is_shown_and_tried_again(self, alice, api):
        with tenant_scope(alice):
            since = datetime(2026, 11, 20, tzinfo=UTC)
            box = {"failing_address": alice.email, "failing_since": since, "failing_code": 550, "failing_reason": "no"}
            factories.mailbox(alice, **box)
        client = api(alice)
        found = client.get(URL).json()
        assert found["status"] == "failing"
        assert (found["failing"]["code"], found["failing"]["said"]) == (550, "no")
        answer = client.post(f"{URL}/test")
        assert (answer.status_code, answer.json()["status"]) == (202, "ok")
        assert [letter.subject for letter in letters(alice)] == ["Tu correo funciona"]

    def test_tests_are_not_for_writing_letters_all_day(self, alice, api, settings):
        settings.LIMITS = True
        client = api(alice)
        answers = [client.post(f"{URL}/test") for _ in range(6)]
        assert [answer.status_code for answer in answers] == [202] * 5 + [429]
        assert int(answers[-1]["Retry-After"]) > 0

    def test_who_has_no_address_is_told_so(self, alice, api):
        User.objects.filter(pk=alice.pk).update(email="")
        client = api(alice)
        assert client.get(URL).json()["status"] == "none"
        assert client.post(f"{URL}/test").status_code == 400

    def test_what_was_sent_is_listed_with_what_became_of_it_and_without_its_text(self, alice, bob, api):
        with tenant_scope(bob):
            factories.letter(bob)
        with tenant_scope(alice):
            factories.letter(alice, status="sent", sent_at=datetime.now(UTC))
            factories.letter(alice, status="failed", code=550, detail="5.7.1 no relay")
            factories.letter(alice, status="unknown", detail="no_answer")
        client = api(alice)
        found = client.get(f"{URL}/letters").json()
        assert found["count"] == 3
        unknown, failed, sent = found["results"]
        assert "no sabemos si llegó" in unknown["reason"]
        assert failed["reason"] == "El servidor dijo: 550 5.7.1 no relay"
        assert (sent["reason"], sent["label"]) == ("", "alertas")
        assert "text" not in sent
        assert client.get(f"{URL}/letters?status=failed").json()["count"] == 1
        assert client.get(f"{URL}/letters?status=x").status_code == 400

    def test_the_list_reads_no_text(self, alice, api, django_assert_max_num_queries):
        with tenant_scope(alice):
            factories.letter(alice)
            Letter.objects.update(status="sent")
        with django_assert_max_num_queries(12) as queries:
            api(alice).get(f"{URL}/letters")
        assert not any('"messaging_letter"."text"' in query["sql"] for query in queries)
