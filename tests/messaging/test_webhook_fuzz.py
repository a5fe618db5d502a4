"""The webhook under bodies that nobody would write: never a fault of ours, and nothing unsigned accepted.

A few hundred in the suite. ``FUZZ_BODIES=200000 pytest -s tests/messaging/test_webhook_fuzz.py`` is the long run
(``make fuzz-webhook``); ``FUZZ_SEED`` repeats one.
"""

from __future__ import annotations

import copy
import hashlib
import hmac
import json
import logging
import os
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.db.models import Sum
from django.http import HttpResponse
from django.test import Client, RequestFactory
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st

from messaging.models import InboundUpdate, WebhookBody
from messaging.whatsapp.signatures import sign
from messaging.whatsapp.webhook import WebhookView
from tenants.scope import all_tenants
from tests.messaging.bodies import NUMBER, SECRET, post, written
from tests.messaging.test_payloads import SHAPES, WRONG, anything, check, paths, replaced

pytestmark = pytest.mark.django_db(transaction=True)

BODIES = int(os.environ.get("FUZZ_BODIES", "400"))
SEED = int(os.environ.get("FUZZ_SEED", "20261123"))
LONG = BODIES > 10_000
BY_HYPOTHESIS = 20 if LONG else 5  # one in so many: it takes its time
READ_AGAIN = 4 if LONG else 1  # one in so many
NAMES = sorted(SHAPES)
FIELDS = ["entry", "changes", "value", "messages", "statuses", "errors", "metadata", "phone_number_id", "from", "type"]
PIECES = [
    b"\x00",
    b"\xff",
    b"\\u0000",
    b"\\ud800",
    b"\xed\xa0\x80",
    b"[" * 3000,
    b'{"a":' * 3000,
    b"1e999",
    b"NaN",
    b'"',
    b",",
]


@pytest.fixture(autouse=True)
def _platform(settings: Any) -> Iterator[None]:
    settings.WHATSAPP = settings.WHATSAPP | {"APP_SECRET": SECRET, "PHONE_NUMBER_ID": NUMBER}
    logging.disable()  # each refusal is a line
    yield
    logging.disable(logging.NOTSET)


class Knocks:
    """Posts bodies, well signed or not, and remembers what became of them. In the long run past the middlewares:
    the view alone."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.client: Any = _View() if LONG else Client(raise_request_exception=False)
        self.statuses: Counter[tuple[bool, int]] = Counter()
        self.wrong: list[tuple[int, str | None, bytes]] = []

    def post(self, body: bytes) -> None:
        good = self.chance.random() < 0.6
        signature = sign(body, secret=SECRET) if good else self._bad_signature(body)
        try:
            answer = post(body, secret=None, signature=signature, client=self.client)
        except Exception as fault:  # noqa: BLE001  (whatever it is, it would be a 500)
            answer = HttpResponse(repr(fault), status=500)
        self.statuses[good, answer.status_code] += 1
        if answer.status_code != (200 if good else 403):
            self.wrong.append((answer.status_code, signature, body))
        if self.chance.randrange(READ_AGAIN) == 0:
            check(body)

    def _bad_signature(self, body: bytes) -> str | None:
        right = sign(body, secret=SECRET)
        return self.chance.choice(
            [
                None,
                "",
                right[:-1],
                right[:-1] + ("0" if right[-1] != "0" else "1"),
                right.removeprefix("sha256="),
                right.replace("sha256", "sha1"),
                sign(body + b" ", secret=SECRET),
                sign(body[:-1] + b"\x01", secret=SECRET),
                sign(body, secret=SECRET + "x"),
                sign(body, secret=""),
                "sha1=" + hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest(),
                "sha256=" + "\xe9" * 64,
            ]
        )


class _View:
    """As much of Django's test client as is needed to ask the view alone."""

    def post(self, path: str, data: bytes, content_type: str, headers: dict[str, str]) -> Any:
        return _ask(RequestFactory().generic("POST", path, data, content_type, headers=headers))


_ask = WebhookView.as_view()


