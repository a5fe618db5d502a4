"""Workers that are killed again and again, each a process of its own, without loading Django for each of them.

``python -m tests.messaging.nursery <function>``: for each line that it is sent it forks a child that calls the function
and, when that is over, says the child's status in a line: 0, or the negative number of the signal that killed it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from types import TracebackType

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class Nursery:
    """The other end, as a context: ``begin`` has a child begin, ``wait`` answers how it ended."""

    def __init__(self, function: str, environment: dict[str, str]) -> None:
        command = [sys.executable, "-m", "tests.messaging.nursery", function]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True)

    def __enter__(self) -> Nursery:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: BaseException | TracebackType | None) -> None:
        if kind is not None:
            self._process.kill()
        with self._process:  # its input ends, and so does it
            pass

    def begin(self) -> None:
        assert self._process.stdin
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def wait(self) -> int:
        assert self._process.stdout
        return int(self._process.stdout.readline())


def main() -> None:
    import django

    django.setup()
    from django.utils.module_loading import import_string

    function = import_string(sys.argv[1])
    for _line in sys.stdin:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                function()
                status = 0
            except BaseException:  # noqa: BLE001  (whatever it was: this process is a copy, and ends here)
                traceback.print_exc()
            finally:
                os._exit(status)
        _pid, ended = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(ended)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
