"""Who the demo's people are, and when passwords that everybody knows may be used."""

from __future__ import annotations

import secrets
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings

from tenants.models import User

SUPERADMIN = "admin"
SUPERADMIN_EMAIL = "admin@example.com"

# Published with the source, so they open nothing but a site that only its own machine can reach.
KNOWN_PASSWORDS = {
    "ferreteria": "tornillo-feliz-24",
    "moda": "jacaranda-lila-31",
    "electronica": "chispa-azul-57",
    SUPERADMIN: "llave-maestra-90",
}

LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


class Account(NamedTuple):
    """Somebody who can log in, with the password in clear."""

    username: str
    password: str

    def __str__(self) -> str:
        return f"{self.username} / {self.password}"


class PublicSite(Exception):
    """The site can be reached from elsewhere, and nobody asked for demo accounts by ``DEMO=1``."""

    def __init__(self) -> None:
        super().__init__(
            f"No demo accounts were made: their passwords are public, and the site (SITE_URL={settings.SITE_URL}, "
            f"BIND_HOST={settings.BIND_HOST}) is not for this machine alone. Set DEMO=1 to have them with random "
            "passwords, which are printed once."
        )


def is_local() -> bool:
    """Whether the site's address and the address it listens on are this machine's own."""
    return urlsplit(settings.SITE_URL).hostname in LOCAL_HOSTS and settings.BIND_HOST in LOCAL_HOSTS


def choose_password(username: str) -> str:
    """The known password on a local site, else a random one of 96 bits. Raises PublicSite unless DEMO asks for it."""
    if is_local():
        return KNOWN_PASSWORDS[username]
    if not settings.DEMO:
        raise PublicSite
    return secrets.token_urlsafe(12)


def demo_accounts() -> list[Account]:
    """The demo's accounts that the known passwords still open: not those that were changed, removed or switched off."""
    people = {person.username: person for person in User.objects.filter(username__in=KNOWN_PASSWORDS, is_active=True)}
    return [
        Account(username, password)
        for username, password in KNOWN_PASSWORDS.items()
        if username in people and people[username].check_password(password)
    ]
