"""One signed request over a line of our own: to an address that was checked, and to no other.

The name is resolved once, every address of the answer is checked, and the connection goes to one of those numbers; the
certificate is checked for the name. Nothing follows a redirect, nothing asks the environment for a proxy, and whatever
the other side does (silence, drops by the second, a gigabyte) ends after so many seconds and bytes.
"""

from __future__ import annotations

import functools
import http.client
import io
import logging
import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from ipaddress import IPv6Address, ip_address
from typing import Any, Protocol

from django.conf import settings

from messaging.webhooks.addresses import Address
from messaging.webhooks.targets import BadTarget, NoAddress, Resolve, Target, find_addresses

MOST_ADDRESSES = 3  # of one name that are tried
RESOLVE_SECONDS = 5.0
EXCERPT_SECONDS = 2.0  # for the body, once the status is known
EXCERPT_BYTES = 4_000
EXCERPT = 1_000  # characters that are kept
MOST_BYTES = 96_000  # of headers, and what we read of the body
PIECE = 8_192

_control = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
logger = logging.getLogger(__name__)


class TooMuch(OSError):
    """The other side says more than we listen to."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call: a status, or the code of what went wrong (``wording``)."""

    status_code: int | None
    error: str
    latency_ms: int
    excerpt: str = ""
    retry_after: str = ""

    @property
    def is_success(self) -> bool:
        return self.status_code is not None and 200 <= self.status_code < 300


class Dial(Protocol):
    """Connects to one address, and to nothing else, within so many seconds."""

    def __call__(self, address: Address, port: int, *, seconds: float) -> socket.socket: ...


def dial(address: Address, port: int, *, seconds: float) -> socket.socket:
    """A connection to exactly this address. Raises OSError."""
    family = socket.AF_INET6 if isinstance(address, IPv6Address) else socket.AF_INET
    line = socket.socket(family, socket.SOCK_STREAM)
    try:
        line.settimeout(seconds)
        line.connect((str(address), port))
        if ip_address(line.getpeername()[0]) != address:
            raise ConnectionError("connected to another address than that which was checked")
    except BaseException:
        line.close()
        raise
    return line


def call(
    *,
    target: Target,
    body: bytes,
    headers: Mapping[str, str],
    resolve: Resolve | None = None,
    dial: Dial = dial,
    clock: Callable[[], float] = time.monotonic,
) -> Answer:
    """POST ``body`` to the target. In no scope, no transaction and with no database connection. Raises nothing."""
    began = clock()
    deadline = began + settings.WEBHOOKS["SECONDS"]

    def spent() -> int:
        return round((clock() - began) * 1000)

    try:
        addresses = find_addresses(target, seconds=min(RESOLVE_SECONDS, deadline - clock()), resolve=resolve)
        with _connect(target, addresses, deadline=deadline, dial=dial) as line:
            return _speak(line, target, body, headers, deadline=deadline, spent=spent)
    except BadTarget as fault:
        return Answer(None, fault.code, spent())
    except NoAddress:
        return Answer(None, "dns", spent())
    except TooMuch:
        return Answer(None, "too_much", spent())
    except TimeoutError:
        return Answer(None, "timeout", spent())
    except ssl.SSLError:
        return Answer(None, "tls", spent())
    except http.client.RemoteDisconnected:
        return Answer(None, "closed", spent())
    except (http.client.HTTPException, ValueError):
        return Answer(None, "no_http", spent())
    except ConnectionRefusedError:
        return Answer(None, "refused", spent())
    except OSError as fault:
        logger.info("a webhook could not be called: %s", type(fault).__name__)
        return Answer(None, "connection", spent())


def seconds_of(retry_after: str, *, now: datetime) -> float | None:
    """What a header Retry-After asks for (RFC 9110, 10.2.3): seconds, or a date. None when it says neither."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return (moment - now).total_seconds() if moment.tzinfo is not None else None


def _connect(target: Target, addresses: list[Address], *, deadline: float, dial: Dial) -> socket.socket:
    fault: OSError | None = None
    for address in addresses[:MOST_ADDRESSES]:
        left = min(settings.WEBHOOKS["CONNECT_SECONDS"], deadline - time.monotonic())
        if left <= 0:
            break
        try:
            line = dial(address, target.port, seconds=left)
        except OSError as error:
            fault = error
            continue
        if target.scheme == "http":
            return line
        try:
            line.settimeout(max(deadline - time.monotonic(), 0.001))
            return _trust(settings.WEBHOOKS["CA_FILE"]).wrap_socket(line, server_hostname=target.host)
        except BaseException:
            line.close()
            raise
    raise fault or TimeoutError


def _speak(
    line: socket.socket,
    target: Target,
    body: bytes,
    headers: Mapping[str, str],
    *,
    deadline: float,
    spent: Callable[[], int],
) -> Answer:
    head = [f"POST {target.path} HTTP/1.1", f"Host: {target.authority}"]
    head += [f"{name}: {value}" for name, value in headers.items()]
    head += [f"Content-Length: {len(body)}", "Accept-Encoding: identity", "Connection: close", "", ""]
    said = "\r\n".join(head).encode("ascii") + body
    for place in range(0, len(said), PIECE):
        line.settimeout(_left(deadline))
        line.sendall(said[place : place + PIECE])
    ear = _Ear(line, deadline)
    response = http.client.HTTPResponse(_Speaker(ear), method="POST")  # type: ignore[arg-type]
    try:
        response.begin()
        if ear.is_over:  # http.client takes an end in the middle of the headers for that of the headers
            raise http.client.RemoteDisconnected("in the middle of the headers")
        took = spent()
        ear.deadline = min(deadline, time.monotonic() + EXCERPT_SECONDS)
        redirects = 300 <= response.status < 400
        return Answer(
            response.status,
            "redirect" if redirects else "" if 200 <= response.status < 300 else "status",
            took,
            _read_excerpt(response),
            (response.getheader("Retry-After") or "")[:100],
        )
    finally:
        response.close()


def _read_excerpt(response: http.client.HTTPResponse) -> str:
    """The beginning of the body, as far as it comes: the status has said what is to be known."""
    found = b""
    try:
        while len(found) < EXCERPT_BYTES and (piece := response.read1(EXCERPT_BYTES - len(found))):
            found += piece
    except (OSError, http.client.HTTPException, ValueError):
        pass
    text = _control.sub("", found.decode(errors="replace")).strip()
    return text if len(text) <= EXCERPT else text[: EXCERPT - 1] + "…"


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


@functools.lru_cache(maxsize=4)
def _trust(extra: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if extra:
        context.load_verify_locations(extra)
    context.set_alpn_protocols(["http/1.1"])
    return context


class _Ear(io.RawIOBase):
    """What comes over the line, until the deadline and not past so many bytes, whatever the pace."""

    def __init__(self, line: socket.socket, deadline: float) -> None:
        self._line = line
        self.deadline = deadline
        self.is_over = False
        self._left = MOST_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._left <= 0:
            raise TooMuch
        self._line.settimeout(_left(self.deadline))
        view = memoryview(buffer)[: self._left]
        count = self._line.recv_into(view)
        self._left -= count
        self.is_over = not count
        return count


class _Speaker:
    """What http.client wants of a socket."""

    def __init__(self, ear: _Ear) -> None:
        self._ear = ear

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        return io.BufferedReader(self._ear, PIECE)
