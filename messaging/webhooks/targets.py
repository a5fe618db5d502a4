"""An address that a tenant gave, taken apart: what may not be called is refused here, and once more by its numbers."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_address
from queue import Empty, SimpleQueue
from urllib.parse import quote, urlsplit

import idna
from django.conf import settings

from messaging.webhooks.addresses import Address, is_allowed, is_loopback
from messaging.webhooks.models import LONGEST_URL

LONGEST_NAME = 253
# Names that mean something inside somebody's own network only, wherever they lead.
_INSIDE = {
    *("localhost", "localdomain", "local", "internal", "intranet", "lan", "home", "corp", "private", "onion", "arpa"),
}
_number = re.compile(r"(0x[0-9a-f]*|[0-9]+)\Z")
_name = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)\Z")
_FOR_PATHS = "/%:@!$&'()*+,;=~-._?"

Resolve = Callable[[str, int], Sequence[str]]


class BadTarget(ValueError):
    """It is not called. ``code`` says why, in our words: see ``wording``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NoAddress(LookupError):
    """Nobody knows an address of the name, for now at least."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to: ``host`` in lower-case ASCII without a last dot, ``path`` with its query. ``address`` where the host is
    one; ``is_local`` where it is this machine and the settings allow that."""

    scheme: str
    host: str
    port: int
    path: str
    address: Address | None = None
    is_local: bool = False

    @property
    def authority(self) -> str:
        """What the header Host says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.scheme == "https" else 80) else f"{host}:{self.port}"


def parse(url: str) -> Target:
    """Take an address apart. Asks nobody. Raises BadTarget."""
    if not url or len(url) > LONGEST_URL or any(ord(char) <= 0x20 or ord(char) == 0x7F for char in url) or "\\" in url:
        raise BadTarget("url")  # urlsplit would drop tabs and line ends in silence
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as fault:
        raise BadTarget("url") from fault
    if parts.scheme not in ("https", "http") or not host or not url.lower().startswith(f"{parts.scheme}://"):
        raise BadTarget("url")
    if "@" in parts.netloc:
        raise BadTarget("userinfo")
    if "#" in url:
        raise BadTarget("fragment")
    host, address = _read_host(host, bracketed="[" in parts.netloc)
    is_local = settings.WEBHOOKS["ALLOW_LOCAL"] and (host == "localhost" if address is None else is_loopback(address))
    if not is_local:
        _refuse_inside(host, address)
        if parts.scheme != "https":
            raise BadTarget("scheme")
    port = (443 if parts.scheme == "https" else 80) if port is None else port
    if port == 0 or (not is_local and port not in settings.WEBHOOKS["PORTS"]):
        raise BadTarget("port")
    try:
        path = quote(parts.path or "/", safe=_FOR_PATHS)
        path += f"?{quote(parts.query, safe=_FOR_PATHS)}" if parts.query else ""
    except UnicodeEncodeError as fault:  # half of a pair
        raise BadTarget("url") from fault
    return Target(parts.scheme, host, port, path, address, is_local)


def find_addresses(target: Target, *, seconds: float, resolve: Resolve | None = None) -> list[Address]:
    """The addresses of a target, asked for once; every one of them may be called, or none is.

    Raises NoAddress, and BadTarget when a single one may not.
    """
    if target.address is not None:
        found: list[Address] = [target.address]
    else:
        texts = _within(seconds, resolve or ask_system, target.host, target.port)
        try:
            found = [ip_address(text) for text in dict.fromkeys(texts)]
        except ValueError as fault:  # a zone id of a platform's own, for one
            raise BadTarget("address") from fault
    if not found:
        raise NoAddress(target.host)
    if target.is_local:
        good = all(is_loopback(address) for address in found)
    else:
        good = all(is_allowed(address) for address in found)
    if not good:
        raise BadTarget("address")
    return found


def ask_system(host: str, port: int) -> list[str]:
    """What the system's resolver says. The last dot keeps it from trying our own domain behind the name."""
    name = f"{host}." if "." in host else host
    rows = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [str(row[4][0]) for row in rows]


def _read_host(host: str, *, bracketed: bool) -> tuple[str, Address | None]:
    if bracketed or ":" in host:
        try:
            if "%" in host:
                raise BadTarget("address")
            found = IPv6Address(host)
        except AddressValueError as fault:
            raise BadTarget("url") from fault
        return str(found), found
    if "%" in host:
        raise BadTarget("url")
    host = _to_ascii(host)
    host = host.removesuffix(".")
    labels = host.split(".")
    if not host or len(host) > LONGEST_NAME:
        raise BadTarget("url")
    if _number.match(labels[-1]):  # what programs may take for a number is one: 0x7f.1, 2130706433, 0177.0.0.1
        try:
            found_4 = IPv4Address(host)
        except AddressValueError as fault:
            raise BadTarget("notation") from fault
        return host, found_4
    if not all(_name.match(label) for label in labels):
        raise BadTarget("url")
    return host, None


def _to_ascii(host: str) -> str:
    """As a resolver wants it: full-width digits, circled letters and the like are what they look like."""
    if host.isascii():
        return host.lower()
    try:
        return idna.encode(host, uts46=True, transitional=False).decode().lower()
    except idna.IDNAError as fault:
        raise BadTarget("url") from fault


def _refuse_inside(host: str, address: Address | None) -> None:
    if address is not None:
        if not is_allowed(address):
            raise BadTarget("address")
    elif "." not in host or host.rpartition(".")[2] in _INSIDE:
        raise BadTarget("inside")


def _within(seconds: float, resolve: Resolve, host: str, port: int) -> Sequence[str]:
    """Ask on a thread that nobody waits for longer than that: a name server may keep silent for half a minute."""
    answers: SimpleQueue[Sequence[str] | Exception] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolve(host, port))
        except (OSError, UnicodeError) as fault:
            answers.put(fault)

    threading.Thread(target=ask, name="resolve", daemon=True).start()
    try:
        found = answers.get(timeout=max(seconds, 0.0))
    except Empty as fault:
        raise NoAddress(host) from fault
    if isinstance(found, Exception):
        raise NoAddress(host) from found
    return found
