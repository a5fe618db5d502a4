"""Every route × method × {anonymous, owner, other tenant, deactivated, superadmin} × {own, foreign, absent id}.

Routes come from the URL resolver. A route without a row in ``ROUTES`` fails, so a new one has to say who may enter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from typing import Any

import pytest
from django.apps import apps
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tenants.models import TenantOwned, User
from tests.databases import look, taken_back

pytestmark = pytest.mark.django_db

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
ABSENT = 987_654_321


@dataclass(frozen=True)
class Public:
    """Anybody may enter; no tenant's row is behind it."""


@dataclass(frozen=True)
class Account:
    """Anybody signed in, of either role, and only about themselves. ``row`` is the model whose id is in the path."""

    row: str = ""


@dataclass(frozen=True)
class Tenant:
    """Tenants only. ``row`` is the model whose id stands in the path."""

    row: str = ""


@dataclass(frozen=True)
class Page:
    """A page for tenants: others are sent elsewhere."""

    row: str = ""


@dataclass(frozen=True)
class OwnPage:
    """A page about one's own account, for either role: a stranger is sent to the door."""


ROUTES: dict[str, Public | Account | Tenant | Page | OwnPage] = {
    "": Public(),
    "user": Page(),
    "login": Public(),
    "login/code": Public(),  # for whom a session knows that they gave the password just now
    "account/password": OwnPage(),
    "account/second-factor": OwnPage(),
    "account/proof": OwnPage(),
    "account/email/verify/<str:token>": Public(),  # whose account it is that a signed link names
    "account/email/confirm/<str:token>": Public(),
    "account/email/take-back/<str:token>": Public(),
    "own-data/<str:token>": Public(),
    "account/viewing/end": Public(),  # of whom it shows nothing it ends nothing
    "register": Public(),
    "logout": Public(),
    "language": Public(),  # of the browser, and of whoever is signed in
    "password-reset": Public(),
    "password-reset/done": Public(),
    "password-reset/complete": Public(),
    "password-reset/<uidb64>/<token>": Public(),
    "theme/<colour:accent>.css": Public(),
    "mail/unsubscribe/<str:token>": Public(),  # whose token it is that the link names
    "texts.js": Public(),
    "user/dashboard": Page(),
    "user/commercial/products": Page(),
    "user/commercial/chat": Page(),
    "user/personal/agenda": Page(),
    "user/personal/tasks": Page(),
    "user/personal/chat": Page(),
    "user/settings": Page(),
    "user/import": Page(),
    "user/import/sample": Page(),
    "user/api": Page(),
    "developers/<slug:name>": Public(),
    "user/whatsapp": Page(),
    "user/inbox": Page(),
    "user/analytics": Page(),
    "user/simulator": Page(),
    "calendar/<str:token>.ics": Public(),
    "healthz": Public(),
    "readyz": Public(),
    "metrics": Public(),  # for whom a token, or the machine itself, lets in
    "api/schema": Public(),
    "api/docs": Public(),
    "api/auth/register": Public(),
    "api/auth/login": Public(),
    "api/auth/refresh": Public(),
    "api/auth/logout": Account(),
    "api/auth/me": Account(),
    "api/auth/password": Account(),
    "api/auth/email": Account(),
    "api/auth/email/verification": Account(),
    "api/auth/sessions": Account(),
    "api/auth/sessions/<int:pk>": Account("tenants.SignIn"),
    "api/user/deletion": Tenant(),
    "api/user/data-export": Tenant(),
    "api/user/data-export/<int:pk>": Tenant("config.DataJob"),
    "api/user/preferences": Tenant(),
    "api/user/logo": Tenant(),
    "api/user/events": Tenant(),
    "api/user/limits": Tenant(),
    "api/user/usage": Tenant(),
    "api/user/products": Tenant(),
    "api/user/products/<int:pk>": Tenant("catalog.Product"),
    "api/user/products/<int:pk>/restore": Tenant("catalog.Product"),
    "api/user/products/<int:pk>/stock": Tenant("catalog.Product"),
    "api/user/products/categories": Tenant(),
    "api/user/products/count": Tenant(),
    "api/user/products/search": Tenant(),
    "api/user/orders": Tenant(),
    "api/user/orders/<int:pk>": Tenant("catalog.Order"),
    "api/user/orders/<int:pk>/approve": Tenant("catalog.Order"),
    "api/user/orders/<int:pk>/reject": Tenant("catalog.Order"),
    "api/user/personal/appointments": Tenant(),
    "api/user/personal/appointments/<int:pk>": Tenant("agenda.Appointment"),
    "api/user/personal/appointments/<int:pk>/cancel": Tenant("agenda.Appointment"),
    "api/user/personal/appointments/free": Tenant(),
    "api/user/personal/tasks": Tenant(),
    "api/user/personal/tasks/<int:pk>": Tenant("agenda.Task"),
    "api/user/personal/tasks/categories": Tenant(),
    "api/user/personal/changes": Tenant(),
    "api/user/personal/draft": Tenant(),
    "api/user/contacts": Tenant(),
    "api/user/contacts/<int:pk>": Tenant("tenants.Contact"),
    "api/user/contacts/export": Tenant(),
    "api/user/products/export": Tenant(),
    "api/user/personal/appointments/export": Tenant(),
    "api/user/personal/tasks/export": Tenant(),
    "api/user/chat/conversations/export": Tenant(),
    "api/user/products/import": Tenant(),
    "api/user/contacts/import": Tenant(),
    "api/user/personal/tasks/import": Tenant(),
    "api/user/personal/appointments/import": Tenant(),
    "api/user/imports": Tenant(),
    "api/user/imports/<int:pk>": Tenant("tenants.ImportJob"),
    "api/user/imports/<int:pk>/preview": Tenant("tenants.ImportJob"),
    "api/user/imports/<int:pk>/start": Tenant("tenants.ImportJob"),
    "api/user/imports/<int:pk>/cancel": Tenant("tenants.ImportJob"),
    "api/user/imports/<int:pk>/undo": Tenant("tenants.ImportJob"),
    "api/user/imports/<int:pk>/errors": Tenant("tenants.ImportJob"),
    "api/user/exports": Tenant(),
    "api/user/exports/<int:pk>": Tenant("tenants.ExportJob"),
    "api/user/exports/<int:pk>/file": Tenant("tenants.ExportJob"),
    "exports/<str:token>": Public(),  # for whom the address names, and signs, a file
    "api/user/keys": Tenant(),
    "api/user/keys/<int:pk>": Tenant("tenants.ApiKey"),
    "api/user/personal/changes/<int:pk>/undo": Tenant("agenda.Change"),
    "api/user/personal/calendar": Tenant(),
    "api/user/personal/calendar/feed": Tenant(),
    "api/user/personal/reminders": Tenant(),
    "api/user/notifications": Tenant(),
    "api/user/mail": Tenant(),
    "api/user/mail/test": Tenant(),
    "api/user/mail/letters": Tenant(),
    "api/user/notifications/read": Tenant(),
    "api/user/notifications/stream": Tenant(),
    "api/user/notifications/<int:pk>/read": Tenant("messaging.Notification"),
    "api/user/simulator": Tenant(),
    "api/user/simulator/messages": Tenant(),
    "api/user/simulator/read": Tenant(),
    "api/user/inbox": Tenant(),
    "api/user/inbox/counts": Tenant(),
    "api/user/inbox/stream": Tenant(),
    "api/user/inbox/<int:pk>": Tenant("messaging.Conversation"),
    "api/user/inbox/<int:pk>/messages": Tenant("messaging.Conversation"),
    "api/user/inbox/<int:pk>/notes": Tenant("messaging.Conversation"),
    "api/user/inbox/<int:pk>/products": Tenant("messaging.Conversation"),
    "api/user/inbox/<int:pk>/slots": Tenant("messaging.Conversation"),
    "api/user/inbox/<int:pk>/templates": Tenant("messaging.Conversation"),
    "api/user/inbox/<int:pk>/take-over": Tenant("messaging.Conversation"),
    "api/user/inbox/<int:pk>/hand-back": Tenant("messaging.Conversation"),
    "api/user/inbox/<int:pk>/read": Tenant("messaging.Conversation"),
    "api/user/unanswered": Tenant(),
    "api/user/unanswered/<int:pk>/dismiss": Tenant("messaging.UnansweredQuestion"),
    "api/user/unanswered/<int:pk>/restore": Tenant("messaging.UnansweredQuestion"),
    "api/user/attachments/<int:pk>": Tenant("messaging.Attachment"),
    "api/user/quick-replies": Tenant(),
    "api/user/quick-replies/<int:pk>": Tenant("messaging.QuickReply"),
    "api/user/channels": Tenant(),
    "api/user/channels/<int:pk>": Tenant("messaging.Channel"),
    "api/user/channels/<int:pk>/test": Tenant("messaging.Channel"),
    "api/user/channels/<int:pk>/check": Tenant("messaging.Channel"),
    "api/user/channels/<int:pk>/pause": Tenant("messaging.Channel"),
    "api/user/channels/<int:pk>/resume": Tenant("messaging.Channel"),
    "api/user/channels/<int:pk>/usage": Tenant("messaging.Channel"),
    "api/user/channels/<int:pk>/templates": Tenant("messaging.Channel"),
    "api/user/channels/<int:pk>/templates/refresh": Tenant("messaging.Channel"),
    "user/webhooks": Page(),
    "api/user/webhooks": Tenant(),
    "api/user/webhooks/events": Tenant(),
    "api/user/webhooks/<int:pk>": Tenant("messaging.WebhookEndpoint"),
    "api/user/webhooks/<int:pk>/rotate": Tenant("messaging.WebhookEndpoint"),
    "api/user/webhooks/<int:pk>/test": Tenant("messaging.WebhookEndpoint"),
    "api/user/webhooks/<int:pk>/deliveries": Tenant("messaging.WebhookEndpoint"),
    "api/user/webhooks/<int:pk>/deliveries/<int:delivery>": Tenant("messaging.WebhookDelivery"),
    "api/user/webhooks/<int:pk>/deliveries/<int:delivery>/redeliver": Tenant("messaging.WebhookDelivery"),
    "api/user/deliveries": Tenant(),
    "api/user/deliveries/<int:pk>": Tenant("messaging.Delivery"),
    "api/whatsapp/send": Tenant(),
    "api/whatsapp/link-phone": Tenant(),
    "api/whatsapp/link-phone/<int:pk>": Tenant("messaging.PhoneLink"),
    "api/user/chat/message": Tenant(),
    "api/user/chat/messages/<int:pk>": Tenant("messaging.Message"),
    "api/user/chat/messages/<int:pk>/stream": Tenant("messaging.Message"),
    "api/user/chat/messages/<int:pk>/retry": Tenant("messaging.Message"),
    "api/user/chat/conversations": Tenant(),
    "api/user/chat/stats": Tenant(),
    "api/user/chat/activity": Tenant(),
    "api/user/analytics": Tenant(),
    "api/user/analytics/export": Tenant(),
    "api/user/analytics/report": Tenant(),
    "api/user/chat/conversations/<int:pk>": Tenant("messaging.Conversation"),
    "api/whatsapp/webhook": Public(),  # for whom a signature proves to be Meta
    "api/whatsapp/verify": Public(),
}


