"""What the providers of the network share: clients that live as long as the process, a deadline, clean text, one retry.

Both SDKs speak through httpx2. Its timeouts count from one received byte to the next, so that a server which sends a
byte now and then is waited for without end; the deadline here bounds the whole round, at the socket.
"""

from __future__ import annotations

import logging
import os
import ssl
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import httpcore2
import httpx2

from assistants.providers.base import ProviderError, ProviderFault

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0  # between two received pieces, and for the first one
ROUND_SECONDS = 60.0  # for a whole round, retry included
RETRY_WAIT_LIMIT = 2.0  # a person waits: a longer ``retry-after`` is answered by another provider instead
RETRY_WAIT_DEFAULT = 0.5
CLIENTS_KEPT = 8

RETRIED = frozenset(
    {ProviderFault.RATE_LIMITED, ProviderFault.OVERLOADED, ProviderFault.SERVER, ProviderFault.CONNECTION}
)

WITH_OTHER_KEYS = RETRIED - {ProviderFault.RATE_LIMITED}  # another key need not wait

T = TypeVar("T")
_local = threading.local()


def quiet_loggers(*names: str) -> None:
    """Keep the SDKs' DEBUG lines out of every log: they carry whole requests, and with them the persons' texts.

    To be called after the SDK's import, which sets a level from the environment.
    """
    for name in (*names, "httpx2", "httpcore2"):
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.WARNING))


# --- text -----------------------------------------------------------------------------------------------------------
def clean_text(text: str) -> str:
    """Return ``text`` without NUL and lone surrogates, which JSON for the wire (and PostgreSQL) cannot carry."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")


# --- deadline -------------------------------------------------------------------------------------------------------
@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Bound everything that this thread sends or receives inside; a deadline within another one cannot lengthen it."""
    before: float | None = getattr(_local, "deadline", None)
    ends = time.monotonic() + seconds
    _local.deadline = ends if before is None else min(before, ends)
    try:
        yield
    finally:
        _local.deadline = before


def remaining() -> float | None:
    """Seconds until this thread's deadline, None without one; negative when it has passed."""
    ends: float | None = getattr(_local, "deadline", None)
    return None if ends is None else ends - time.monotonic()


def _bounded(timeout: float | None, error: type[Exception]) -> float | None:
    left = remaining()
    if left is None:
        return timeout
    if left <= 0:
        raise error("deadline")
    return left if timeout is None else min(timeout, left)


class _Stream(httpcore2.NetworkStream):
    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _bounded(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _bounded(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        bounded = _bounded(timeout, httpcore2.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, bounded))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore2.NetworkBackend):
    def __init__(self, backend: httpcore2.NetworkBackend) -> None:
        self._backend = backend

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        bounded = _bounded(timeout, httpcore2.ConnectTimeout)
        return _Stream(self._backend.connect_tcp(host, port, bounded, local_address, socket_options))

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore2.NetworkStream:
        bounded = _bounded(timeout, httpcore2.ConnectTimeout)
        return _Stream(self._backend.connect_unix_socket(path, bounded, socket_options))

    def sleep(self, seconds: float) -> None:
        self._backend.sleep(seconds)


# --- clients --------------------------------------------------------------------------------------------------------
@cache
def _trusted() -> ssl.SSLContext:
    """Whom we believe over TLS. Reading all the authorities takes tens of milliseconds, so it is done once."""
    return httpx2.create_ssl_context()


def http_client() -> httpx2.Client:
    """A client for many threads at once whose sockets obey ``deadline``. Redirects are not followed: keys stay put."""
    client = httpx2.Client(
        verify=_trusted(),
        timeout=httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
        limits=httpx2.Limits(max_connections=512, max_keepalive_connections=64),
        follow_redirects=False,
        mounts=dict.fromkeys(("all://127.0.0.1", "all://localhost", "all://[::1]")),  # a server here needs no proxy
    )
    # httpx2 has no argument for httpcore2's network backend; tests/assistants/test_transport.py watches this.
    for transport in (client._transport, *client._mounts.values()):
        if isinstance(transport, httpx2.HTTPTransport):
            pool: Any = transport._pool
            pool._network_backend = _Backend(pool._network_backend)
    return client


_clients: OrderedDict[tuple[int, str, str, str], Any] = OrderedDict()
_clients_lock = threading.Lock()


def shared_client(*, kind: str, base_url: str, api_key: str, build: Callable[[], T]) -> T:
    """The process' one client for (kind, base_url, api_key); built by ``build`` when there is none.

    Keyed by process id too, since a forked worker must not share its parent's sockets. The eldest is forgotten (not
    closed: a turn may be using it) when there are too many.
    """
    key = (os.getpid(), kind, base_url, api_key)
    with _clients_lock:
        if key not in _clients:
            _clients[key] = build()
            while len(_clients) > CLIENTS_KEPT:
                _clients.popitem(last=False)
        _clients.move_to_end(key)
        client: T = _clients[key]
        return client


