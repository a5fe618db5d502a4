"""Templates: fetched from Meta, shown with their variables, filled in, and stopped."""

from __future__ import annotations

import pytest

from messaging.models import Channel
from messaging.whatsapp import health
from messaging.whatsapp.origins import find_origin
from messaging.whatsapp.templates import (
    NoBusinessAccount,
    WrongVariables,
    fetch_templates,
    find_template,
    read_templates,
    stop_template,
)
from tenants.scope import tenant_scope
from tests.messaging.outgoing import NOW, connect, graph, template

__all__ = ["graph"]

pytestmark = pytest.mark.django_db
ACCOUNT = "77777"


@pytest.fixture
def channel(alice, graph) -> Channel:
    return connect(alice, graph, business_account_id=ACCOUNT)


def fetch(channel: Channel):
    with tenant_scope(channel.user):
        origin = find_origin(user=channel.user, channel_id=channel.pk, phone_number_id=channel.phone_number_id)
        found = fetch_templates(origin, now=NOW)
        channel.refresh_from_db()
        return found


def test_they_are_fetched_and_kept(graph, channel):
    graph.numbers["20001"].templates = [template(), template("otra", status="PENDING")]
    names = [(one.name, one.is_usable) for one in fetch(channel)]
    assert names == [("otra", False), ("recado_reminder", True)]
    assert channel.templates_fetched_at == NOW
    assert [one.name for one in read_templates(channel)] == ["otra", "recado_reminder"]


def test_without_a_business_account_there_is_nothing_to_ask(alice, graph):
    with pytest.raises(NoBusinessAccount):
        fetch(connect(alice, graph))


def test_variables_and_preview(channel):
    channel.templates = [
        template(
            components=[
                {"type": "HEADER", "format": "TEXT", "text": "Hola {{1}}"},
                {"type": "BODY", "text": "Tu cita es el {{1}} a las {{2}}. ¿Vienes, {{1}}?"},
                {"type": "FOOTER", "text": "Recado"},
            ]
        )
    ]
    (one,) = read_templates(channel)
    assert one.variables == ("1", "1", "2")
    assert one.preview() == "Hola {{1}}\n\nTu cita es el {{1}} a las {{2}}. ¿Vienes, {{1}}?\n\nRecado"
    assert (
        one.preview(["Ana", "lunes", "10:00"])
        == "Hola Ana\n\nTu cita es el lunes a las 10:00. ¿Vienes, lunes?\n\nRecado"
    )
    header, body = one.components(["Ana", "lunes", "10:00"])
    assert [p["text"] for p in header["parameters"]] == ["Ana"]
    assert [p["text"] for p in body["parameters"]] == ["lunes", "10:00"]
    with pytest.raises(WrongVariables):
        one.components(["Ana"])


def test_variables_with_names_are_named(channel):
    channel.templates = [template(components=[{"type": "BODY", "text": "Hola {{nombre}}"}])]
    (one,) = read_templates(channel)
    assert one.components(["Ana"]) == [
        {"type": "body", "parameters": [{"type": "text", "parameter_name": "nombre", "text": "Ana"}]}
    ]


@pytest.mark.parametrize(
    ("value", "said"), [("a\n\nb\t c     d", "a b c d"), ("  ", "-"), ("x" * 2000, "x" * 599 + "…"), ("{{1}}", "{{1}}")]
)
def test_values_are_as_meta_wants_them(channel, value, said):
    channel.templates = [template(components=[{"type": "BODY", "text": "{{1}}"}])]
    (one,) = read_templates(channel)
    assert one.components([value])[0]["parameters"][0]["text"] == said


def test_the_persons_language_comes_first(channel):
    channel.templates = [template(language=language) for language in ("en_US", "es", "es_CO")]

    def found(language: str) -> str:
        one = find_template(state=channel, name="recado_reminder", language=language)
        return one.language if one else ""

    assert [found(language) for language in ("es_CO", "es", "es_MX", "en", "pt")] == [
        "es_CO", "es", "es", "en_US", "en_US",
    ]  # fmt: skip
    assert find_template(state=channel, name="otra", language="es") is None


@pytest.mark.parametrize("fields", [{"status": "PAUSED"}, {"stopped": 132015}])
def test_one_that_is_not_approved_or_was_stopped_is_not_used(channel, fields):
    channel.templates = [template(**fields)]
    assert find_template(state=channel, name="recado_reminder", language="es") is None


def test_one_with_a_picture_is_not_used(channel):
    channel.templates = [template(components=[{"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "Hola"}])]
    assert find_template(state=channel, name="recado_reminder", language="es") is None


def test_what_was_stopped_stays_so_until_meta_says_something_else_of_it(graph, channel):
    graph.numbers["20001"].templates = [template()]
    fetch(channel)
    with tenant_scope(channel.user):
        stop_template(channel, name="recado_reminder", language="es", code=132015)
    assert [one.stopped for one in fetch(channel)] == [132015]
    graph.numbers["20001"].templates = [template(status="PAUSED")]
    assert [one.stopped for one in fetch(channel)] == [None]


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"name": 7, "components": "none"},
        {"name": "x", "components": [None, 7, {"type": None}, {"type": "BODY", "text": 7}]},
        {"name": "x", "components": [{"type": "BUTTONS", "buttons": "none"}, {"type": "BUTTONS", "buttons": [7]}]},
    ],
)
def test_odd_ones_do_no_harm(graph, channel, row):
    graph.numbers["20001"].templates = [row]
    (one,) = fetch(channel)
    assert not one.is_usable
    assert one.preview() == ""


def test_the_api_shows_them_and_has_meta_asked(alice, bob, graph, channel, api):
    mine, theirs = api(alice), api(bob)
    graph.numbers["20001"].templates = [template(), template("otra", status="REJECTED")]
    path = f"/api/user/channels/{channel.pk}/templates"
    assert mine.get(path).json() == {"fetched_at": None, "results": []}
    assert mine.post(f"{path}/refresh").status_code == 202
    with tenant_scope(alice):
        health.check_channel(user=alice, channel_id=channel.pk, now=NOW)
    found = mine.get(path).json()
    other, reminder = found["results"]
    assert (other["usable"], reminder["usable"], reminder["reason"]) == (False, True, "")
    assert other["reason"]
    assert (reminder["variables"], reminder["buttons"]) == (["1", "2"], ["Confirmar", "Cambiar", "Cancelar"])
    assert reminder["preview"] == "Te recuerdo: {{1}}. {{2}}"
    assert theirs.get(path).status_code == theirs.post(f"{path}/refresh").status_code == 404
