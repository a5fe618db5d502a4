"""Children that are stopped take their family with them, but not what was meant to outlive them."""

import sys
import time
from pathlib import Path

import psutil

from config.supervisor import Child

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


def written(path: Path) -> list[psutil.Process]:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline, "the child did not start its own"
        time.sleep(0.01)
    return [psutil.Process(int(pid)) for pid in path.read_text().split()]


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