# --- faults ---------------------------------------------------------------------------------------------------------
FAULT_OF_TYPE = {
    "overloaded_error": ProviderFault.OVERLOADED,
    "rate_limit_error": ProviderFault.RATE_LIMITED,
    "authentication_error": ProviderFault.CREDENTIALS,
    "permission_error": ProviderFault.CREDENTIALS,
    "billing_error": ProviderFault.NO_CREDIT,
    "insufficient_quota": ProviderFault.NO_CREDIT,
    "invalid_request_error": ProviderFault.BAD_REQUEST,
    "not_found_error": ProviderFault.BAD_REQUEST,
    "request_too_large": ProviderFault.BAD_REQUEST,
    "timeout_error": ProviderFault.TIMEOUT,
    "rate_limit_exceeded": ProviderFault.RATE_LIMITED,
    "server_overloaded": ProviderFault.OVERLOADED,
}


# By which services say that nothing is left to spend: OpenAI with 429, Anthropic with 400 or 402, and in words only.
SPENT = frozenset(
    {"billing_error", "insufficient_quota", "credit_balance_exhausted", "billing_hard_limit_reached"}
    | {"credit_balance_too_low", "enforced_spend_limit_reached"}
)
SPENT_WORDS = ("credit balance", "spend limit", "exceeded your current quota")


def fault_of_status(status: int, error_type: str | None) -> ProviderFault:
    """The kind of fault behind an HTTP status; an error inside a stream comes with status 200 and only its type."""
    if status == 402:
        return ProviderFault.NO_CREDIT
    if status in (401, 403):
        return ProviderFault.CREDENTIALS
    if status == 408:
        return ProviderFault.TIMEOUT
    if status == 429:
        return ProviderFault.RATE_LIMITED
    if status == 529 or (status >= 500 and error_type == "overloaded_error"):
        return ProviderFault.OVERLOADED
    if 300 <= status < 500:
        return ProviderFault.BAD_REQUEST
    if status >= 500:
        return ProviderFault.SERVER
    return FAULT_OF_TYPE.get(error_type or "", ProviderFault.SERVER)


def fault_of_answer(status: int, *words: str | None, message: str) -> ProviderFault:
    """The same, by all that an answer says: ``words`` are its type and code. ``message`` is looked at, never kept."""
    said = message.lower()
    if SPENT & set(words) or (status in (400, 403, 429) and any(phrase in said for phrase in SPENT_WORDS)):
        return ProviderFault.NO_CREDIT
    return fault_of_status(status, words[0] if words else None)


def status_error(status: int, *words: str | None, message: str, headers: Any) -> ProviderError:
    """ProviderError for an HTTP status. Names status and type only: a message may quote the request or a key."""
    return ProviderError(
        fault_of_answer(status, *words, message=message),
        f"HTTP {status} {words[0] or ''}".strip(),
        retry_after=retry_after(headers),
        status=status,
        has_expired=status in (401, 403) and "expired" in message.lower(),
    )


def retry_after(headers: Any) -> float | None:
    """Seconds from ``retry-after-ms`` or ``retry-after`` (seconds form), None when absent or not a number."""
    for name, divisor in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name)) / divisor
        except (TypeError, ValueError):
            continue
        if 0 <= seconds < 86_400:
            return seconds
    return None


def require_usable_key(api_key: str) -> None:
    """Raise ProviderError for an empty key and for one that no header can carry."""
    if not api_key:
        raise ProviderError(ProviderFault.CREDENTIALS, "no API key is configured")
    if not (api_key.isascii() and api_key.isprintable() and " " not in api_key):
        raise ProviderError(ProviderFault.CREDENTIALS, "the API key holds characters that no header can carry")


# What the SDKs let through besides their own errors: httpx2's (a stream cut in the middle), AssertionError (an HTML
# page), ValueError (JSON, UTF-8, lone surrogates), and whatever a body of another shape leads to.
STRAY = (
    httpx2.HTTPError,
    httpx2.InvalidURL,
    httpx2.StreamError,
    OSError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    RuntimeError,
    TypeError,
    ValueError,
)


def stray_error(error: Exception) -> ProviderError:
    """ProviderError for an exception of STRAY. Names only the class: messages of such errors may quote texts."""
    name = type(error).__name__
    if isinstance(error, httpx2.TimeoutException):
        return ProviderError(ProviderFault.TIMEOUT, name, was_sent=isinstance(error, httpx2.ReadTimeout))
    if isinstance(error, httpx2.UnsupportedProtocol | httpx2.InvalidURL | httpx2.LocalProtocolError):
        return ProviderError(ProviderFault.BAD_REQUEST, name)
    if isinstance(error, httpx2.TransportError | OSError):
        return ProviderError(ProviderFault.CONNECTION, name)
    return ProviderError(ProviderFault.PROTOCOL, name)


def was_sent(error: Exception) -> bool:
    """Whether a request without an answer had reached the service, which then reads it whether we wait or not."""
    return isinstance(error, ProviderError) and error.was_sent


def open_with_retry(open_stream: Callable[[], T], *, passing: frozenset[ProviderFault] = RETRIED) -> T:
    """Call ``open_stream``, once more after a fault that may pass (one of ``passing``) and a short wait.

    The SDKs' own retry sleeps as long as ``retry-after`` says (Anthropic's without bound), so it is switched off.
    """
    try:
        return open_stream()
    except ProviderError as error:
        wait = RETRY_WAIT_DEFAULT if error.retry_after is None else error.retry_after
        left = remaining()
        if error.kind not in passing or wait > RETRY_WAIT_LIMIT or (left is not None and left <= wait):
            raise
    time.sleep(wait)
    return open_stream()
