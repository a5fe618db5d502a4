"""Browsers and programs in plain words."""

from __future__ import annotations

import pytest
from django.utils import translation

from tenants.devices import describe

MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (MAC + "Version/18.0 Safari/605.1.15", "Safari en Mac"),
        (WINDOWS + "Chrome/130.0.0.0 Safari/537.36", "Chrome en Windows"),
        (WINDOWS + "Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0", "Edge en Windows"),
        (WINDOWS + "Chrome/130.0.0.0 Safari/537.36 OPR/115.0", "Opera en Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox en Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) CriOS/130.0 Mobile Safari/604.1", "Chrome en iPhone"),
        ("Mozilla/5.0 (Linux; Android 14) SamsungBrowser/26.0 Chrome/122.0", "Samsung Internet en Android"),
        ("Mozilla/5.0 (compatible; algo raro)", "Un navegador"),
        ("curl/8.5.0", "curl"),
        ("python-requests/2.32", "python-requests"),
        ("", "Un programa"),
        ("<script>alert(1)</script>", "Un programa"),
        ("x" * 300, "x" * 40),
    ],
)
def test_it_is_named_as_a_person_would(agent, words):
    with translation.override("es"):
        assert describe(agent) == words
