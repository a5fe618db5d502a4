"""A receiver of webhooks over a real socket that does what it is told, and remembers every request and connection."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

BEHAVIOURS = (
    "accept",  # 200
    "fail",  # 500
    "gone",  # 410
    "busy",  # 429 with Retry-After
    "redirect",  # 302 to `server.elsewhere`
    "hang",  # reads the request, and says nothing
    "deaf",  # does not even read
    "drip",  # 200, a byte of the headers every tenth of a second, without end
    "drip_body",  # 200 and the headers at once, the body by the byte without end
    "lie_long",  # 200, promises a gigabyte, sends ten bytes and hangs up
    "lie_short",  # 200, promises ten bytes, sends a hundred thousand
    "flood",  # 200, and a gigabyte
    "flood_headers",  # headers without end
    "continue",  # 100, again and again
    "close",  # hangs up before the status
    "cut",  # hangs up in the middle of the headers
    "noise",  # no HTTP at all
    "created",  # 201 with nothing
)
PLENTY = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Request:
    """What arrived."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float = field(default_factory=time.monotonic)


class WebhookReceiver:
    """``with WebhookReceiver() as server``: listens at ``server.url`` until the end of the block.

    ``server.behaviour`` is one of BEHAVIOURS from the next request on, or a function of a Request that answers one.
    ``server.connections`` counts whoever connected, ``server.sent`` the bytes that were taken from it.
    """

    def __init__(self, *, context: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.behaviour: str | Callable[[Request], str] = "accept"
        self.answer = b'{"ok": true}'
        self.retry_after = "120"
        self.elsewhere = "http://127.0.0.1:1/"
        self.requests: list[Request] = []
        self.names: list[str] = []  # that TLS asked for
        self.connections = 0
        self.sent = 0
        self._context = context
        if context is not None:
            context.sni_callback = lambda _line, name, _context: self.names.append(name or "")
        self._released = threading.Event()
        self._lock = threading.Lock()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((host, 0))
        self._socket.listen(256)
        self.port: int = self._socket.getsockname()[1]

    @property
    def url(self) -> str:
        scheme = "http" if self._context is None else "https"
        name = "127.0.0.1" if self._context is None else "localhost"
        return f"{scheme}://{name}:{self.port}/hook"

    def __enter__(self) -> WebhookReceiver:
        threading.Thread(target=self._listen, name="webhook-receiver", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up()

    def hang_up(self) -> None:
        """On everybody, and listen no more."""
        self._released.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _listen(self) -> None:
        while not self._released.is_set():
            try:
                line, _ = self._socket.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with suppress(OSError, ValueError), line:
            line.settimeout(30)
            if self.behaviour == "deaf":
                self._released.wait(30)
                return
            if self._context is not None:
                line = self._context.wrap_socket(line, server_side=True)
            request = _read(line)
            if request is None:
                return
            with self._lock:
                self.requests.append(request)
                behaviour = self.behaviour if isinstance(self.behaviour, str) else self.behaviour(request)
            getattr(self, f"_{behaviour}", self._accept)(line)

    def _say(self, line: socket.socket, data: bytes) -> None:
        line.sendall(data)
        with self._lock:
            self.sent += len(data)

    def _status(self, line: socket.socket, status: str, body: bytes = b"", *headers: str) -> None:
        head = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
        self._say(line, "\r\n".join([*head, "", ""]).encode() + body)

    def _accept(self, line: socket.socket) -> None:
        self._status(line, "200 OK", self.answer)

    def _created(self, line: socket.socket) -> None:
        self._say(line, b"HTTP/1.1 201 Created\r\n\r\n")

    def _fail(self, line: socket.socket) -> None:
        self._status(line, "500 Internal Server Error", b"se cay\xc3\xb3 la base")

    def _gone(self, line: socket.socket) -> None:
        self._status(line, "410 Gone")

    def _busy(self, line: socket.socket) -> None:
        self._status(line, "429 Too Many Requests", b"", f"Retry-After: {self.retry_after}")

    def _redirect(self, line: socket.socket) -> None:
        self._status(line, "302 Found", b"", f"Location: {self.elsewhere}")

    def _hang(self, _line: socket.socket) -> None:
        self._released.wait(30)

    def _drip(self, line: socket.socket) -> None:
        self._say(line, b"HTTP/1.1 200 OK\r\n")
        while not self._released.wait(0.1):
            self._say(line, b"X")

    def _drip_body(self, line: socket.socket) -> None:
        self._say(line, b"HTTP/1.1 200 OK\r\n\r\n")
        while not self._released.wait(0.05):
            self._say(line, b"x")

    def _lie_long(self, line: socket.socket) -> None:
        self._say(line, b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n0123456789")

    def _lie_short(self, line: socket.socket) -> None:
        self._say(line, b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n" + b"0123456789" * 10_000)

    def _flood(self, line: socket.socket) -> None:
        self._say(line, f"HTTP/1.1 200 OK\r\nContent-Length: {PLENTY}\r\n\r\n".encode())
        self._pour(line, b"x" * 65_536)

    def _flood_headers(self, line: socket.socket) -> None:
        self._say(line, b"HTTP/1.1 200 OK\r\n")
        self._pour(line, b"X-More: and more of it\r\n" * 2_000)

    def _continue(self, line: socket.socket) -> None:
        self._pour(line, b"HTTP/1.1 100 Continue\r\n\r\n" * 2_000)

    def _pour(self, line: socket.socket, piece: bytes) -> None:
        poured = 0
        while poured < PLENTY and not self._released.is_set():
            self._say(line, piece)
            poured += len(piece)

    def _close(self, _line: socket.socket) -> None:
        pass

    def _cut(self, line: socket.socket) -> None:
        self._say(line, b"HTTP/1.1 200 OK\r\nContent-Ty")

    def _noise(self, line: socket.socket) -> None:
        self._say(line, b"220 smtp.example.com ESMTP\r\n")


def _read(line: Any) -> Request | None:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = line.recv(65_536)
        if not piece:
            return None
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    first, *rest = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (row.partition(": ") for row in rest)}
    while len(body) < int(headers.get("content-length", "0")):
        body += line.recv(65_536)
    return Request(first.split(" ")[1], headers, body)
