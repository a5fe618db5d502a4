"""What people and programs are told when the database went away under their request."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from tenants.accounts import register
from tenants.authentication import issue_tokens
from tenants.models import User

pytestmark = pytest.mark.django_db(transaction=True)


def hang_up(on: int) -> None:
    """End the server's side of a connection, as its shutdown and an administrator do."""
    params = connection.get_connection_params()
    with psycopg.connect(
        **{key: params[key] for key in ("dbname", "user", "password", "host", "port") if key in params}
    ) as other:
        other.execute("SELECT pg_terminate_backend(%s, 10_000)", [on])


class Lost(Client):
    """A browser or program whose next request loses the database on its way; the one after that has it again."""

    def request(self, **environ: Any) -> HttpResponse:
        connection.ensure_connection()
        hang_up(connection.connection.info.backend_pid)
        try:
            return super().request(**environ)
        finally:
            connection.close()  # as Django does at the next request's begin, but for tests' clients


@pytest.fixture
def client() -> Lost:
    return Lost(raise_request_exception=False)


@pytest.fixture
def someone() -> User:
    return register(username="alguien", password="una-clave-larga-7", email="alguien@example.com")


@pytest.mark.parametrize(("language", "said"), [("es", "momento"), ("en", "moment"), ("pt", "instante")])
def test_the_api_says_to_come_again(client: Lost, someone: User, language: str, said: str) -> None:
    access = issue_tokens(user=someone).access_token
    asked = {"HTTP_AUTHORIZATION": f"Bearer {access}", "HTTP_ACCEPT_LANGUAGE": language}
    answer = client.get("/api/user/products", **asked)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert said in answer.json()["detail"]
    assert Client().get("/api/user/products", **asked).status_code == 200


def test_a_page_says_it_without_the_database(client: Lost, someone: User) -> None:
    signed_in = Client()
    signed_in.force_login(someone)
    client.cookies = signed_in.cookies
    answer = client.get("/user/dashboard")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "<h1" in answer.content.decode()
    assert signed_in.get("/user/dashboard").status_code == 200
