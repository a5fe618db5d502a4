"""The whole system as one command: it comes up, says so, heals, and leaves nothing behind."""

import fcntl
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from config.embedded import Server
from config.simulator.connection import read_connection

ROOT = Path(__file__).resolve().parents[2]
QUICK = {
    "HEALTH_CANARY_SECONDS": "1",
    "HEALTH_WORKER_IDLE_SECONDS": "5",
    "HEALTH_WORKER_BUSY_SECONDS": "12",
    "HEALTH_SCHEDULER_SECONDS": "8",
    "HEALTH_GRACE_SECONDS": "15",
    "HEALTH_WATCH_SECONDS": "0.5",
}
# 2 shared cores, and everything is loaded twice, one after the other: far more than it takes, far less than for ever.
UP_SECONDS = 300.0  # several systems start at once on a busy machine


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(what: Callable[[], object], *, seconds: float = UP_SECONDS, why: str = "it did not come true") -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, why
        time.sleep(0.1)


class System:
    """`manage.py up` on a folder and a port of its own."""

    def __init__(self, folder: Path) -> None:
        self.data_dir = folder / "var"
        self.port = free_port()
        self.log = folder / "up.log"
        self.process: psutil.Popen | None = None

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "PYTEST_VERSION")}
        return kept | QUICK | {"DATA_DIR": str(self.data_dir), "PORT": str(self.port), "DEMO": "0"} | more

    def launch(self, **more: str) -> None:
        with self.log.open("wb") as log:
            self.process = psutil.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=ROOT,
                env=self.environment(**more),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def start(self, **more: str) -> None:
        self.launch(**more)
        assert self.process is not None
        wait_until(lambda: self.announced() or self.process.poll() is not None, why=f"not up: {self.said()}")
        assert self.process.poll() is None, self.said()

    def announced(self) -> bool:
        return "Recado runs at" in self.said()

    def said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def get(self, path: str) -> tuple[int, dict]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException):
            return 0, {}
        finally:
            connection.close()

    def family(self) -> list[psutil.Process]:
        """Everything that belongs to it: what descends from it, and what has its folder in its environment."""
        found = []
        for process in psutil.process_iter():
            try:
                ours = process.environ().get("DATA_DIR") == str(self.data_dir)
                if ours or str(self.data_dir) in " ".join(process.cmdline()):
                    found.append(process)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return found

    def child(self, name: str) -> psutil.Process:
        """The web server, the queue or the clock."""
        assert self.process is not None
        (found,) = [child for child in self.process.children() if child.name() == f"recado-{name}"]
        return found

    def stop(self, number: int = signal.SIGINT) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(timeout=120)

    def sql(self, question: str) -> list[tuple]:
        server = Server(self.data_dir / "postgres")
        with psycopg.connect(server.url(), autocommit=True) as connection:
            answer = connection.execute(question)
            return answer.fetchall() if answer.description else []


@pytest.fixture(scope="module")
def system(tmp_path_factory) -> Iterator[System]:
    system = System(tmp_path_factory.mktemp("system"))
    try:
        system.start()
        yield system
    finally:
        if system.process and system.process.poll() is None:
            system.stop()
        for process in system.family():
            process.kill()


