"""Files that come with messages: fetched once, checked by their bytes, seen and heard where that is possible."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from assistants.configuration import Configuration
from assistants.providers import provider_for
from assistants.providers.base import ChatMessage, Image
from messaging import filetypes, media
from messaging.filetypes import read_type
from messaging.models import Attachment, Channel, Conversation, Message
from tenants.models import User
from tenants.scope import tenant_scope
from tests.messaging.arrivals import answer_all, arrive, connect, conversation, message, quiet_is_over, said, sent
from tests.messaging.outgoing import graph  # noqa: F401
from tests.standins.anthropic_server import AnthropicServer
from tests.standins.graph_server import GraphServer
from tests.standins.openai_server import OpenAIServer
from tests.standins.script import Fail, Say

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64
OGG = b"OggS" + b"0" * 64


def office(folder: str, **more: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in {"[Content_Types].xml": b"x", f"{folder}a.xml": b"x", **more}.items():
            archive.writestr(name, content)
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "claimed", "found"),
    [
        (b"\xff\xd8\xff\xe0" + b"0" * 9, "text/html", "image/jpeg"),
        (PNG, "", "image/png"),
        (b"RIFF1234WEBPVP8 ", "", "image/webp"),
        (b"RIFF1234WAVEfmt ", "", ""),
        (OGG, "image/png", "audio/ogg"),
        (b"#!AMR\n000", "", "audio/amr"),
        (b"0000ftypM4A 0000", "", "audio/mp4"),
        (b"0000ftypqt  0000", "", ""),
        (b"ID3" + b"0" * 9, "", "audio/mpeg"),
        (b"\xff\xfb\x90\x00", "", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", "", "audio/aac"),
        (b"%PDF-1.7\n", "", "application/pdf"),
        (office("word/"), "", filetypes.OFFICE["word/"]),
        (office("xl/"), "text/plain", filetypes.OFFICE["xl/"]),
        (office("xl/", **{"xl/vbaProject.bin": b"x"}), "", ""),
        (office("other/"), "", ""),
        (b"PK\x03\x04 broken", "", ""),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/vnd.ms-excel", "application/vnd.ms-excel"),
        (b"hola, mundo", "text/html", "text/plain"),
        (b"a;b\n1;2", "text/csv; charset=utf-8", "text/csv"),
        (b"MZ\x90\x00\x03\x00\x00\x00", "application/pdf", ""),
        (b"", "text/plain", ""),
    ],
)
def test_what_a_file_is_is_read_in_its_bytes(content, claimed, found):
    assert read_type(content, claimed=claimed) == found


@pytest.fixture
def number(alice: User, bob: User, graph: GraphServer, settings: Any) -> Channel:  # noqa: F811
    settings.LLM_PROVIDER = "builtin"
    made = connect(alice)
    graph.add_number(phone_number_id=made.phone_number_id, token=made.token)
    return made


def send(graph: GraphServer, number: Channel, content: bytes, kind: str, mime_type: str, **more: Any) -> Attachment:  # noqa: F811
    """A file that somebody sends; not fetched yet."""
    media_id = graph.add_media(content, mime_type=mime_type, phone_number_id=number.phone_number_id)
    arrive(number, message({"id": media_id, "mime_type": mime_type, **more}, kind=kind))
    with tenant_scope(number.user):
        return Attachment.objects.select_related("message").order_by("-pk").first()


def fetch(attachment: Attachment) -> Attachment:
    media.fetch(user=attachment.user, attachment_id=attachment.pk)
    with tenant_scope(attachment.user):
        return Attachment.objects.select_related("message").get(pk=attachment.pk)


def test_a_picture_is_fetched_once_and_the_turn_waits_for_it(alice, number, graph):  # noqa: F811
    coming = send(graph, number, PNG, "image", "image/png", caption="¿Tienen esta?")
    talk = conversation(alice)
    assert talk.quiet_until > timezone.now() + timedelta(seconds=15)
    stored = fetch(coming)
    assert (stored.status, bytes(stored.content), stored.mime_type, stored.size) == ("stored", PNG, "image/png", 72)
    assert conversation(alice).quiet_until <= timezone.now()
    assert stored.message.content == "¿Tienen esta?"
    assert media.fetch(user=alice, attachment_id=stored.pk) == "nothing to fetch"


def test_with_two_files_it_waits_for_both(alice, number, graph):  # noqa: F811
    first, second = (send(graph, number, PNG, "image", "image/png") for _ in range(2))
    fetch(first)
    assert conversation(alice).quiet_until > timezone.now()
    fetch(second)
    assert conversation(alice).quiet_until <= timezone.now()


@pytest.mark.parametrize(
    ("content", "kind", "mime_type", "detail"),
    [
        (b"MZ\x90\x00" * 9, "document", "application/pdf", "type"),
        (PNG, "audio", "audio/ogg", "type"),
        (PNG + b"0" * 6 * 2**20, "image", "image/png", "too_large"),
    ],
)
def test_what_is_too_large_or_something_else_is_refused(alice, number, graph, content, kind, mime_type, detail):  # noqa: F811
    refused = fetch(send(graph, number, content, kind, mime_type))
    assert (refused.status, refused.detail, refused.content) == ("refused", detail, None)


def test_a_video_is_not_fetched(alice, number, graph):  # noqa: F811
    coming = send(graph, number, b"0000ftypmp42", "video", "video/mp4")
    assert (coming.status, coming.detail) == ("refused", "type")


def test_what_cannot_be_fetched_is_tried_again_and_given_up(alice, number, graph):  # noqa: F811
    coming = send(graph, number, PNG, "image", "image/png")
    graph.media.clear()
    for _ in range(media.MAX_ATTEMPTS):
        left = fetch(coming)
    assert (left.status, left.detail, left.attempts) == ("failed", "no_answer", 3)


def test_a_file_that_nobody_fetched_is_asked_for_again(alice, number, graph):  # noqa: F811
    coming = send(graph, number, PNG, "image", "image/png")
    assert media.sweep(now=timezone.now()) == 0
    assert media.sweep(now=timezone.now() + timedelta(minutes=3)) == 1
    with tenant_scope(alice):
        Attachment.objects.update(attempts=3)
    media.sweep(now=timezone.now() + timedelta(minutes=9))
    with tenant_scope(alice):
        assert Attachment.objects.get(pk=coming.pk).status == "failed"


def test_without_a_model_that_sees_or_hears_it_says_so_kindly(alice, number, graph):  # noqa: F811
    fetch(send(graph, number, PNG, "image", "image/png"))
    answer_all()
    fetch(send(graph, number, OGG, "audio", "audio/ogg", voice=True))
    answer_all()
    first, second = sent(alice)
    assert "no puedo verla" in first
    assert "audios" in second


@pytest.fixture
def model(settings: Any):
    with OpenAIServer() as server:
        settings.LLM_PROVIDER, settings.LLM_MODEL = "openai", "stand-in"
        settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "sk-planted", server.url
        yield server


def test_a_picture_goes_to_a_model_that_sees(alice, number, graph, model):  # noqa: F811
    model.script(Say("Es una sierra."), Say("De nada."))
    fetch(send(graph, number, PNG, "image", "image/png", caption="¿Qué es?"))
    answer_all()
    shown, text = model.requests[0].body["messages"][-1]["content"]
    assert shown["image_url"]["url"].startswith("data:image/png;base64,iVBOR")
    assert text["text"].startswith("¿Qué es?")
    assert sent(alice) == ["Es una sierra."]


def test_a_model_that_refuses_pictures_is_made_good_for(alice, number, graph, model):  # noqa: F811
    model.script(Fail(400, "invalid_request_error"))
    fetch(send(graph, number, PNG, "image", "image/png"))
    answer_all()
    assert "no puedo verla" in sent(alice)[0]


def test_anthropic_gets_the_picture_before_the_words():
    with AnthropicServer() as server:
        server.script(Say("Una sierra."))
        provider = provider_for(Configuration("anthropic", "m", "sk-x", server.url))
        said = ChatMessage("user", "¿Qué es?", images=(Image("image/png", PNG),))
        provider.generate(system=[], messages=[said], tools=[], max_tokens=9)
        picture, words = server.requests[0].body["messages"][0]["content"]
    assert picture["source"]["media_type"] == "image/png"
    assert words["text"] == "¿Qué es?"


def test_a_voice_note_is_heard_and_answered_as_what_it_says(alice, number, graph, model):  # noqa: F811
    model.transcript = "¿Tienen sierras?"
    model.script(Say("Sí."))
    heard = fetch(send(graph, number, OGG, "audio", "audio/ogg", voice=True))
    assert (heard.transcript, heard.message.content) == ("¿Tienen sierras?", "¿Tienen sierras?")
    (request,) = model.heard
    assert b"whisper-1" in request
    assert OGG in request
    answer_all()
    assert "¿Tienen sierras?" in json.dumps(model.requests[0].body["messages"][-1], ensure_ascii=False)
    assert said(alice)[0][1] == "¿Tienen sierras?"


def test_a_voice_note_that_cannot_be_heard_is_answered_kindly(alice, number, graph, model):  # noqa: F811
    model.transcript = None
    fetch(send(graph, number, OGG, "audio", "audio/ogg", voice=True))
    answer_all()
    assert "audios" in sent(alice)[0]


def test_the_turn_does_not_wait_for_ever(alice, number, graph):  # noqa: F811
    send(graph, number, PNG, "image", "image/png", caption="¿Tienen martillos?")
    quiet_is_over(alice)  # twenty seconds later
    answer_all()
    assert len(sent(alice)) == 1


def test_files_belong_to_their_tenant(alice, bob, number, graph):  # noqa: F811
    fetch(send(graph, number, PNG, "image", "image/png"))
    with tenant_scope(bob):
        assert not Attachment.objects.exists()
        assert not Message.objects.exists()
        assert not Conversation.objects.exists()
