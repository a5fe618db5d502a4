"""A chat in a terminal: lines go out as from a phone, what comes back is printed as it arrives."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, TextIO

from django.utils.translation import gettext as _

from config.simulator import client
from config.simulator.screen import Choice, Line, show_line

LOOK_SECONDS = 5.0  # that a look waits for news
QUIET_SECONDS = 2.5  # without news after a reply: it was all
TICKS = {"sent": "✓", "delivered": "✓✓", "read": "✓✓"}


class Chat:
    """One phone's chat. ``address`` may change what is written, as the shop's link does with the first message."""

    def __init__(
        self, *, phone: str, name: str, shop: str, output: TextIO, address: Callable[[str], str] = lambda text: text
    ) -> None:
        self.phone = phone
        self.name = name
        self.shop = shop
        self.answered = 0  # messages of the shop that were printed
        self._output = output
        self._address = address
        self._after = client.ask("view", phone=phone)["last"]  # what was said before is over
        self._typing = False
        self._choices: list[Choice] = []
        self._marks: dict[str, str] = {}  # of what we wrote
        self._lock = threading.Lock()

    def write(self, text: str) -> None:
        """Send a line: a number taps what was offered last, anything else is a text."""
        text = text.strip()
        who: dict[str, Any] = {"from_": self.phone, "name": self.name, "insist": True}
        choice = self._choice(text)
        if choice is not None:
            said = client.ask("choose", **who, choice_id=choice.id, title=choice.title, is_row=choice.is_row)
        else:
            said = client.ask("say", **who, text=self._address(text))
        self._marks[said["wamid"]] = ""
        if said["status"] not in {0, 200}:
            self._print(_("  (el sistema contestó %(status)s a WhatsApp)") % {"status": said["status"]})

    def look(self, *, wait: float = LOOK_SECONDS) -> int:
        """Print what is new, waiting for it. Returns how many messages of the shop came."""
        view = client.ask("view", phone=self.phone, after=self._after, wait=wait)
        with self._lock:
            self._after = view["last"]
            came = [show_line(entry) for entry in view["entries"]]
            for line in came:
                self._show_mine(line) if line.mine else self._show_theirs(line)
            if view["typing"] and not self._typing:
                self._print(_("  … escribiendo"))
            self._typing = view["typing"]
        theirs = [line for line in came if not line.mine and line.wamid not in self._marks]
        if theirs:
            self._marks |= {line.wamid: "" for line in theirs}
            client.ask("see", phone=self.phone)
        self.answered += len(theirs)
        return len(theirs)

    def wait_for_reply(self, *, seconds: float) -> bool:
        """Print until the shop has answered and says no more. False when it does not answer in time."""
        answered, deadline, quiet_at = False, time.monotonic() + seconds, 0.0
        while time.monotonic() < (quiet_at if answered else deadline):
            if self.look(wait=0.3) or (answered and self._typing):
                answered, quiet_at = True, time.monotonic() + QUIET_SECONDS
        return answered

    def _choice(self, text: str) -> Choice | None:
        if text.isdecimal() and 1 <= int(text) <= len(self._choices):
            return self._choices[int(text) - 1]
        return None

    def _show_mine(self, line: Line) -> None:
        known = self._marks.get(line.wamid)
        if known is None or not line.status or line.status == known:
            return
        self._marks[line.wamid] = line.status
        if line.status == "read":
            self._print(f"  {TICKS['read']} " + _("leído"))

    def _show_theirs(self, line: Line) -> None:
        if line.wamid in self._marks:  # only its ticks changed
            return
        parts = [part for part in (line.header, line.text, line.footer) if part]
        self._print(f"{self.shop}: " + "\n   ".join("\n".join(parts).splitlines()))
        if line.choices:
            self._choices = line.choices
            if line.list_button:
                self._print(f"   «{line.list_button}»")
            for place, choice in enumerate(line.choices, 1):
                detail = f" · {choice.description}" if choice.description else ""
                self._print(f"   [{place}] {choice.title}{detail}")

    def _print(self, text: str) -> None:
        self._output.write(text + "\n")
        self._output.flush()


def converse(chat: Chat, *, ask: Callable[[str], str]) -> None:
    """Read lines with ``ask`` (``input``) while another thread prints what comes, until Ctrl-D."""
    over = threading.Event()

    def listen() -> None:
        while not over.is_set():
            try:
                chat.look()
            except client.SimulatorAway:
                over.wait(1.0)

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        while True:
            line = ask("")
            if line.strip():
                chat.write(line)
    except (EOFError, KeyboardInterrupt):
        pass
    finally:
        over.set()
        listener.join(timeout=LOOK_SECONDS + 1)


def recite(chat: Chat, lines: Iterable[str], *, output: TextIO, seconds: float) -> bool:
    """Send each line and wait for its reply. Returns whether each had one."""
    all_answered = True
    for line in lines:
        if not line.strip():
            continue
        output.write(f"> {line.strip()}\n")
        chat.write(line)
        if not chat.wait_for_reply(seconds=seconds):
            all_answered = False
            output.write(_("  (sin respuesta en %(n)d s)") % {"n": seconds} + "\n")
    return all_answered
