"""What is refused of a server, said by the commands that a person would run."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config.embedded import SUPERUSER, Server
from config.moving import MoveError, count_rows, move_database
from tests.prepared import copy_prepared

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    """A server of our own, with our tables, to play somebody's server."""
    folder = tmp_path_factory.mktemp("servers")
    copy_prepared(folder)
    server = Server(folder / "postgres", durable=False)
    server.use()
    yield server
    server.release()


def run(command: list[str], *, url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_VERSION"}
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=environment | {"DATABASE_URL": url, "DATA_DIR": str(folder), "PORT": "18999", "DEMO": "0"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def make_database(server: Server, name: str, template: str) -> None:
    with psycopg.connect(server.url(role=SUPERUSER, database="postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER recado")


@pytest.mark.parametrize("command", [["migrate"], ["up"]])
def test_it_refuses_a_role_that_row_security_does_not_bind(server, tmp_path, command):
    said = run(command, url=server.url(role=SUPERUSER), folder=tmp_path)
    assert said.returncode != 0
    assert "is a superuser, so row security would not keep one tenant's data from another" in said.stderr
    assert "NOSUPERUSER NOBYPASSRLS" in " ".join(said.stderr.split())
    assert "Traceback" not in said.stderr


def test_it_refuses_a_role_with_bypassrls(server, tmp_path):
    with psycopg.connect(server.url(role=SUPERUSER, database="postgres"), autocommit=True) as connection:
        connection.execute("ALTER ROLE recado BYPASSRLS")
        try:
            said = run(["check", "--database", "default"], url=server.url(), folder=tmp_path)
        finally:
            connection.execute("ALTER ROLE recado NOBYPASSRLS")
    assert "«recado» has BYPASSRLS" in said.stderr


def test_it_says_how_to_add_vectors_when_it_may_not(server, tmp_path):
    make_database(server, "bare", "template0")
    said = run(["migrate"], url=server.url(database="bare"), folder=tmp_path)
    assert said.returncode != 0
    assert "in the database «bare»: CREATE EXTENSION vector;" in said.stderr


def test_it_says_plainly_that_a_server_does_not_answer(tmp_path):
    said = run(["up"], url="postgresql://recado@127.0.0.1:1/recado", folder=tmp_path)
    assert said.returncode != 0
    assert "The database does not answer" in said.stderr
    assert "Check DATABASE_URL" in said.stderr
    assert "Traceback" not in said.stderr


@pytest.fixture(scope="module")
def full_server(server) -> Server:
    """The same server with a few rows, some of them under row security, in odd spellings."""
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE notes (id int PRIMARY KEY, owner int, said text, place vector(2))")
        connection.execute("ALTER TABLE notes ENABLE ROW LEVEL SECURITY")
        connection.execute("ALTER TABLE notes FORCE ROW LEVEL SECURITY")
        connection.execute("CREATE POLICY own ON notes USING (owner = nullif(current_setting('t.o', true), '')::int)")
        connection.execute("SET t.o = '1'")
        odd = ["SET transaction_timeout = 0;", "\\.", "COPY notes FROM stdin;", "ñandú 🪶\nCREATE SCHEMA public;", ""]
        for number, text in enumerate(odd):
            connection.execute("INSERT INTO notes VALUES (%s, 1, %s, '[1,2]')", [number, text])
    return server


def test_it_moves_every_row_to_another_server(full_server):
    make_database(full_server, "target", "template1")
    moved = move_database(source=full_server, target_url=full_server.url(database="target"))
    assert moved["notes"] == 5
    assert moved["django_migrations"] > 10
    source, target = (full_server.url(role=SUPERUSER, database=name) for name in ("recado", "target"))
    assert count_rows(target) == count_rows(source) == moved
    with psycopg.connect(source) as here, psycopg.connect(target) as there:
        question = "SELECT * FROM notes ORDER BY id"
        assert here.execute(question).fetchall() == there.execute(question).fetchall()
        security = "SELECT relname, relrowsecurity, relforcerowsecurity, relowner FROM pg_class WHERE relkind = 'r' "
        security += "AND relnamespace = 'public'::regnamespace ORDER BY 1"
        assert here.execute(security).fetchall() == there.execute(security).fetchall()
        policies = "SELECT tablename, policyname, qual, with_check FROM pg_policies ORDER BY 1, 2"
        assert here.execute(policies).fetchall() == there.execute(policies).fetchall()


def test_it_does_not_move_into_a_database_that_has_tables(full_server):
    with pytest.raises(MoveError, match="Give an empty database"):
        move_database(source=full_server, target_url=full_server.url())


def test_it_does_not_move_to_a_role_that_row_security_does_not_bind(full_server):
    make_database(full_server, "empty", "template1")
    with pytest.raises(MoveError, match="ordinary role"):
        move_database(source=full_server, target_url=full_server.url(role=SUPERUSER, database="empty"))


def test_a_move_that_fails_leaves_the_target_empty(full_server):
    make_database(full_server, "narrow", "template1")
    url = full_server.url(database="narrow")
    with psycopg.connect(url, autocommit=True) as connection:
        # The last of the tables cannot be made, because its name is taken by something that is no table.
        connection.execute("CREATE VIEW tenants_user AS SELECT 1 AS one")
    with pytest.raises(MoveError, match="as it was"):
        move_database(source=full_server, target_url=url)
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
