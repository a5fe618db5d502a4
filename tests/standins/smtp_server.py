"""A mail server over a real socket that does what it is told and remembers every letter whose end it has seen."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

BEHAVIOURS = (
    "accept",  # takes the letter
    "hang",  # never even greets
    "busy",  # «try again later» to the recipient: 451
    "greylist",  # the same, the first time that it hears of a recipient
    "reject",  # «no such mailbox»: 550
    "full",  # «mailbox full»: 552, with an enhanced code
    "relay",  # «we do not relay for you»: 550, which says nothing about the recipient
    "sender",  # «you may not send as that»: 550 to MAIL FROM
    "leave",  # hangs up at MAIL FROM
    "drop",  # takes the letter, and hangs up instead of saying so
    "stall",  # takes the letter, and says nothing any more
    "spurn",  # reads the letter, and does not want it: 554
    "defer",  # reads the letter, and wants it later: 451
    "bounce",  # reads the letter, and knows no such mailbox: 550, with an enhanced code
    "cut",  # hangs up in the middle of the letter
    "linger",  # takes the letter, says so, and hangs up
)
_TO_RECIPIENT = {
    "busy": "451 later",
    "reject": "550 nobody",
    "full": "552 5.2.2 mailbox full",
    "relay": "550 5.7.1 relaying denied",
}
_TO_LETTER = {"spurn": "554 no", "defer": "451 4.7.0 later", "bounce": "550 5.1.1 no such user"}


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
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    def _part(self, kind: str) -> str:
        part = self.message.get_body(preferencelist=(kind,))
        return str(part.get_content()) if part is not None else ""


class SMTPServer:
    """``with SMTPServer() as server``: listens at ``server.port`` until the end of the block.

    ``server.behaviour`` is one of BEHAVIOURS, from the next letter on, or a function that answers one. ``certificate``
    (a file with its key in it) makes it offer STARTTLS, or with ``implicit`` speak TLS from the start; ``password``
    makes it want to know who sends.
    """

    def __init__(self, port: int = 0, *, certificate: Path | None = None, implicit: bool = False) -> None:
        self.context: ssl.SSLContext | None = None
        self.implicit = implicit
        if certificate is not None:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate)
        self.password = ""
        self.known: set[str] = set()  # recipients, to a greylist
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

    def choose(self) -> str:
        """How it behaves to the letter that comes now."""
        chosen = self.behaviour
        return chosen() if callable(chosen) else chosen

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
        except (ConnectionError, BrokenPipeError, ssl.SSLError):
            pass  # the other side was killed, or does not trust us: that is what this server is for

    def _talk(self) -> None:
        assert isinstance(self.server, _Listener)
        stand_in, recipient = self.server.stand_in, ""
        stand_in.conversations += 1
        behaviour, letters, is_let_in = stand_in.choose(), 0, not stand_in.password
        if behaviour == "hang":
            stand_in.wait()
            return
        if stand_in.context is not None and stand_in.implicit:
            self._encrypt(stand_in.context)
        self._say("220 stand-in")
        while line := self.rfile.readline():
            word = line[:4].upper().strip()
            if word == b"EHLO":
                offers = ["STARTTLS"] if stand_in.context is not None and not self._is_encrypted else []
                offers += ["AUTH PLAIN"] if stand_in.password else []
                names = ["stand-in", *offers]
                self._say("\r\n".join(f"250{' ' if name is names[-1] else '-'}{name}" for name in names))
            elif word == b"STAR" and stand_in.context is not None:
                self._say("220 go on")
                self._encrypt(stand_in.context)
            elif word == b"AUTH":
                given = base64.b64decode(line.split()[2]).split(b"\0")[-1].decode()
                is_let_in = given == stand_in.password
                self._say("235 ok" if is_let_in else "535 5.7.8 wrong password")
            elif word == b"MAIL":
                behaviour = stand_in.choose() if letters else behaviour
                letters += 1
                if behaviour == "leave":
                    return
                refusal = "530 5.7.0 who are you?" if not is_let_in else "550 5.7.1 not as that"
                self._say("250 ok" if is_let_in and behaviour != "sender" else refusal)
            elif word == b"RCPT":
                recipient = line.decode().split("<", 1)[1].split(">", 1)[0]
                is_new = recipient not in stand_in.known
                stand_in.known.add(recipient)
                is_grey = behaviour == "greylist" and is_new
                self._say("451 4.7.1 greylisted" if is_grey else _TO_RECIPIENT.get(behaviour, "250 ok"))
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
            if not line or behaviour == "cut":
                return False  # broken off before its end: no letter
            lines.append(line[1:] if line.startswith(b"..") else line)
        if behaviour in _TO_LETTER:
            self._say(_TO_LETTER[behaviour])
            return True
        message: Any = message_from_bytes(b"".join(lines), policy=policy.default)
        stand_in.keep(Letter(recipient, message, accepted=behaviour not in ("drop", "stall")))
        if behaviour == "drop":
            return False
        if behaviour == "stall":
            stand_in.wait()
            return False
        self._say("250 taken")
        return behaviour != "linger"

    def _encrypt(self, context: ssl.SSLContext) -> None:
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)

    @property
    def _is_encrypted(self) -> bool:
        return isinstance(self.connection, ssl.SSLSocket)

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())
