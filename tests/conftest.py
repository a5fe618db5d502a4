"""What every test may use: two tenants who must not see each other, a superadmin, and clients for them."""

from __future__ import annotations

import gc
import os
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client, TransactionTestCase, override_settings
from django.utils import translation
from django.utils.translation.reloader import translation_file_changed
from rest_framework.test import APIClient

from config.translations import LOCALE, compile_translations
from messaging import streams
from messaging.streams import switchboard
from tenants.accounts import register
from tenants.authentication import issue_tokens
from tenants.models import Plan, User
from tests import databases

PASSWORD = "una-clave-larga-7"
BROWSER = "tests/browser"
# What takes longest, by how much it has to wait for: whoever has one of these begins with it.
LONG = (BROWSER, "tests/config/test_bench.py", "tests/config/test_up.py", "tests/config/test_chaos_whatsapp.py")


def unit_of(nodeid: str) -> str:
    """What one worker runs alone: a file; and all that is seen in a browser, since one system and one browser do."""
    path = nodeid.split("::", 1)[0]
    return BROWSER if path.startswith(f"{BROWSER}/") else path


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `--dist loadfile`."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class LoadUnits(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return unit_of(nodeid)

    config.option.loadscopereorder = False  # they come in order
    return LoadUnits(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """For several workers: the longest first, then the largest, so that none works on when the others are done."""
    if hasattr(config, "workerinput"):
        sizes = Counter(unit_of(item.nodeid) for item in items)
        rank = {unit: (LONG.index(unit) if unit in LONG else len(LONG), -sizes[unit], unit) for unit in sizes}
        items.sort(key=lambda item: rank[unit_of(item.nodeid)])


# Pages without the manifest that collectstatic writes, passwords without their cost, no rate limits.
QUICK = override_settings(
    STORAGES=settings.STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}},
    LIMITS=False,
    # What people write goes where pytest-django looks (EMAIL_BACKEND is its own), and so does what is handed over.
    MAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
    # Argon2 is slow on purpose; tests/tenants/test_hashing.py checks that it is what people get.
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
)


def pytest_configure() -> None:
    """A clean checkout has no compiled catalogues; and by now Django has read those that were there."""
    for written in compile_translations(LOCALE):
        translation_file_changed(sender=None, file_path=written)
    QUICK.enable()
    TransactionTestCase._fixture_teardown = databases.empty_tables


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What was imported and collected stays, so nobody need look through it again for what can be thrown away."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _house_language():
    """A request that a test sends leaves its language to the thread, and so to the test after it."""
    with translation.override("es"):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings, django_db_keepdb, django_db_blocker):
    """Of several processes one migrates, and all take copies."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    if not run or django_db_keepdb:
        yield
        return
    template = databases.Template(run=run)
    with django_db_blocker.unblock():
        template.use()
    yield
    with django_db_blocker.unblock():
        template.leave()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup):
    """The test database can only be dropped when the thread that wakes the streams listens no more."""
    yield
    switchboard.close()


@pytest.fixture
def alice(db) -> User:
    """A tenant."""
    return register(username="alice", password=PASSWORD, email="alice@example.com")


@pytest.fixture
def bob(db) -> User:
    """Another tenant, who must stay invisible."""
    return register(username="bob", password=PASSWORD, email="bob@example.com", timezone="America/Mexico_City")


@pytest.fixture
def root(db) -> User:
    """A superadmin, who owns no tenant data."""
    return User.objects.create_superuser("root", "root@example.com", PASSWORD)


@pytest.fixture
def plans(db) -> dict[str, Plan]:
    """The plans that an installation begins with, by code; a test that truncates tables takes them away."""
    Plan.objects.all().delete()
    rows = [
        Plan(
            code="free", name="Gratis", is_default=True, turns=2000, tokens=3_000_000, money=5, messages=1000, order=1
        ),
        Plan(code="pro", name="Pro", turns=20_000, tokens=30_000_000, money=50, messages=10_000, order=2),
        Plan(code="custom", name="A medida", order=3),
    ]
    return {plan.code: plan for plan in Plan.objects.bulk_create(rows)}


@pytest.fixture
def api() -> Callable[..., APIClient]:
    """``api(user)`` is a client with that person's token; ``api()`` is anonymous."""

    def client(user: User | None = None) -> APIClient:
        made = APIClient()
        if user is not None:
            made.credentials(HTTP_AUTHORIZATION=f"Bearer {issue_tokens(user=user).access_token}")
        return made

    return client


@pytest.fixture
def browse() -> Callable[[User], Client]:
    """``browse(user)`` is Django's test client with that person's session."""

    def client(user: User) -> Client:
        made = Client()
        made.force_login(user)
        return made

    return client


@pytest.fixture
def one_connection(db):
    """The test's own transaction lives on one connection, so requests must not close it (as Django's client does)."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def short_streams(monkeypatch):
    """A stream without end would be read to its end."""
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.02)
    monkeypatch.setattr(streams, "STREAM_SECONDS", 0.05)


@pytest.fixture
def bearer(alice) -> dict[str, str]:
    return {"Authorization": f"Bearer {issue_tokens(user=alice).access_token}"}
