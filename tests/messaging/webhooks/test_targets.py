"""Which addresses are taken, in every notation; and that whoever answers differently the second time gains nothing."""

from __future__ import annotations

import itertools
import random
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import Any

import pytest

from messaging.webhooks import calling, targets
from messaging.webhooks.addresses import Address, is_allowed
from messaging.webhooks.targets import BadTarget, NoAddress, find_addresses, parse
from tests.messaging.webhooks.forbidden import PRIVATE_4, PRIVATE_6, forbidden
from tests.standins.webhook_receiver import WebhookReceiver

PUBLIC = ("93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c")


def never(*_: Any, **__: Any) -> Any:
    raise AssertionError("nobody may be asked or called")


def test_there_are_enough_of_them():
    assert len(forbidden()) >= 240


@pytest.mark.parametrize("url", forbidden(), ids=ascii)
def test_it_is_refused_before_anybody_is_asked_for_its_address(url):
    with pytest.raises(BadTarget) as fault:
        find_addresses(parse(url), seconds=1, resolve=never)
    assert fault.value.code


@pytest.mark.parametrize("text", [*PRIVATE_4, *(one for one in PRIVATE_6 if "%" not in one)])
def test_a_name_that_leads_there_is_refused(text):
    target = parse("https://hooks.example.com/")
    for answer in ([text], [PUBLIC[0], text], [text, PUBLIC[1]]):  # a single one among good ones is enough
        with pytest.raises(BadTarget):
            find_addresses(target, seconds=1, resolve=lambda *_, answer=answer: answer)


@pytest.mark.parametrize("text", ["fe80::1%eth0", "::1%lo", "nonsense", "127.1"])
def test_an_answer_that_is_no_plain_address_is_refused(text):
    with pytest.raises(BadTarget):
        find_addresses(parse("https://hooks.example.com/"), seconds=1, resolve=lambda *_: [PUBLIC[0], text])


@pytest.mark.parametrize(
    ("url", "host", "path", "authority"),
    [
        ("https://example.com", "example.com", "/", "example.com"),
        ("https://Example.COM./a?b=c&d=%20", "example.com", "/a?b=c&d=%20", "example.com"),
        ("https://example.com:443/ñ?q=á", "example.com", "/%C3%B1?q=%C3%A1", "example.com"),
        ("https://tienda-señor.com/x", "xn--tienda-seor-9db.com", "/x", "xn--tienda-seor-9db.com"),
        ("https://8.8.8.8/x", "8.8.8.8", "/x", "8.8.8.8"),
        ("https://[2606:4700:4700::1111]/x", "2606:4700:4700::1111", "/x", "[2606:4700:4700::1111]"),
        ("https://a_b.example.com/", "a_b.example.com", "/", "a_b.example.com"),
    ],
)
def test_public_ones_are_taken(url, host, path, authority):
    target = parse(url)
    assert (target.host, target.path, target.authority, target.port) == (host, path, authority, 443)
    assert find_addresses(target, seconds=1, resolve=lambda *_: PUBLIC)


def test_other_ports_are_a_setting(settings):
    settings.WEBHOOKS = settings.WEBHOOKS | {"PORTS": [443, 8443]}
    assert parse("https://example.com:8443/").authority == "example.com:8443"
    with pytest.raises(BadTarget):
        parse("https://example.com:8444/")


def test_this_machine_may_be_named_only_where_the_settings_say_so(settings):
    for url in ("http://127.0.0.1:8000/", "http://localhost:8000/", "https://[::1]:9/", "http://127.0.0.2/"):
        with pytest.raises(BadTarget):
            parse(url)
    settings.WEBHOOKS = settings.WEBHOOKS | {"ALLOW_LOCAL": True}
    assert parse("http://127.0.0.1:8000/").is_local
    assert parse("http://localhost:8000/").is_local
    for url in ("http://10.0.0.1/", "http://[::ffff:127.0.0.1]/", "http://2130706433/", "http://example.com/"):
        with pytest.raises(BadTarget):
            parse(url)
    with pytest.raises(BadTarget):  # a name from outside does not lead here all the same
        find_addresses(parse("https://hooks.example.com/"), seconds=1, resolve=lambda *_: ["127.0.0.1"])
    with pytest.raises(BadTarget):  # nor does ours lead elsewhere
        find_addresses(parse("http://localhost/"), seconds=1, resolve=lambda *_: ["10.0.0.1"])


def test_a_resolver_that_keeps_silent_is_not_waited_for():
    silent = threading.Event()
    with pytest.raises(NoAddress):
        find_addresses(parse("https://hooks.example.com/"), seconds=0.05, resolve=lambda *_: silent.wait(30) and [])
    silent.set()
    for fault in (socket.gaierror(-2, "unknown"), UnicodeError("label"), OSError("no network")):

        def fail(*_: Any, fault: Exception = fault) -> Any:
            raise fault

        with pytest.raises(NoAddress):
            find_addresses(parse("https://hooks.example.com/"), seconds=1, resolve=fail)
    with pytest.raises(NoAddress):
        find_addresses(parse("https://hooks.example.com/"), seconds=1, resolve=lambda *_: [])


@pytest.mark.parametrize("text", PUBLIC + ("1.1.1.1", "2001:4860:4860::8888", "2a00:1450:4001:80b::200e", "172.32.0.1"))
def test_the_public_internet_is_allowed(text):
    assert is_allowed(ip_address(text))


def test_a_thousand_races_of_a_name_that_changes_reach_nobody():
    """A name server that says something else each time: whatever was checked is what is called, and nobody else."""
    names = itertools.count()
    chance = random.Random(7)
    dialled: list[Address] = []
    with WebhookReceiver() as inside, WebhookReceiver(host="::1") as inside_6:
        target = targets.Target("https", "rebind.example.com", inside.port, "/")
        bad = ["127.0.0.1", "::1", "0.0.0.0", "::ffff:127.0.0.1", "127.0.0.2", "64:ff9b::7f00:1"]  # noqa: S104

        def resolve(*_: Any) -> list[str]:
            """Good and bad in turn, and sometimes together."""
            turn = next(names)
            mixed = [PUBLIC[0], chance.choice(bad)]
            return [[PUBLIC[turn % 2]], [chance.choice(bad)], chance.sample(mixed, 2), [PUBLIC[0]]][turn % 4]

        def dial(address: Address, port: int, *, seconds: float) -> socket.socket:
            """The way out: nothing public is called from here, and what is not public would be reached."""
            dialled.append(address)
            if str(address) in PUBLIC:
                raise ConnectionRefusedError
            return calling.dial(address, port, seconds=seconds)

        def race(_: int) -> str:
            return calling.call(target=target, body=b"{}", headers={}, resolve=resolve, dial=dial).error

        with ThreadPoolExecutor(16) as pool:
            found = list(pool.map(race, range(1000)))
        assert (inside.connections, inside_6.connections) == (0, 0)
    assert {str(address) for address in dialled} <= set(PUBLIC)
    assert set(found) == {"refused", "address"}
    assert found.count("address") == 500
    assert next(names) == 1000  # asked once each
