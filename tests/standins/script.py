"""A stand-in for a model service: an HTTP server on 127.0.0.1 whose next answers are scripted.

    with AnthropicServer() as server:
        server.script(Call("search_products", {"query": "sierra"}), Say("Tenemos una."))
        ...  # point a provider at server.url
        assert server.requests[0].body["model"] == "claude-haiku-5-5"

An answer is one of the classes here, or a function from the request to one. When the script is empty, ``default``
answers. Answers are taken in the order in which requests arrive, from any number of threads.
"""

from __future__ import annotations

import argparse
import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True)
class Say:
    """Text, streamed ``piece`` characters at a time with ``pause`` seconds between. ``stop``: end, cut or refusal."""

    text: str
    piece: int = 12
    pause: float = 0.0
    stop: str = "end"


@dataclass(frozen=True)
class Call:
    """A tool call; ``arguments`` as text goes out as it is, however malformed. ``preface`` is said before it."""

    name: str
    arguments: dict[str, Any] | str = field(default_factory=dict)
    preface: str = ""
    thinking: str = ""


@dataclass(frozen=True)
class Calls:
    """Several calls in one message."""

    calls: tuple[Call, ...]


@dataclass(frozen=True)
class Fail:
    """An HTTP error of the protocol's shape."""

    status: int
    type: str = "api_error"
    retry_after: float | None = None
    message: str = "scripted: private words"


@dataclass(frozen=True)
class Overloaded:
    """Status 200, some text, then an ``overloaded_error`` inside the stream."""

    after: str = ""


@dataclass(frozen=True)
class Drop:
    """Some text, then the connection is reset."""

    after: str = ""


@dataclass(frozen=True)
class Truncate:
    """Some text, then a clean end without the message's own end."""

    after: str = ""


@dataclass(frozen=True)
class Drip:
    """A byte of a stream's comment every ``every`` seconds, for ever: no read ever times out."""

    every: float = 0.05


@dataclass(frozen=True)
class Raw:
    """Any body with status 200: an HTML page, invalid JSON."""

    body: str
    content_type: str = "text/html"


@dataclass(frozen=True)
class Silence:
    """Nothing at all for ``seconds``."""

    seconds: float


Answer = Say | Call | Calls | Fail | Overloaded | Drop | Truncate | Drip | Raw | Silence
Script = Answer | Callable[["Request"], Answer]


@dataclass(frozen=True)
class Request:
    """What a client sent. Header names are lower case."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    at: float


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    owner: ModelServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        self._whole(200, b'{"ok": true}', "application/json")

    def do_POST(self) -> None:
        owner = self.server.owner
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path.endswith("/audio/transcriptions"):
            self._hear(owner, raw)
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.path, headers, json.loads(raw or b"{}"), time.monotonic())
        answer = owner.next_answer(request)
        with owner.counting():
            if owner.delay:
                owner.stopping.wait(owner.delay)
            self._answer(owner, request, answer)

    def _hear(self, owner: ModelServer, raw: bytes) -> None:
        owner.heard.append(raw)
        if owner.transcript is None:
            error = owner.error_body(Fail(400, "invalid_request_error"))
            self._whole(400, json.dumps(error).encode(), "application/json")
        else:
            self._whole(200, json.dumps({"text": owner.transcript}).encode(), "application/json")

    def _answer(self, owner: ModelServer, request: Request, answer: Answer) -> None:
        if isinstance(answer, Silence):
            owner.stopping.wait(answer.seconds)
            self.close_connection = True
        elif isinstance(answer, Fail):
            body = json.dumps(owner.error_body(answer)).encode()
            extra = {} if answer.retry_after is None else {"retry-after": f"{answer.retry_after:g}"}
            self._whole(answer.status, body, "application/json", extra)
        elif isinstance(answer, Raw):
            self._whole(200, answer.body.encode(), answer.content_type)
        else:
            self._stream(owner, request, answer)

    def _whole(self, status: int, body: bytes, content_type: str, extra: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        for name, value in (extra or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, owner: ModelServer, request: Request, answer: Answer) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        if isinstance(answer, Drip):
            while not owner.stopping.wait(answer.every):
                self._chunk(b":")
            return
        for piece in owner.events(request, answer):
            self._chunk(piece)
            if isinstance(answer, Say) and answer.pause:
                owner.stopping.wait(answer.pause)
        if isinstance(answer, Drop):
            linger = struct.pack("ii", 1, 0)  # close sends RST
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.close_connection = True
            self.connection.close()
            return
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")


class ModelServer:
    """The part that does not depend on the protocol. Subclasses say what ``events`` and ``error_body`` look like."""

    base_path = ""

    def __init__(self, *, port: int = 0, default: Script | None = None, delay: float = 0.0) -> None:
        self.default: Script = default or Say("Con mucho gusto.")
        self.delay = delay  # seconds before each answer
        self.requests: list[Request] = []
        self.transcript: str | None = "Hola."  # what it hears in every audio file; None: it refuses them
        self.heard: list[bytes] = []  # the forms with audio files
        self.stopping = threading.Event()
        self.waiting = 0
        self.most_waiting = 0  # how many requests were being answered at the same time, at most
        self._script: deque[Script] = deque()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.owner = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.base_path}"

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()

    def script(self, *answers: Script) -> None:
        """Append answers, one per request to come."""
        with self._lock:
            self._script.extend(answers)

    def reset(self) -> None:
        """Forget script and requests."""
        with self._lock:
            self._script.clear()
            self.requests.clear()
            self.most_waiting = 0

    def next_answer(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
            answer = self._script.popleft() if self._script else self.default
        return answer(request) if callable(answer) else answer

    def counting(self) -> _Counting:
        return _Counting(self)

    def events(self, request: Request, answer: Answer) -> Iterator[bytes]:
        raise NotImplementedError

    def error_body(self, answer: Fail) -> dict[str, Any]:
        raise NotImplementedError


class _Counting:
    def __init__(self, owner: ModelServer) -> None:
        self.owner = owner

    def __enter__(self) -> None:
        with self.owner._lock:
            self.owner.waiting += 1
            self.owner.most_waiting = max(self.owner.most_waiting, self.owner.waiting)

    def __exit__(self, *error: object) -> None:
        with self.owner._lock:
            self.owner.waiting -= 1


def pieces(text: str, size: int) -> Iterator[str]:
    """``text`` in pieces of ``size`` characters."""
    for start in range(0, len(text), size):
        yield text[start : start + size]


def calls_of(answer: Answer) -> tuple[Call, ...]:
    if isinstance(answer, Calls):
        return answer.calls
    return (answer,) if isinstance(answer, Call) else ()


def text_of(answer: Answer) -> str:
    if isinstance(answer, Say):
        return answer.text
    if isinstance(answer, Drop | Truncate | Overloaded):
        return answer.after
    calls = calls_of(answer)
    return calls[0].preface if calls else ""


def arguments_of(call: Call) -> str:
    return call.arguments if isinstance(call.arguments, str) else json.dumps(call.arguments, ensure_ascii=False)


def run(server_class: type[ModelServer]) -> None:
    """Serve until interrupted: ``--port``, ``--text``, ``--delay`` before an answer, ``--pause`` between its pieces."""
    parser = argparse.ArgumentParser(description=server_class.__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--text", default="Con mucho gusto. ¿En qué te ayudo?")
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--pause", type=float, default=0.0)
    options = parser.parse_args()
    default = Say(options.text, pause=options.pause)
    with server_class(port=options.port, default=default, delay=options.delay) as server:
        print(server.url, flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return