def routes(patterns: list[Any] | None = None, prefix: str = "") -> Iterator[str]:
    """Every path of the project but Django's admin, whose own test follows below."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if pattern.app_name != "admin":
                yield from routes(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern) and path != "admin":
            yield path


def filled(route: str, pk: int | str) -> str:
    return "/" + re.sub(r"<[^>]+>", str(pk), route)


@cache
def _every_row() -> str:
    tables = [model._meta.db_table for model in apps.get_models() if issubclass(model, TenantOwned)]
    return " UNION ALL ".join(f"SELECT '{table}', t::text FROM {table} t" for table in tables) + " ORDER BY 1, 2"


def rows_of_everybody() -> list[tuple[Any, ...]]:
    """All rows of all tenant tables as PostgreSQL shows them, to see that nothing changed."""
    return look(_every_row())


def send(client: Client, method: str, path: str) -> HttpResponse:
    body = {} if method in {"GET", "HEAD", "OPTIONS"} else {"data": "{}", "content_type": "application/json"}
    return client.generic(method, path, **body)


@dataclass(frozen=True)
class Call:
    client: Client = field(repr=False, compare=False)
    person: str
    method: str
    path: str


def calls(clients: dict[str, Client], *paths: str) -> list[Call]:
    """Each of these people, by each method, to each path."""
    asked = product(METHODS, clients.items(), paths)
    return [Call(client, person, method, path) for method, (person, client), path in asked]


def ask(asked: list[Call]) -> dict[Call, HttpResponse]:
    """What each is answered. None may change anybody's rows: to look takes longest, so once behind all of them."""
    before = rows_of_everybody()
    answers, changed = _ask(asked, before)
    if changed:
        assert [call for call in asked if _ask([call], before)[1]] == [], "these change what is not theirs"
    assert not changed
    return answers


