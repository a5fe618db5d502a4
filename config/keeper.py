"""Runs the embedded PostgreSQL for as long as anybody uses it. Started by config/embedded.py; imports nothing of ours.

Every process that uses the server holds a shared lock on one file, and the kernel lets go of it when the process dies,
however it dies. The keeper waits for the exclusive lock on that file: when it gets it, nobody is left, and it stops the
server. So nothing is left behind after a `kill -9` either, and there is no list of process ids that could go stale.
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time

GRACE_SECONDS = 30.0


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def stop_server(*, pid: int, grace: float = GRACE_SECONDS) -> None:
    """Stop the postmaster `pid`: clients are cut and the data is written; after `grace` seconds, harder each time."""
    for request in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        deadline = time.monotonic() + grace
        try:
            os.kill(pid, request)
        except ProcessLookupError:
            return
        while time.monotonic() < deadline:
            if not is_alive(pid):
                return
            time.sleep(0.01)


def keep(*, order: dict) -> int:
    """Start the server that `order` describes, or adopt the one it names, and stop it when its last user is gone.

    Answers the exit status. Ends early, with the server, when the server dies.
    """
    mine = os.open(order["keeper_lock"], os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return 0  # there is a keeper already

    def on_signal(*_: object) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    pid = order.get("adopt")
    if pid is None:
        with open(order["log"], "ab") as log:
            server = subprocess.Popen(
                order["command"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=order["environment"],
                cwd=order["folder"],
                start_new_session=True,
                **order["identity"],
            )
        pid = server.pid

        def reap() -> None:
            server.wait()
            os._exit(0)  # the server is gone: whoever needs it next starts another pair

        threading.Thread(target=reap, daemon=True).start()
    try:
        users = os.open(order["users_lock"], os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(users, fcntl.LOCK_EX)
    finally:
        stop_server(pid=pid)
    return 0


if __name__ == "__main__":
    sys.exit(keep(order=json.load(sys.stdin)))
