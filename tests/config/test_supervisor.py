"""Children that are stopped take their family with them, but not what was meant to outlive them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from config.supervisor import FORKS, Child, Supervisor

forks = pytest.mark.skipif(not FORKS, reason="children are not forked on this system")

FAMILY = """
import pathlib, subprocess, sys, time
sleep = [sys.executable, "-c", "import time; time.sleep(300)"]
own_group = subprocess.Popen(sleep, process_group=0)
own_session = subprocess.Popen(sleep, start_new_session=True)
new = pathlib.Path(sys.argv[1] + ".new")
new.write_text(f"{own_group.pid} {own_session.pid}")
new.rename(sys.argv[1])
time.sleep(300)
"""


def wait_for(path: Path) -> str:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline, "the child did not get there"
        time.sleep(0.01)
    return path.read_text()


def written(path: Path) -> list[psutil.Process]:
    return [psutil.Process(int(pid)) for pid in wait_for(path).split()]


def test_stopping_ends_the_family_and_spares_what_has_a_session_of_its_own(tmp_path):
    child = Child("A child", [sys.executable, "-c", FAMILY, str(tmp_path / "pids")])
    child.start()
    own_group, own_session = written(tmp_path / "pids")
    try:
        child.stop(seconds=5)
        assert not own_group.is_running()
        # The database's keeper is one: a child that found the server gone has started both again.
        assert own_session.is_running()
        assert own_session.status() != psutil.STATUS_ZOMBIE
    finally:
        for process in (own_group, own_session):
            if process.is_running():
                process.kill()


@forks
def test_a_forked_child_starts_afresh_and_is_ended_with_its_family(tmp_path):
    """It shares what we have loaded and nothing else: no signal handler, no terminal, no process group."""
    found = tmp_path / "found"

    def look() -> None:
        sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [])
        handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
        fresh = not blocked and handlers == [signal.default_int_handler, signal.SIG_DFL]
        stdin = os.readlink("/proc/self/fd/0")
        new = found.with_suffix(".new")
        new.write_text(f"{sleeper.pid} {os.getsid(0)} {fresh} {stdin}")
        new.rename(found)
        time.sleep(300)

    child = Child("A child", ["never", "run"], run=look, title="recado-child")
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        child.start()
        sleeper, session, fresh, stdin = wait_for(found).split()
    finally:
        signal.signal(signal.SIGTERM, before)
    try:
        assert child.process is not None
        assert psutil.Process(child.process.pid).name() == "recado-child"
        assert (int(session), fresh, stdin) == (child.process.pid, "True", "/dev/null")
    finally:
        child.stop(seconds=5)
    assert not psutil.pid_exists(int(session))
    try:
        assert psutil.Process(int(sleeper)).status() == psutil.STATUS_ZOMBIE  # whoever inherited it is slow
    except psutil.NoSuchProcess:
        pass


@forks
def test_a_forked_child_that_ends_is_started_again(tmp_path):
    starts = tmp_path / "starts"

    def fall_over() -> None:
        with starts.open("a") as file:
            file.write(f"{os.getpid()}\n")
        raise SystemExit(3)

    child = Child("A child", ["never", "run"], run=fall_over, title="recado-child")
    child.pause = 0.01
    deadline = time.monotonic() + 60
    while not starts.exists() or len(set(starts.read_text().split())) < 2:
        assert time.monotonic() < deadline, "it was not started again"
        child.tend()
        time.sleep(0.01)
    child.stop(seconds=5)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_stops_when_it_is_asked_to(number):
    """Ctrl-C, whoever manages processes, and a terminal that closes."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {each: signal.signal(each, signal.SIG_DFL) for each in signals}
    child = Child("A child", [sys.executable, "-c", "import time; time.sleep(300)"])
    try:
        supervisor = Supervisor([child], watch=lambda: os.kill(os.getpid(), number), interval=0.0)
        supervisor.listen()
        supervisor.run()
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    assert supervisor.stopping
    assert child.process is None


def test_those_who_do_not_stop_share_one_patience(tmp_path, monkeypatch):
    """Asked at the same moment, they are waited for at the same time: whoever stops the system waits once."""
    monkeypatch.setattr("config.supervisor.STOP_SECONDS", 6.0)
    deaf = "import pathlib, signal, sys, time; signal.signal(15, signal.SIG_IGN); pathlib.Path(sys.argv[1]).touch()"
    children = []
    for number in range(4):
        ready = tmp_path / str(number)
        child = Child(f"Deaf {number}", [sys.executable, "-c", f"{deaf}; time.sleep(300)", str(ready)])
        child.start()
        wait_for(ready)
        children.append(child)
    began = time.monotonic()
    Supervisor(children).stop()
    assert time.monotonic() - began < 20  # one after the other they would have had 24
    assert all(child.process is None for child in children)
