"""What the guide and the page tell a developer to write verifies what we send."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from standardwebhooks import WebhookVerificationError

from tests.messaging.webhooks.rows import EVENT, add, drain, happen

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[3]


def samples(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)\n```", (ROOT / "docs/webhooks.md").read_text(), re.DOTALL)


def run(code: str, secret: str, **names: Any) -> None:
    exec(compile(code.replace("whsec_…", secret), "docs/webhooks.md", "exec"), names)  # noqa: S102  (our own guide)


def test_five_lines_of_python_verify_what_arrives(alice, bob, receiver, capsys):
    (code,) = samples("python")
    assert len(code.splitlines()) == 5
    endpoint, other = add(alice, receiver.url), add(bob, receiver.url)
    now = timezone.now()
    happen(alice, at=now)
    drain(now=now)
    (request,) = receiver.requests
    run(code, endpoint.secret, body=request.body, headers=request.headers)
    assert capsys.readouterr().out == f"{EVENT} {{'order': 7, 'total': '25.00', 'currency': 'COP'}}\n"
    with pytest.raises(WebhookVerificationError):
        run(code, other.secret, body=request.body, headers=request.headers)
    with pytest.raises(WebhookVerificationError):
        run(code, endpoint.secret, body=request.body.replace(b"25.00", b"95.00"), headers=request.headers)


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_the_page_shows_the_same_lines(language, alice, browse):
    page = browse(alice).get("/user/webhooks").content.decode()
    shown = re.search(rf'<pre[^>]*id="verify-{language}"[^>]*>(.*?)</pre>', page, re.DOTALL)
    assert shown is not None
    assert html.unescape(shown[1]) == samples(language)[0]