def _ask(asked: list[Call], before: list[tuple[Any, ...]]) -> tuple[dict[Call, HttpResponse], bool]:
    with taken_back():
        answers = {call: send(call.client, call.method, call.path) for call in asked}
        return answers, rows_of_everybody() != before


def content(response: HttpResponse) -> bytes:
    return b"".join(response.streaming_content) if getattr(response, "streaming", False) else response.content


def of_kind(*kinds: type) -> list[str]:
    return [route for route, kind in ROUTES.items() if isinstance(kind, kinds)]


def test_every_route_has_a_row_and_every_row_a_route():
    assert set(routes()) == set(ROUTES)


def path_of(route: str, world: Any) -> str:
    """The route with the id of the owner's row in it."""
    row = getattr(ROUTES[route], "row", "")
    return filled(route, world.rows[row] if row else 0)


@pytest.mark.parametrize("route", of_kind(Tenant, Account))
def test_who_may_call(route, world):
    kind, path = ROUTES[route], path_of(route, world)
    people = world.clients()
    for call, answer in ask(calls({name: people[name] for name in ("anonymous", "deactivated")}, path)).items():
        assert answer.status_code == 401, call
        assert answer["WWW-Authenticate"].startswith("Bearer"), call
        assert answer["Content-Type"] == "application/json" or call.method == "HEAD", call

    if isinstance(kind, Tenant):
        for call, answer in ask(calls({"root": people["root"]}, path)).items():
            assert answer.status_code == 403, call
    for method in METHODS:
        with taken_back():
            answer = send(people["owner"], method, path)
            assert answer.status_code not in {401, 403, 404}, method
            assert answer.status_code < 500, method
        if isinstance(kind, Account):
            with taken_back():
                answer = send(people["root"], method, path)
                if kind.row:  # which is the owner's
                    assert answer.status_code in {404, 405} or method == "OPTIONS", method
                else:
                    assert answer.status_code not in {401, 403, 404, 500}, method


