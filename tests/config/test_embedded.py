"""The embedded PostgreSQL, on real servers in temporary folders."""

import os
import pwd
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from config.embedded import MAJOR_VERSION, SUPERUSER, EmbeddedDatabaseError, Server

ROOT = Path(__file__).resolve().parents[2]
USER = """
import sys
from pathlib import Path
from config.database import database_url
print(database_url(Path(sys.argv[1]), durable=False), flush=True)
sys.stdin.read()
"""


def wait_until(what: Callable[[], object], *, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Iterator[Path]:
    """A data folder whose cluster has been made; nothing runs in it."""
    folder = tmp_path_factory.mktemp("embedded")
    made = Server(folder / "postgres", durable=False)
    made.use()
    made.release()
    return folder


@pytest.fixture
def server(cluster) -> Iterator[Server]:
    server = Server(cluster / "postgres", durable=False)
    server.use()
    yield server
    server.release()


@pytest.fixture
def start_user(cluster) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Start other processes that use the database of `cluster`, each until it is told to end."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", USER, str(cluster)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout
        assert process.stdout.readline().startswith("postgresql://")
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
    wait_until(lambda: Server(cluster / "postgres").pid() is None)


def ask(server: Server, question: str, **options: str) -> object:
    with psycopg.connect(server.url(**options)) as connection:
        row = connection.execute(question).fetchone()
    return row[0] if row else None


def test_its_role_is_bound_by_row_security_and_owns_its_database(server):
    with psycopg.connect(server.url()) as connection:
        role = connection.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    assert role == ("recado", False, False, False)
    assert ask(server, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()") == "recado"


def test_it_has_vectors_in_its_database_and_in_those_made_for_tests(server):
    assert ask(server, "SELECT '[1,2]'::vector <-> '[1,3]'::vector") == 1
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE another")
    try:
        assert ask(server, "SELECT '[1,2]'::vector <-> '[1,3]'::vector", database="another") == 1
    finally:
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute("DROP DATABASE another")


def test_it_listens_on_a_socket_that_only_its_owner_reaches(server):
    assert ask(server, "SELECT current_setting('listen_addresses')") == ""
    for folder in (server.home, server.data, server.socket_folder()):
        state = folder.stat()
        assert stat.S_IMODE(state.st_mode) == 0o700, folder
        assert state.st_uid == server.data.stat().st_uid


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_it_refuses_other_people_of_the_machine_even_with_the_folders_open(server, tmp_path):
    parents = [folder for folder in server.home.parents if "pytest-of-" in str(folder)]
    folders = [server.socket_folder(), server.home, *parents]
    modes = [folder.stat().st_mode for folder in folders]
    try:
        for folder in folders:
            folder.chmod(0o755)
        (server.socket_folder() / ".s.PGSQL.5432").chmod(0o777)
        client = [str(server.binaries() / "psql"), "-w", "-h", str(server.socket_folder()), "-c", "SELECT 1"]
        for role in ("recado", SUPERUSER):
            tried = subprocess.run(
                [*client, "-U", role, "-d", "recado"],
                user="nobody",
                group=pwd.getpwnam("nobody").pw_gid,
                extra_groups=[],
                cwd="/",
                capture_output=True,
                text=True,
                check=False,
            )
            assert tried.returncode != 0
            assert "authentication failed" in tried.stderr
    finally:
        for folder, mode in zip(folders, modes, strict=True):
            folder.chmod(stat.S_IMODE(mode))
        (server.socket_folder() / ".s.PGSQL.5432").chmod(0o700)


def test_many_processes_share_one_server_and_the_last_one_ends_it(cluster, start_user):
    first, second = start_user(), start_user()
    server = Server(cluster / "postgres")
    pid = server.pid()
    assert pid is not None
    first.communicate("")
    assert server.pid() == pid
    second.communicate("")
    assert server.pid() is None
    assert not psutil.pid_exists(pid)


def test_it_ends_when_its_only_user_is_killed(cluster, start_user):
    user = start_user()
    pid = Server(cluster / "postgres").pid()
    assert pid is not None
    user.kill()
    wait_until(lambda: not psutil.pid_exists(pid))


def test_it_comes_back_after_the_server_was_killed(cluster, server):
    with psycopg.connect(server.url()) as connection:
        connection.execute("SET synchronous_commit = on")  # as it is outside tests
        connection.execute("CREATE TABLE IF NOT EXISTS kept (number int)")
        connection.execute("INSERT INTO kept VALUES (7)")
    os.kill(server.pid() or 0, signal.SIGKILL)
    wait_until(lambda: not server.answers())
    server.use()
    assert ask(server, "SELECT number FROM kept") == 7
    with psycopg.connect(server.url()) as connection:
        connection.execute("DROP TABLE kept")


def test_it_survives_its_keeper_and_is_still_ended_by_its_last_user(cluster, start_user):
    user = start_user()
    server = Server(cluster / "postgres")
    pid = server.pid()
    assert pid is not None
    keeper = psutil.Process(pid).parent()
    assert keeper is not None
    keeper.kill()
    user.communicate("")
    assert not psutil.pid_exists(pid)


def test_it_starts_over_the_leftovers_of_a_machine_that_went_down(cluster):
    server = Server(cluster / "postgres", durable=False)
    stranger = subprocess.Popen(["sleep", "60"], user=server.data.stat().st_uid if os.geteuid() == 0 else None)
    try:
        # The id in the file belongs to somebody else now: PostgreSQL itself would refuse to start.
        (server.data / "postmaster.pid").write_text(f"{stranger.pid}\n{server.data}\n1\n5432\n/tmp\n\n 1 1\nready\n")
        (server.socket_folder() / ".s.PGSQL.5432.lock").write_text(f"{stranger.pid}\n{server.data}\n1\n5432\n/tmp\n")
        for name in ("start.lock", "users.lock", "keeper.lock"):
            (server.home / name).touch()
        assert server.pid() is None
        server.use()
        assert ask(server, "SELECT 1") == 1
    finally:
        server.release()
        stranger.kill()
        stranger.wait()


def test_it_says_what_to_do_about_data_of_another_version(tmp_path):
    data = tmp_path / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("16\n")
    with pytest.raises(
        EmbeddedDatabaseError, match=rf"PostgreSQL 16, .* brings PostgreSQL {MAJOR_VERSION}.*move_database"
    ):
        Server(tmp_path / "postgres").use()
    assert [path.name for path in data.iterdir()] == ["PG_VERSION"]


def test_it_leaves_alone_a_folder_with_something_else_in_it(tmp_path):
    data = tmp_path / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "novel.txt").write_text("Call me Ishmael.")
    with pytest.raises(EmbeddedDatabaseError, match="holds no PostgreSQL data"):
        Server(tmp_path / "postgres").use()
    assert (data / "novel.txt").exists()


def test_it_starts_in_a_folder_with_a_long_and_difficult_name(tmp_path):
    folder = tmp_path / 'la tienda de «Ñandú», 100% "mía"' / ("x" * 120)
    server = Server(folder / "postgres", durable=False)
    try:
        server.use()
        assert len(os.fsencode(server.socket_folder())) < 100
        assert stat.S_IMODE(server.socket_folder().stat().st_mode) == 0o700
        assert ask(server, "SELECT current_user") == "recado"
    finally:
        server.release()
        if server.socket_folder().exists():
            server.socket_folder().rmdir()


def test_it_refuses_a_socket_folder_that_somebody_else_has_put_there(tmp_path):
    server = Server(tmp_path / ("x" * 120) / "postgres", durable=False)
    trap = server.socket_folder()
    trap.symlink_to(tmp_path)
    try:
        with pytest.raises(EmbeddedDatabaseError, match="belongs to somebody else"):
            server.use()
    finally:
        server.release()
        trap.unlink()


def test_an_interrupted_beginning_leaves_no_half_cluster(tmp_path):
    server = Server(tmp_path / "postgres", durable=False)
    half = server.home / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text(str(MAJOR_VERSION))
    try:
        server.use()
        assert ask(server, "SELECT 1") == 1
        assert not half.exists()
    finally:
        server.release()
