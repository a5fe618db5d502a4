"""Browsers and programs in plain words, from what they call themselves: «Chrome en Android»."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

# In the order in which they are looked for: most of them also call themselves by the names of others.
_BROWSERS = (
    ("Edg", "Edge"),
    ("EdgA", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("FxiOS", "Firefox"),
    ("Firefox", "Firefox"),
    ("CriOS", "Chrome"),
    ("HeadlessChrome", "Chrome"),
    ("Chrome", "Chrome"),
    ("Version", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux"),
)
LONGEST = 40


def describe(agent: str) -> str:
    """What a person would call whatever calls itself ``agent``; never empty."""
    if agent.startswith("Mozilla/"):
        browser = next((name for mark, name in _BROWSERS if f"{mark}/" in agent), "")
        system = next((name for mark, name in _SYSTEMS if mark in agent), "")
        if browser and system:
            return _("%(browser)s en %(system)s") % {"browser": browser, "system": system}
        return browser or system or _("Un navegador")
    name = re.match(r"[\w .-]+", agent)
    return name[0].strip()[:LONGEST] if name and name[0].strip() else _("Un programa")
