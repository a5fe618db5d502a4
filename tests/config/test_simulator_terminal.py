"""The chat in a terminal: what is typed goes out as from a phone, what comes back is printed with its choices."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from django.core.management import call_command
from django.core.management.base import CommandError

from config.simulator import phones, terminal
from config.simulator.graph import GraphServer
from config.simulator.terminal import Chat, converse, recite

PHONE = "999000000001001"


class Shop(GraphServer):
    """A stand-in behind which somebody answers: ``answers`` are what is sent back, one to each message."""

    def __init__(self) -> None:
        super().__init__(control_token="control", statuses=("sent", "delivered"))
        self.answers: list[dict[str, Any]] = []

    def say(self, *arguments: Any, **options: Any) -> Any:
        said = super().say(*arguments, **options)
        if self.answers:
            threading.Thread(target=self._answer, args=(self.answers.pop(0), said.wamid)).start()
        return said

    def _answer(self, payload: dict[str, Any], wamid: str) -> None:
        receipt = {"status": "read", "message_id": wamid, "typing_indicator": {"type": "text"}}
        for body in (receipt, {"to": PHONE, **payload}):
            requests.post(
                f"{self.url}/v25.0/{self.number.phone_number_id}/messages",
                json={"messaging_product": "whatsapp", **body},
                headers={"Authorization": f"Bearer {self.number.token}"},
                timeout=10,
            )


@pytest.fixture
def shop(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    # The shop says one thing to each message, so there is nothing more to wait for.
    monkeypatch.setattr(terminal, "QUIET_SECONDS", 0.1)
    with Shop() as shop:
        settings.WHATSAPP = settings.WHATSAPP | {
            "SIMULATED": True,
            "SIMULATOR_URL": shop.url,
            "SIMULATOR_CONTROL_TOKEN": "control",
            "PHONE_NUMBER_ID": shop.number.phone_number_id,
        }
        yield shop


def chat_with(output: io.StringIO, address: Callable[[str], str] = str) -> Chat:
    return Chat(phone=PHONE, name="Eva", shop="ferreteria", output=output, address=address)


def text(body: str) -> dict[str, Any]:
    return {"type": "text", "text": {"body": body}}


def said(shop: Shop) -> list[dict[str, Any]]:
    values = [json.loads(body)["entry"][0]["changes"][0]["value"] for body in shop.postman.bodies]
    return [message for value in values for message in value.get("messages", [])]


def test_lines_from_a_pipe_are_answered_one_after_the_other(shop: Shop) -> None:
    shop.answers = [text("Sí, hay."), text("Cuesta $ 25.000.\nQuedan 4.")]
    output = io.StringIO()
    chat = chat_with(output, address=lambda line: f"@ferreteria {line}")
    assert recite(chat, ["¿Hay martillos?\n", "\n", "¿Y cuánto cuesta?\n"], output=output, seconds=20)
    assert [message["text"]["body"] for message in said(shop)] == [
        "@ferreteria ¿Hay martillos?",
        "@ferreteria ¿Y cuánto cuesta?",
    ]
    printed = output.getvalue()
    assert printed.index("> ¿Hay martillos?") < printed.index("ferreteria: Sí, hay.")
    assert printed.index("Sí, hay.") < printed.index("> ¿Y cuánto cuesta?")
    assert "ferreteria: Cuesta $ 25.000.\n   Quedan 4." in printed
    assert "✓✓ leído" in printed
    assert printed.count("Sí, hay.") == 1


def test_a_number_taps_the_button_that_was_offered(shop: Shop) -> None:
    replies = [
        {"type": "reply", "reply": {"id": f"{name}:7", "title": title}} for name, title in (("yes", "Sí"), ("no", "No"))
    ]
    content = {"type": "button", "body": {"text": "¿Lo subo a 25?"}, "action": {"buttons": replies}}
    shop.answers = [{"type": "interactive", "interactive": content}, text("Listo.")]
    output = io.StringIO()
    assert recite(chat_with(output), ["sube el martillo a 25", "1"], output=output, seconds=20)
    assert "   [1] Sí\n   [2] No\n" in output.getvalue()
    assert said(shop)[1]["interactive"]["button_reply"] == {"id": "yes:7", "title": "Sí"}
    assert "ferreteria: Listo." in output.getvalue()


def test_a_number_without_choices_is_a_text(shop: Shop) -> None:
    shop.answers = [text("¿Qué?")]
    output = io.StringIO()
    recite(chat_with(output), ["3"], output=output, seconds=20)
    assert said(shop)[0]["text"] == {"body": "3"}


def test_it_says_when_nobody_answers(shop: Shop) -> None:
    output = io.StringIO()
    assert not recite(chat_with(output), ["Hola"], output=output, seconds=0.5)
    assert "sin respuesta" in output.getvalue()


def test_typed_lines_go_out_while_what_comes_is_printed(shop: Shop) -> None:
    shop.answers = [text("Buenas.")]
    output = io.StringIO()
    lines = iter(["Hola", ""])
    chat = chat_with(output)

    def ask(_prompt: str) -> str:
        line = next(lines, None)
        if line is None:
            raise EOFError
        if line == "":  # the person reads before going on
            for _ in range(200):
                if "Buenas." in output.getvalue():
                    break
                threading.Event().wait(0.05)
        return line

    converse(chat, ask=ask)
    assert "ferreteria: Buenas." in output.getvalue()
    assert len(said(shop)) == 1


def test_with_a_real_number_it_does_nothing(settings: Any) -> None:
    settings.WHATSAPP_SIMULATOR = False
    with pytest.raises(CommandError, match="real number"):
        call_command("simulate_whatsapp", shop="ferreteria")


@pytest.mark.django_db
def test_it_knows_whose_phone_it_plays(alice: Any) -> None:
    assert phones.name_of(phones.number_of(alice, phones.OWNER)) == "Tu teléfono (simulado)"
    assert phones.name_of("573001112233") == "Cliente de prueba"
    with pytest.raises(CommandError, match="--shop"):
        call_command("simulate_whatsapp", owner=True)