@pytest.mark.parametrize("route", [route for route in of_kind(Tenant, Account) if ROUTES[route].row])
def test_a_foreign_row_is_as_absent_as_an_absent_one(route, world):
    paths = path_of(route, world), filled(route, ABSENT)
    answers = ask(calls({"other": world.client("other")}, *paths))
    by_path = [[(call, answer) for call, answer in answers.items() if call.path == path] for path in paths]
    for (call, foreign), (_absent, absent) in zip(*by_path, strict=True):
        assert (foreign.status_code, content(foreign)) == (absent.status_code, content(absent)), call
        assert foreign.headers.get("Content-Type") == absent.headers.get("Content-Type"), call
        assert foreign.status_code in {404, 405} or call.method == "OPTIONS", call


@pytest.mark.parametrize("route", of_kind(Public))
def test_public_routes_answer_everybody_alike(route, world):
    # Nothing runs here, and readyz says so.
    most = 503 if route == "readyz" else 499
    for call, answer in ask(calls(world.clients(), filled(route, 0))).items():
        assert answer.status_code <= most, call


@pytest.mark.parametrize("route", of_kind(Page))
def test_pages_send_each_role_to_its_own_side(route, world):
    path = path_of(route, world)
    assert world.browser("owner").get(path).status_code in {200, 302}
    assert world.browser("root").get(path)["Location"] == "/admin/dashboard"
    for person in ("anonymous", "deactivated"):
        answer = world.browser(person).get(path)
        assert answer.status_code == 302, person
        assert answer["Location"].startswith("/login"), person


@pytest.mark.parametrize("route", of_kind(OwnPage))
def test_pages_about_ones_own_account_want_somebody(route, world):
    browsers = {name: world.browser(name) for name in ("owner", "root", "anonymous", "deactivated")}
    for call, answer in ask(calls(browsers, filled(route, 0))).items():
        if call.person in {"owner", "root"}:
            assert answer.status_code in {200, 302, 400, 405}, call
        else:
            assert answer.status_code == 302, call
            assert answer["Location"].startswith("/login"), call


@pytest.mark.parametrize("path", ["/admin/", "/admin/dashboard", "/admin/tenants/user/", "/admin/password_change/"])
def test_the_admin_is_the_superadmins_only(path, world):
    assert world.browser("root").get(path).status_code in {200, 302, 404}
    assert world.browser("owner").get(path)["Location"] == "/user/dashboard"
    assert Client().get(path)["Location"].startswith(("/login", "/admin/login"))


def test_the_session_of_a_page_works_on_the_api_and_ends_with_deactivation(world):
    client = world.browser("owner")
    assert client.get("/api/user/preferences").status_code == 200
    User.objects.filter(pk=world.owner.pk).update(is_active=False)
    assert client.get("/api/user/preferences").status_code == 401


def test_a_session_must_send_the_csrf_token(world):
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.owner)
    answer = client.patch("/api/user/preferences", data={"tone": "brief"}, content_type="application/json")
    assert answer.status_code == 403
    assert answer["Content-Type"] == "application/json"