def mutations(chance: random.Random) -> Iterator[bytes]:
    """Real shapes with values replaced, taken out, doubled, moved, put together; then with their bytes disturbed."""
    while True:
        shape = SHAPES[chance.choice(NAMES)]
        for _ in range(chance.randint(1, 4)):
            shape = _changed(shape, chance)
        body = json.dumps(shape, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
        for _ in range(chance.choice([0, 0, 1, 2])):
            body = _disturbed(body, chance)
        yield body


def _changed(shape: Any, chance: random.Random) -> Any:
    path = chance.choice(paths(shape))
    kind = chance.randrange(6)
    if kind == 0 and path:  # taken out
        above = copy.copy(_at(shape, path[:-1]))
        del above[path[-1]]
        return replaced(shape, path[:-1], above)
    if kind == 1:  # a part of another shape, or of this one
        other = SHAPES[chance.choice(NAMES)]
        return replaced(shape, path, _at(other, chance.choice(paths(other))))
    if kind == 2:  # many times
        return replaced(shape, path, [_at(shape, path)] * chance.randint(2, 30))
    if kind == 3 and isinstance(_at(shape, path), dict):  # under another name
        return replaced(shape, path, _at(shape, path) | {chance.choice(FIELDS): chance.choice(WRONG)})
    if kind == 4:  # wrapped up
        return replaced(shape, path, {chance.choice(FIELDS): _at(shape, path)})
    return replaced(shape, path, chance.choice(WRONG))


def _at(node: Any, path: tuple[Any, ...]) -> Any:
    for name in path:
        node = node[name]
    return node


def _disturbed(body: bytes, chance: random.Random) -> bytes:
    where = chance.randrange(len(body) + 1)
    kind = chance.randrange(5)
    if kind == 0:
        return body[:where]
    if kind == 1:
        return body[:where] + chance.choice(PIECES) + body[where:]
    if kind == 2 and where < len(body):
        return body[:where] + bytes([body[where] ^ (1 << chance.randrange(8))]) + body[where + 1 :]
    if kind == 3:
        return body.replace(b'"', b"", 1) if chance.random() < 0.5 else body[:where] + body
    return body[:where] + chance.randbytes(chance.randint(1, 40)) + body[where:]


def test_whatever_comes_is_answered_and_only_what_is_signed_is_kept(capsys):
    chance = random.Random(SEED)
    knocks = Knocks(chance)
    made = mutations(chance)
    drawn = BODIES // BY_HYPOTHESIS
    for done in range(BODIES - drawn):
        knocks.post(next(made))
        if LONG and done % 5_000 == 4_999:
            with capsys.disabled():
                print(f"{done + 1:,} mutations, {len(knocks.wrong)} wrong", flush=True)

    @settings(
        max_examples=drawn,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def draw(data: Any) -> None:
        body: Any
        if data.draw(st.booleans()):
            body = SHAPES[data.draw(st.sampled_from(NAMES))]
            for _ in range(data.draw(st.integers(1, 3))):
                body = replaced(body, data.draw(st.sampled_from(paths(body))), data.draw(anything))
        else:
            body = data.draw(anything | st.binary(max_size=200))
        knocks.post(written(body))

    draw()
    done = sum(knocks.statuses.values())
    while done < BODIES:  # hypothesis does not repeat itself, so it may find fewer
        knocks.post(next(made))
        done += 1

    with all_tenants():
        kept = WebhookBody.objects.aggregate(times=Sum("times"))["times"] or 0
        stored = InboundUpdate.objects.count()
    accepted = sum(count for (good, status), count in knocks.statuses.items() if good and status == 200)
    told = ", ".join(
        f"{count:,} {'signed' if good else 'forged'} answered {status}"
        for (good, status), count in sorted(knocks.statuses.items())
    )
    if LONG:
        with capsys.disabled():
            verdict = "no 5xx, nothing unsigned accepted" if not knocks.wrong else f"{len(knocks.wrong)} WRONG"
            print(f"{done:,} bodies (seed {SEED}): {told}; {stored:,} updates kept: {verdict}", flush=True)
    assert knocks.wrong[:3] == []
    assert kept == accepted  # each that was answered 200 is there, and no other
