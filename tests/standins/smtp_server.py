"""A mail server over a real socket that does what it is told and remembers every letter whose end it has seen."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

BEHAVIOURS = (
    "accept",  # takes the letter
    "hang",  # never even greets
    "busy",  # «try again later» to the recipient: 451
    "reject",  # «no such mailbox»: 550
    "leave",  # hangs up at MAIL FROM
    "drop",  # takes the letter, and hangs up instead of saying so
    "stall",  # takes the letter, and says nothing any more
    "spurn",  # reads the letter, and does not want it: 554
)


@dataclass(frozen=True, slots=True)
class Letter:
    """What arrived. ``accepted``: the sender was told so, or was to be."""

    recipient: str
    message: EmailMessage
    accepted: bool

    @property
    def name(self) -> str:
        return str(self.message["Message-ID"]).strip("<>")

    @property
    def subject(self) -> str:
        return str(self.message["Subject"]).strip()

    @property
    def text(self) -> str:
        return str(self.message.get_content())


class SMTPServer:
    """``with SMTPServer() as server``: listens at ``server.port`` until the end of the block.

    ``server.behaviour`` is one of BEHAVIOURS, from the next conversation on, or a function that answers one.
    """

    def __init__(self, port: int = 0) -> None:
        self.behaviour: str | Callable[[], str] = "accept"
        self.letters: list[Letter] = []
        self.conversations = 0
        self._lock = threading.Lock()
        self._released = threading.Event()
        self._server = _Listener(("127.0.0.1", port), _Conversation)
        self._server.stand_in = self
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> SMTPServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._released.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def names(self) -> list[str]:
        """The Message-IDs of the letters that arrived, in the order in which they did."""
        with self._lock:
            return [letter.name for letter in self.letters]

    def keep(self, letter: Letter) -> None:
        with self._lock:
            self.letters.append(letter)

    def wait(self) -> None:
        """Do nothing until the server is closed."""
        self._released.wait()


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    stand_in: SMTPServer


class _Conversation(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        try:
            self._talk()
        except (ConnectionError, BrokenPipeError):
            pass  # the other side was killed: that is what this server is for

    def _talk(self) -> None:
        assert isinstance(self.server, _Listener)
        stand_in, recipient = self.server.stand_in, ""
        stand_in.conversations += 1
        chosen = stand_in.behaviour
        behaviour = chosen() if callable(chosen) else chosen
        if behaviour == "hang":
            stand_in.wait()
            return
        self._say("220 stand-in")
        while line := self.rfile.readline():
            word = line[:4].upper().strip()
            if word == b"EHLO":
                self._say("250 stand-in")
            elif word == b"MAIL" and behaviour == "leave":
                return
            elif word == b"RCPT":
                recipient = line.decode().split("<", 1)[1].split(">", 1)[0]
                self._say({"busy": "451 later", "reject": "550 nobody"}.get(behaviour, "250 ok"))
            elif word == b"DATA":
                self._say("354 go on")
                if not self._take(stand_in, recipient, behaviour):
                    return
            elif word == b"QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _take(self, stand_in: SMTPServer, recipient: str, behaviour: str) -> bool:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return False  # broken off before its end: no letter
            lines.append(line[1:] if line.startswith(b"..") else line)
        if behaviour == "spurn":
            self._say("554 no")
            return True
        message: Any = message_from_bytes(b"".join(lines), policy=policy.default)
        stand_in.keep(Letter(recipient, message, accepted=behaviour == "accept"))
        if behaviour == "drop":
            return False
        if behaviour == "stall":
            stand_in.wait()
            return False
        self._say("250 taken")
        return True

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())
