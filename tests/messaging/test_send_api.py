"""Writing to somebody by the API, and looking what became of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from messaging.models import Channel, Conversation, Delivery, Message, SharedNumber
from tenants.models import Contact
from tenants.scope import tenant_scope
from tests import factories
from tests.messaging.outgoing import PHONE, connect, drain, graph, look, meet, put, template
from tests.messaging.test_statuses import say
from tests.standins.graph_server import PHONE_NUMBER_ID

__all__ = ["graph"]

pytestmark = pytest.mark.django_db

SEND = "/api/whatsapp/send"
WISH = {"name": "recado_reminder", "language": "es", "variables": ["tu cita", "mañana a las 10"]}


@pytest.fixture
def channel(alice, graph) -> Channel:
    return connect(alice, graph, templates=[template()])


def now():
    return timezone.now()


def newest(user) -> Delivery:
    with tenant_scope(user):
        return Delivery.objects.select_related("contact", "message").order_by("-pk").first()


def test_a_text_goes_into_the_outbox_and_out(alice, graph, channel, api):
    talk = meet(alice, channel=channel, wrote_at=now())
    answer = api(alice).post(SEND, {"to": "+57 300 123 4567", "text": "Ya llegó tu pedido."}, format="json")
    assert answer.status_code == 202
    one = newest(alice)
    assert answer.json() == {"delivery_id": one.pk, "status": "queued"}
    assert (one.kind, one.contact_id, one.recipient) == ("send", talk.contact_id, PHONE)
    assert drain(now=now()) == {"sent": 1}
    assert graph.sent[0].text == "Ya llegó tu pedido."
    with tenant_scope(alice):
        (message,) = Message.objects.filter(conversation=talk)
    assert (message.role, message.content, one.message_id) == ("owner", "Ya llegó tu pedido.", message.pk)


def test_a_template_goes_to_somebody_who_never_wrote(alice, graph, channel, api):
    answer = api(alice).post(SEND, {"to": "573009876543", "template": WISH}, format="json")
    assert answer.status_code == 202
    assert drain(now=now()) == {"sent": 1}
    assert graph.sent[0].payload["template"]["name"] == "recado_reminder"
    assert newest(alice).text == "Te recuerdo: tu cita. mañana a las 10"
    with tenant_scope(alice):
        assert Contact.objects.get().phone == "+573009876543"
        assert Conversation.objects.get().window_until is None


def test_with_both_the_window_decides(alice, graph, channel, api):
    meet(alice, channel=channel, wrote_at=now())
    meet(alice, "573009999999", channel=channel, wrote_at=now() - timedelta(days=3))
    for phone in (PHONE, "573009999999"):
        assert api(alice).post(SEND, {"to": phone, "text": "Hola", "template": WISH}, format="json").status_code == 202
    drain(now=now())
    assert {sent.recipient: sent.payload["type"] for sent in graph.sent} == {PHONE: "text", "573009999999": "template"}


@pytest.mark.parametrize("language", ["es", "en", "pt"])
def test_a_closed_window_is_said_in_plain_words(alice, graph, channel, api, language):
    alice.language = language
    alice.save()
    meet(alice, channel=channel, wrote_at=now() - timedelta(days=2))
    answer = api(alice).post(SEND, {"to": PHONE, "text": "Hola"}, format="json")
    assert answer.status_code == 409
    assert "24" in answer.json()["detail"]
    assert newest(alice) is None


def test_who_opted_out_is_not_written_to(alice, graph, channel, api):
    meet(alice, channel=channel, wrote_at=now(), opted_out_at=now())
    answer = api(alice).post(SEND, {"to": PHONE, "text": "Hola", "template": WISH}, format="json")
    assert (answer.status_code, newest(alice)) == (409, None)
    assert "no quiere recibir mensajes" in answer.json()["detail"]


def test_without_a_number_it_says_so(alice, api, settings):
    settings.WHATSAPP = settings.WHATSAPP | {"PHONE_NUMBER_ID": ""}
    answer = api(alice).post(SEND, {"to": PHONE, "text": "Hola"}, format="json")
    assert answer.status_code == 409
    assert "Conecta tu número" in answer.json()["detail"]


def test_on_the_shared_number_only_to_who_has_written_to_this_tenant(alice, bob, graph, api):
    shared = SharedNumber.current()
    shared.templates = [template()]
    shared.save()
    meet(bob, wrote_at=now())
    for body in ({"text": "Hola"}, {"template": WISH}):
        answer = api(alice).post(SEND, {"to": PHONE, **body}, format="json")
        assert answer.status_code == 409
        assert "número compartido" in answer.json()["detail"]
    with tenant_scope(alice):
        assert not Contact.objects.exists()
    meet(alice, wrote_at=now() - timedelta(days=2))
    assert api(alice).post(SEND, {"to": PHONE, "template": WISH}, format="json").status_code == 202
    assert drain(now=now()) == {"sent": 1}
    assert graph.sent[0].phone_number_id == PHONE_NUMBER_ID


def test_it_goes_out_from_the_number_to_which_the_person_wrote(alice, graph, channel, api):
    other = connect(alice, graph, "20002")
    talk = meet(alice, channel=other, wrote_at=now())
    assert api(alice).post(SEND, {"to": PHONE, "text": "Hola"}, format="json").status_code == 202
    assert newest(alice).channel_id == other.pk
    chosen = {"to": PHONE, "text": "Hola", "template": WISH, "channel": channel.pk}
    assert api(alice).post(SEND, chosen, format="json").status_code == 202
    assert newest(alice).channel_id == channel.pk
    assert newest(alice).message.conversation_id != talk.pk


def test_to_the_owners_own_phone(alice, graph, channel, api):
    with tenant_scope(alice):
        factories.phone_link(alice, wa_id=PHONE, phone_key=PHONE, last_seen_at=now())
    assert api(alice).post(SEND, {"to": PHONE, "text": "Hola"}, format="json").status_code == 202
    assert drain(now=now()) == {"sent": 1}
    with tenant_scope(alice):
        assert not Contact.objects.exists()


def test_to_somebody_who_hides_the_number(alice, graph, channel, api):
    meet(alice, "", channel=channel, wrote_at=now(), bsuid="CO.104712")
    assert api(alice).post(SEND, {"to": "CO.104712", "text": "Hola"}, format="json").status_code == 202
    drain(now=now())
    assert graph.sent[0].is_bsuid


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "to"),
        ({"to": PHONE}, "text"),
        ({"to": PHONE, "text": "   "}, "text"),
        ({"to": PHONE, "text": "x" * 4097}, "text"),
        ({"to": PHONE, "text": "😀" * 2049}, "text"),
        ({"to": "no soy un teléfono", "text": "Hola"}, "to"),
        ({"to": "CO.000", "text": "Hola"}, "to"),
        ({"to": PHONE, "text": 7}, "text"),
        ({"to": PHONE, "template": {"name": "otra"}}, "template"),
        ({"to": PHONE, "template": {**WISH, "language": "pt"}}, "template"),
        ({"to": PHONE, "template": {**WISH, "variables": ["una"]}}, "template"),
        ({"to": PHONE, "template": {}}, "template"),
        ({"to": PHONE, "text": "Hola", "channel": 999_999}, "channel"),
        ({"to": PHONE, "text": "Hola", "user": 1}, "user"),
    ],
)
def test_what_is_wrong_is_named(alice, graph, channel, api, body, field):
    meet(alice, channel=channel, wrote_at=now())
    answer = api(alice).post(SEND, body, format="json")
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert newest(alice) is None


def test_another_tenants_number_and_people_are_nobodys(alice, bob, graph, channel, api):
    meet(alice, channel=channel, wrote_at=now())
    body = {"to": PHONE, "text": "Hola", "channel": channel.pk}
    assert api(bob).post(SEND, body, format="json").status_code == 400
    assert api(bob).post(SEND, {"to": PHONE, "text": "Hola"}, format="json").status_code == 409


def test_there_is_a_limit(alice, graph, channel, api, settings, monkeypatch):
    settings.LIMITS = True
    meet(alice, channel=channel, wrote_at=now())
    monkeypatch.setattr(
        "messaging.sends.SENDS_BY_TENANT", type(sends_limit())("whatsapp-sends", 1, timedelta(minutes=1))
    )
    codes = [api(alice).post(SEND, {"to": PHONE, "text": "Hola"}, format="json").status_code for _ in range(2)]
    assert codes == [202, 429]


def sends_limit():
    from messaging.sends import SENDS_BY_TENANT

    return SENDS_BY_TENANT


# --- what became of it ----------------------------------------------------------------------------------------------
def test_it_shows_how_far_it_came(alice, graph, channel, api):
    one = put(meet(alice, channel=channel, wrote_at=now()), "Hola", kind="send", now=now())
    path = f"/api/user/deliveries/{one.pk}"
    found = api(alice).get(path).json()
    assert (found["status"], found["sent_at"], found["error"]) == ("queued", None, None)
    drain(now=now())
    say("read", one, at=now(), pricing={"billable": True, "category": "service", "type": "regular"})
    found = api(alice).get(path).json()
    assert (found["status"], found["to"], found["text"], found["is_billable"]) == ("read", PHONE, "Hola", True)
    assert found["read_at"]
    assert found["sent_at"]


def test_it_says_why_it_failed_and_what_to_do(alice, graph, channel, api):
    graph.refuse(131026)
    one = put(meet(alice, channel=channel, wrote_at=now()), now=now())
    drain(now=now())
    found = api(alice).get(f"/api/user/deliveries/{one.pk}").json()
    assert found["status"] == "failed"
    assert found["failed_at"]
    assert found["error"] == {
        "code": 131026,
        "text": "WhatsApp no puede entregar mensajes a este número.",
        "remedy": "Comprueba que el número use WhatsApp, o escríbele por otro medio.",
    }


def test_it_says_when_nobody_knows(alice, graph, channel, api):
    graph.drop_after()
    one = put(meet(alice, channel=channel, wrote_at=now()), now=now())
    drain(now=now())
    found = api(alice).get(f"/api/user/deliveries/{one.pk}").json()
    assert (found["status"], found["sent_at"]) == ("unknown", None)
    assert "no sabemos si llegó" in found["error"]["text"]


def test_the_list_is_filtered_and_paged(alice, bob, graph, api):
    ana, luz = meet(alice), meet(alice, "573009999999")
    for n in range(3):
        put(ana, str(n), now=now() - timedelta(days=n))
    failed = put(luz, now=now() - timedelta(days=9), kind="notice")
    with tenant_scope(alice):
        Delivery.objects.filter(pk=failed.pk).update(status="failed")
    put(meet(bob))
    client = api(alice)

    def found(query: str) -> list[str]:
        answer = client.get(f"/api/user/deliveries?{query}")
        assert answer.status_code == 200, answer.content
        return [one["text"] for one in answer.json()["results"]]

    assert found("") == ["Hola", "2", "1", "0"]
    assert found("status=failed") == found("kind=notice") == found(f"contact={luz.contact_id}") == ["Hola"]
    day = (now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert found(f"from={day}") == ["1", "0"] or found(f"from={day}") == ["0"]
    assert found("to=2020-01-01") == []
    page = client.get("/api/user/deliveries?page_size=3").json()
    assert (page["count"], len(page["results"]), bool(page["next"])) == (4, 3, True)
    assert client.get("/api/user/deliveries?status=none").status_code == 400
    assert look(failed).status == "failed"
