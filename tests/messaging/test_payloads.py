"""Every shape of Meta's, and everything else: what is understood of it, and that nothing is lost or raises."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from messaging.models import InboundUpdate, Message
from messaging.whatsapp import payloads
from messaging.whatsapp.payloads import Reaction, Unreadable, read, read_message, split
from tests.messaging.bodies import ACCOUNT, NUMBER, message, status, value, wrap, written

SHAPES: dict[str, Any] = json.loads((Path(__file__).parent / "data" / "webhook_shapes.json").read_text())
Kind = Message.Kind

# Each message's kind, and parts of what is read out of it.
MESSAGES: dict[str, tuple[Message.Kind, dict[str, Any]]] = {
    "text": (Kind.TEXT, {"text": "¿Tienen laptops de 16 GB? 💻", "profile_name": "Ana Pérez"}),
    "text_quoting": (Kind.TEXT, {"quoted_wamid": "wamid.HBgMQUOTED"}),
    "text_about_a_product": (Kind.TEXT, {"referred_product": "MART-16"}),
    "text_from_an_ad": (Kind.TEXT, {"text": "Hola"}),
    "text_forwarded": (Kind.TEXT, {"quoted_wamid": ""}),
    "button_reply": (Kind.CHOICE, {"choice_id": "yes:41", "text": "Sí", "quoted_wamid": "wamid.ASKED"}),
    "list_reply": (Kind.CHOICE, {"choice_id": "product:12", "text": "Martillo 16 oz"}),
    "flow_reply": (Kind.UNSUPPORTED, {"text": "Sent"}),
    "interactive_without_body": (Kind.UNSUPPORTED, {"text": ""}),
    "template_button": (Kind.CHOICE, {"choice_id": "reminder-confirm:7", "text": "Confirmar"}),
    "voice_note": (Kind.AUDIO, {"text": ""}),
    "audio": (Kind.AUDIO, {}),
    "image": (Kind.IMAGE, {"text": "¿Tienen este?"}),
    "video": (Kind.VIDEO, {}),
    "document": (Kind.DOCUMENT, {"text": "La cotización"}),
    "sticker": (Kind.STICKER, {}),
    "location": (Kind.LOCATION, {"text": "Plaza de Bolívar, Cra. 7 #11-10, Bogotá"}),
    "contacts": (Kind.CONTACTS, {"text": "Luis Gómez +57 300 765 4321"}),
    "reaction": (Kind.UNSUPPORTED, {"reaction": Reaction("wamid.HBgMREACTED", "👍")}),
    "reaction_taken_back": (Kind.UNSUPPORTED, {"reaction": Reaction("wamid.HBgMREACTED", "")}),
    "order": (Kind.ORDER, {"text": "Para hoy"}),
    "number_changed": (Kind.UNSUPPORTED, {"sender_wa_id": "573001234567"}),
    "hidden_id_changed": (Kind.UNSUPPORTED, {"sender_bsuid": "CO.10471234567890"}),
    "unsupported": (Kind.UNSUPPORTED, {"error_codes": (131051,)}),
    "unknown_type": (Kind.UNSUPPORTED, {"type": "hologram"}),
    "text_of_a_hidden_number": (Kind.TEXT, {"sender_wa_id": "", "sender_bsuid": "CO.10471234567890"}),
    "text_known_by_its_contact": (Kind.TEXT, {"sender_bsuid": "US.ENT.10471234567890"}),
    "text_of_a_number_spelt_twice": (Kind.TEXT, {"sender_wa_id": "525512345678", "profile_name": "Ana"}),
    "text_of_nobody": (Kind.TEXT, {"sender_wa_id": "", "sender_bsuid": ""}),
}
STATUSES = {"sent", "delivered", "read", "failed", "delivered_to_a_hidden_number"}
TEMPLATES = {"template_paused", "template_quality", "template_category"}
ACCOUNTS = {
    "number_quality",
    "number_name",
    "account_banned",
    "account_alert",
    "account_review",
    "capability",
    "payment_configuration",
    "security",
}
KEPT_ONLY = {"history", "user_preferences", "flows"}  # nobody has a use for them


def stored(update: payloads.Update) -> InboundUpdate:
    """As it comes back from the table."""
    return InboundUpdate(kind=update.kind, data=memoryview(update.data))


def only(body: Any) -> payloads.Update:
    (update,) = split(written(body))
    return update


def test_every_shape_is_spoken_of_here():
    assert set(SHAPES) == set(MESSAGES) | STATUSES | TEMPLATES | ACCOUNTS | KEPT_ONLY | {"errors_of_the_number", "echo"}


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_a_shape_has_its_kind(name):
    update = only(SHAPES[name])
    kind = (
        "message"
        if name in MESSAGES
        else "status"
        if name in STATUSES
        else "template"
        if name in TEMPLATES
        else "account"
        if name in ACCOUNTS
        else {"errors_of_the_number": "fault", "echo": "echo"}.get(name, "other")
    )
    assert (update.kind, update.business_account_id) == (kind, ACCOUNT)
    assert update.understood is (name not in KEPT_ONLY | {"text_of_nobody"})
    assert update.phone_number_id == (NUMBER if "metadata" in SHAPES[name]["entry"][0]["changes"][0]["value"] else "")


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_a_message_is_read(name):
    around, item = read(stored(only(SHAPES[name])))
    incoming = read_message(item, around)
    kind, parts = MESSAGES[name]
    assert incoming.kind == kind
    assert {part: getattr(incoming, part) for part in parts} == parts
    assert incoming.wamid == item["id"]
    assert incoming.sent_at is not None
    assert incoming.sent_at.isoformat() == "2025-11-23T00:00:00+00:00"


def test_what_hangs_on_a_message_is_read():
    def incoming(name: str) -> payloads.Incoming:
        update = only(SHAPES[name])
        return read_message(update.item, update.value)

    voice, document, place = incoming("voice_note").media, incoming("document").media, incoming("location").location
    assert (voice.id, voice.mime_type, voice.is_voice) == ("1908647269898587", "audio/ogg; codecs=opus", True)
    assert (document.filename, document.caption) == ("cotizacion.pdf", "La cotización")
    assert (place.latitude, place.longitude) == (4.60971, -74.08175)
    order = incoming("order").order
    assert [(line.retailer_id, line.quantity, line.item_price) for line in order.lines] == [
        ("MART-16", 2, "1"),
        ("SIERRA", 1, "250000.5"),
    ]
    assert incoming("number_changed").system.wa_id == "573007654321"
    assert incoming("hidden_id_changed").system.bsuid == "CO.10479999999999"


def test_an_echo_is_the_customers_conversation():
    update = only(SHAPES["echo"])
    incoming = read_message(update.item, update.value)
    assert (update.sender, update.key) == ("573001234567", "wamid.ECHO")
    assert (incoming.text, incoming.recipient_wa_id) == ("Claro, te lo aparto", "573001234567")


def test_news_of_a_template_say_whose_they_are():
    update = only(SHAPES["template_paused"])
    assert update.value["event"] == "PAUSED"
    assert update.item == {
        "field": "message_template_status_update",
        "business_account_id": ACCOUNT,
        "time": "1763856000",
    }


def test_every_update_of_every_number_is_found():
    body = {
        "object": "whatsapp_business_account",
        "entry": [
            *wrap(value(message(wamid="a"), message(wamid="b")), value(message(wamid="c"), number="22222"))["entry"],
            *wrap(value(statuses=[status("d"), status("d", "read")]), account="33333")["entry"],
        ],
    }
    found = split(written(body))
    assert [(update.key, update.phone_number_id) for update in found] == [
        ("a", NUMBER),
        ("b", NUMBER),
        ("c", "22222"),
        ("d:sent", NUMBER),
        ("d:read", NUMBER),
    ]


def test_messages_statuses_and_errors_of_one_change_are_each_found():
    update = value(message(), statuses=[status("x")], errors=[{"code": 1}])
    assert [one.kind for one in split(written(wrap(update)))] == ["message", "status", "fault"]


def test_only_the_senders_contact_goes_with_a_message():
    crowd = [message(wamid=f"w{n}", sender=f"5730000{n:05}") for n in range(1000)]
    found = split(written(wrap(value(*crowd))))
    assert [update.value["contacts"][0]["wa_id"] for update in found] == [one["from"] for one in crowd]
    assert sum(len(update.data) for update in found) < 600_000


def test_what_is_around_does_not_multiply():
    around = value(*[message(wamid=f"w{n}") for n in range(1000)], padding="x" * 100_000)
    around["metadata"]["display_phone_number"] = "9" * 100_000
    around["contacts"][0]["profile"]["name"] = "ñ" * 100_000
    assert sum(len(update.data) for update in split(written(wrap(around)))) < 3_000_000


def test_a_failed_status_is_told_from_another_by_its_code():
    one = only(SHAPES["failed"])
    assert one.key.endswith(":failed:131047")
    other = copy.deepcopy(SHAPES["failed"])
    other["entry"][0]["changes"][0]["value"]["statuses"][0]["errors"][0]["code"] = 131026
    assert only(other).key != one.key


@pytest.mark.parametrize(
    "wrong", [None, 7, True, "", " ", "x" * 5000, "a\x00b", "\ud800", "ñandú", {"a": 1}, ["wamid.A"]], ids=repr
)
def test_a_message_without_a_usable_id_has_a_key_of_what_it_says(wrong):
    one, same = (only(wrap(value(message() | {"id": wrong}))) for _ in range(2))
    other = only(wrap(value(message("otra cosa") | {"id": wrong})))
    assert one.key == same.key != other.key
    assert one.key.startswith("sha256:")
    assert read_message(one.item, one.value).wamid == ""


def test_what_cannot_be_stored_as_text_is_replaced():
    update = only(wrap(value(message("a\x00b\ud800c") | {"x\x00": ["\udfff"]})))
    around, item = read(stored(update))
    assert (item["text"]["body"], item["x�"]) == ("a�b�c", ["�"])
    assert read_message(item, around).text == "a�b�c"
    assert "😀" in read(stored(only(wrap(value(message("😀"))))))[1]["text"]["body"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"1e999",
        b"{}",
        b'{"entry": {}}',
        b'{"entry": []}',
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b"\xff\xfe\x00",
        b"\x00",
        "{«",
        b'{"entry": ' + b"9" * 10_000 + b"}",
        b'{"entry": [' + b"1," * 20_000 + b"1]}",
    ],
    ids=lambda body: str(body[:20]),
)
def test_a_body_that_cannot_be_taken_apart_says_so(body):
    with pytest.raises(Unreadable):
        split(body.encode() if isinstance(body, str) else body)


def test_what_is_nested_too_deep_is_kept_as_not_understood():
    deep: Any = "x"
    for _ in range(200):
        deep = [deep]
    found = split(written(wrap(value(message(), message(wamid="b") | {"deep": deep}, deep))))
    assert [(update.kind, update.understood) for update in found] == [
        ("message", True),
        ("other", False),
        ("other", False),
    ]
    assert len({update.key for update in found}) == 3
    assert (
        found[1].data
        == b'{"value":{"metadata":{"phone_number_id":"%s","display_phone_number":"573009999999"}},"item":{"said":null}}'
        % NUMBER.encode()
    )


WRONG = [None, True, 0, -1, 1.5, 10**400, "", "x", "\x00", "\ud800", "9" * 5000, [], [None], [[]], {}, {"a": 1}]


def paths(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value in ``node``, itself included."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(found for name, one in inner for found in paths(one, (*path, name)))]


def replaced(node: Any, path: tuple[Any, ...], with_what: Any) -> Any:
    if not path:
        return with_what
    made = copy.copy(node)
    made[path[0]] = replaced(node[path[0]], path[1:], with_what)
    return made


def check(body: bytes) -> None:
    """Whatever is in it: taken apart or refused by name, and what is stored can be read and is storable."""
    try:
        found = split(body)
    except Unreadable:
        return
    assert found, "a body that is taken apart says something"
    for update in found:
        assert 0 < len(update.key) <= 300
        assert len(update.phone_number_id) <= 32
        assert len(update.sender) <= 160
        for text in (update.key, update.phone_number_id, update.sender):
            assert "\x00" not in text
            text.encode()
        around, item = read(stored(update))
        json.dumps([around, item], ensure_ascii=False, allow_nan=False).encode()
        incoming = read_message(item, around)
        repr(incoming).encode()
        assert "\x00" not in incoming.text + incoming.profile_name + incoming.choice_id
        assert incoming == read_message(item, around)
    assert [update.key for update in split(body)] == [update.key for update in found]


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_a_wrong_type_in_any_field_raises_nothing(name):
    for path in paths(SHAPES[name]):
        for wrong in WRONG:
            check(written(replaced(SHAPES[name], path, wrong)))


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()))
    | st.sampled_from(["messages", "text", "image", "order", "system", "interactive", "wamid.A", NUMBER]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=8)
            | st.sampled_from(
                ["entry", "changes", "value", "messages", "statuses", "errors", "metadata", "type", "id"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_shape_with_anything_anywhere_raises_nothing(data):
    shape = SHAPES[data.draw(st.sampled_from(sorted(SHAPES)))]
    for _ in range(data.draw(st.integers(1, 3))):
        shape = replaced(shape, data.draw(st.sampled_from(paths(shape))), data.draw(anything))
    check(written(shape))