def lives(process: psutil.Process) -> bool:
    """Whether it runs. What has ended may wait a while for a parent to take note."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def is_ready(system: System) -> bool:
    return system.get("/readyz")[0] == 200


def ask_simulator(system: System, **more: str) -> dict:
    """What the stand-in for WhatsApp says of its number."""
    connection = read_connection(system.data_dir)
    assert connection is not None
    headers = {"Authorization": f"Bearer {more.get('token', connection.token)}"}
    http_connection = http.client.HTTPConnection("127.0.0.1", connection.port, timeout=20)
    try:
        http_connection.request("GET", f"/v25.0/{connection.phone_number_id}", headers=headers)
        return json.loads(http_connection.getresponse().read())
    except (OSError, http.client.HTTPException):
        return {}
    finally:
        http_connection.close()


def test_it_plays_whatsapp_while_there_is_no_real_number(system):
    assert ask_simulator(system)["display_phone_number"] == "Simulador"
    assert ask_simulator(system, token="wrong")["error"]["code"] == 190
    path = system.data_dir / "simulator.json"
    assert path.stat().st_mode & 0o077 == 0
    known = path.read_text()
    system.child("phones").kill()
    wait_until(lambda: "display_phone_number" in ask_simulator(system), why="nobody plays it any more")
    assert path.read_text() == known


def test_it_says_where_it_is_and_that_it_is_ready(system):
    assert f"Recado runs at http://127.0.0.1:{system.port}" in system.said()
    assert not re.search(r"^\S+ / \S+$", system.said(), re.MULTILINE), "no accounts without the demo"
    assert system.get("/healthz") == (200, {"status": "ok"})
    status, answer = system.get("/readyz")
    assert status == 200
    assert answer["status"] == "ok"
    assert {name: check["ok"] for name, check in answer["checks"].items()} == {
        "web": True,
        "database": True,
        "worker": True,
        "scheduler": True,
        "reminders": True,
        "outbox": True,
    }


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="the kernel does not say what is shared")
def test_its_processes_share_what_is_loaded(system):
    """Each that loaded for itself would add 60 to 120 MB; together they hold about 290."""
    held = 0.0
    for process in system.family():
        found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{process.pid}/smaps_rollup").read_text(), re.MULTILINE)
        held += int(found[1]) / 1024 if found else 0
    assert 100 < held < 400


def test_it_refuses_to_run_twice_on_the_same_data(system):
    again = subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=ROOT,
        env=system.environment(PORT=str(free_port())),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert again.returncode != 0
    assert "Recado already runs with the data in" in again.stderr
    assert "Traceback" not in again.stderr


def test_it_says_plainly_that_its_port_is_taken(system, tmp_path):
    other = subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=ROOT,
        env=system.environment(DATA_DIR=str(tmp_path)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert other.returncode != 0
    assert f"Port {system.port} on 127.0.0.1 cannot be used" in other.stderr
    assert "Traceback" not in other.stderr


def test_other_commands_share_its_database(system):
    said = subprocess.run(
        [sys.executable, "manage.py", "doctor"],
        cwd=ROOT,
        env=system.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "worker: alive" in said.stdout, said
    assert "scheduler: alive" in said.stdout
    assert is_ready(system)


def test_it_heals_a_queue_whose_idle_workers_stand_still(system):
    queue = system.child("queue")
    sentinel = queue.children()[0]
    for worker in sentinel.children():
        worker.suspend()  # as good as dead, and unlike a kill it never gets better by itself
    wait_until(lambda: not is_ready(system), seconds=40, why="readiness did not notice")
    reasons = system.get("/readyz")[1].get("reasons")
    assert not reasons or "worker stands still" in reasons[0]
    wait_until(lambda: is_ready(system), seconds=90, why=system.said()[-3000:])
    assert not lives(queue)
    assert not lives(sentinel)


def test_it_heals_after_an_idle_worker_was_killed(system):
    sentinel = system.child("queue").children()[0]
    sentinel.children()[0].kill()
    before = system.sql("SELECT now()")[0][0]
    wait_until(
        lambda: system.sql(f"SELECT 1 FROM config_heartbeat WHERE name = 'worker' AND beat_at > '{before}'"),
        seconds=90,
        why=system.said()[-3000:],
    )


def test_it_heals_a_scheduler_that_stands_still(system):
    clock = system.child("clock")
    clock.suspend()
    wait_until(lambda: not clock.is_running(), seconds=90, why="the clock was not replaced")
    wait_until(lambda: is_ready(system), seconds=60, why=system.said()[-3000:])


def test_it_starts_a_web_server_again_that_was_killed(system):
    web = system.child("web")
    workers = web.children()
    web.kill()
    wait_until(lambda: not web.is_running() and is_ready(system), seconds=60, why=system.said()[-3000:])
    assert not any(lives(worker) for worker in workers)


def test_it_starts_the_database_again_when_it_was_killed(system):
    pid = Server(system.data_dir / "postgres").pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: Server(system.data_dir / "postgres").pid() not in (None, pid), seconds=60)
    wait_until(lambda: is_ready(system), seconds=60, why=system.said()[-3000:])


def test_ctrl_c_leaves_no_process_and_the_data_stay(system):
    wait_until(lambda: is_ready(system), seconds=60)
    system.sql("CREATE TABLE kept AS SELECT 7 AS number")
    assert len(system.family()) > 5
    assert system.stop() == 0
    assert system.family() == []
    assert system.said().rstrip().endswith("Recado: stopped.")
    wait_until(lambda: not (system.data_dir / "postgres/data/postmaster.pid").exists(), seconds=20)

    system.start()
    assert system.sql("SELECT number FROM kept") == [(7,)]


def test_it_also_stops_cleanly_when_asked_by_sigterm(system):
    if system.process is None or system.process.poll() is not None:
        system.start()
    assert system.stop(signal.SIGTERM) == 0
    assert system.family() == []


def test_a_terminal_that_closes_while_it_starts_leaves_nothing(system):
    if system.process and system.process.poll() is None:
        system.stop()
    system.launch()
    wait_until(lambda: "Recado: database" in system.said(), why="it did not begin")
    assert system.stop(signal.SIGHUP) == 0
    assert system.family() == []
    assert not system.announced()


def test_nothing_is_left_when_it_is_killed_itself(system):
    if system.process is None or system.process.poll() is not None:
        system.start()
    assert system.process is not None
    system.process.kill()
    system.process.wait()
    wait_until(lambda: system.family() == [], seconds=30, why="something goes on")


def test_a_claim_on_the_data_ends_with_its_process(system):
    with (system.data_dir / "up.lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
