"""Those who wait: woken by notices, holding nothing meanwhile."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connection

from messaging import claims, streams
from messaging.api import show_message
from messaging.inbox_stream import InboxStream
from messaging.models import Message
from messaging.streams import EventStream, TooManyWaiting, switchboard
from tenants import sessions, suspensions
from tenants.accounts import change_password
from tenants.models import User
from tenants.scope import tenant_scope
from tests.messaging.conftest import FEW, connections_of, say, until
from tests.messaging.test_claims import claim_one, finish

pytestmark = pytest.mark.django_db(transaction=True)


class Reader:
    """Reads a stream on a thread of its own, as a web process does."""

    def __init__(self, user: User, message: Message, after: int = 0) -> None:
        self.stream = EventStream(user=user, message_id=message.pk, render=show_message, after=after)
        self.chunks: list[str] = []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        try:
            for chunk in self.stream:
                self.chunks.append(chunk)
        finally:
            connection.close()
            self.ended.set()

    @property
    def text(self) -> str:
        return "".join(self.chunks)


@pytest.fixture
def slow_heart(monkeypatch):
    """No look but after a notice: what arrives soon was announced."""
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 60.0)


def test_a_reader_hears_each_piece_as_it_is_written(alice, slow_heart):
    message = say(alice)
    reader = Reader(alice, message)
    turn = claim_one(alice)
    with tenant_scope(alice):
        for piece in ("Sí. ", "Tenemos una."):
            claims.add_text(turn=turn, text=piece)
            until(lambda piece=piece: f'"text": "{piece}"' in reader.text, seconds=30)
        claims.add_text(turn=turn, text="", reset=True)
        until(lambda: "event: reset" in reader.text, seconds=30)
    finish(turn, "Tenemos una.")
    assert reader.ended.wait(30)
    assert reader.chunks[-1].startswith("event: done")


def test_a_reader_who_comes_back_goes_on_where_it_was(alice):
    message = say(alice)
    turn = claim_one(alice)
    with tenant_scope(alice):
        for piece in ("Uno. ", "Dos."):
            claims.add_text(turn=turn, text=piece)
        first = message.deltas.order_by("pk").first().pk
    reader = Reader(alice, message, after=first)
    until(lambda: "Dos." in reader.text)
    assert "Uno." not in reader.text
    finish(turn, "Uno. Dos.")
    assert reader.ended.wait(30)


def test_waiting_readers_hold_no_connection(alice):
    message = say(alice)
    readers = [Reader(alice, message) for _ in range(100)]
    until(lambda: all(reader.chunks for reader in readers))
    until(lambda: connections_of() <= FEW)
    finish(claim_one(alice), "Hola.")
    for reader in readers:
        assert reader.ended.wait(30)
        assert reader.chunks[-1].startswith("event: done")


def test_a_lost_connection_of_the_listener_heals(alice, slow_heart):
    message = say(alice)
    reader = Reader(alice, message)
    until(lambda: connections_of("recado recado_streams"))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'recado recado_streams'"
        )
    finish(claim_one(alice), "Hola.")
    assert reader.ended.wait(8)
    assert reader.chunks[-1].startswith("event: done")


@pytest.mark.parametrize("how", ["deactivated", "password", "deleted"])
def test_who_may_read_no_more_reads_no_more(how, alice, slow_heart):
    message = say(alice)
    reader = Reader(alice, message)
    turn = claim_one(alice)
    until(lambda: reader.chunks)
    if how == "deactivated":
        User.objects.filter(pk=alice.pk).update(is_active=False)
    elif how == "password":
        change_password(user=User.objects.get(pk=alice.pk), password="otra-clave-larga-8")
    else:
        with tenant_scope(alice):
            message.conversation.delete()
    with tenant_scope(alice), connection.cursor() as cursor:
        if how == "password":
            claims.add_text(turn=turn, text="Secreto.")
        cursor.execute("SELECT pg_notify(%s, %s)", [claims.STREAMS_CHANNEL, str(message.pk)])
    assert reader.ended.wait(30)
    assert "Secreto" not in reader.text
    assert "done" not in reader.text


@pytest.mark.parametrize("how", ["suspended", "sessions", "password"])
def test_a_stream_ends_at_once_with_the_access_that_opened_it(how, alice, bob, slow_heart):
    hers, his = Reader(alice, say(alice)), Reader(bob, say(bob))
    inbox = InboxStream(user=alice, render=lambda ids: [])
    looking = threading.Thread(target=lambda: [*inbox, connection.close()], daemon=True)
    looking.start()
    until(lambda: len(hers.chunks) >= 2 and len(his.chunks) >= 2)
    match how:
        case "suspended":
            suspensions.suspend(actor=None, user=alice, reason="No pagó")
        case "sessions":
            sessions.end_all(user=User.objects.get(pk=alice.pk))
        case "password":
            change_password(user=User.objects.get(pk=alice.pk), password="otra-clave-larga-8")
    assert hers.ended.wait(30)
    looking.join(30)
    assert not looking.is_alive()
    assert "done" not in hers.text
    assert not his.ended.is_set()
    his.stream.close()


def test_anothers_message_ends_at_once_and_says_nothing(alice, bob, slow_heart):
    reader = Reader(bob, say(alice))
    assert reader.ended.wait(30)
    assert "event" not in reader.text


def test_a_stream_that_is_given_up_leaves_its_line(alice):
    message = say(alice)
    unread = EventStream(user=alice, message_id=message.pk, render=show_message)
    read = EventStream(user=alice, message_id=message.pk, render=show_message)
    reading = iter(read)
    assert next(reading).startswith("retry")
    assert switchboard.waiting == 2
    unread.close()
    read.close()
    assert switchboard.waiting == 0


def test_a_process_takes_only_as_many_as_it_has_threads_for(alice, monkeypatch):
    monkeypatch.setattr(streams, "MOST_WAITING", 1)
    message = say(alice)
    stream = EventStream(user=alice, message_id=message.pk, render=show_message)
    with pytest.raises(TooManyWaiting):
        EventStream(user=alice, message_id=message.pk, render=show_message)
    stream.close()


def test_one_tenants_streams_leave_room_for_the_others(alice, bob, monkeypatch):
    monkeypatch.setattr(streams, "MOST_OF_ONE", 1)
    hers, his = say(alice), say(bob)
    for _ in range(2):  # what was closed counts no more
        first = EventStream(user=alice, message_id=hers.pk, render=show_message)
        with pytest.raises(TooManyWaiting):
            EventStream(user=alice, message_id=hers.pk, render=show_message)
        EventStream(user=bob, message_id=his.pk, render=show_message).close()
        first.close()


def test_a_quiet_stream_beats(alice, monkeypatch):
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr(streams, "STREAM_SECONDS", 2.0)
    began = time.monotonic()
    reader = Reader(alice, say(alice))
    assert reader.ended.wait(30)
    assert time.monotonic() - began >= 2.0
    assert reader.text.count(streams.HEARTBEAT) >= 5
