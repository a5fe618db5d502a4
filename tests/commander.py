"""Commands on a data folder of their own, from one process that loads everything once and forks for each.

What `manage.py` does, less the seconds in which it loads Django. The settings are read once: a command that changes
what they are read from is followed by a new commander.

    with Commander({"DATA_DIR": "..."}) as manage:
        done = manage("restore", "one.tar", said="recado\\n")
"""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[1]


class Commander:
    """Calls answer as ``subprocess.run`` does. ``-c`` and a text runs that text, after ``django.setup()``."""

    def __init__(self, environment: dict[str, str]) -> None:
        kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "PYTEST_VERSION")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.commander"],
            cwd=ROOT,
            env=kept | {"DJANGO_SETTINGS_MODULE": "config.settings"} | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Commander:
        return self

    def __exit__(self, *_: object) -> None:
        with self._process:
            self._pipe("stdin").close()  # it ends when nobody can ask any more

    def __call__(self, *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "0").write_text(said)
            self._pipe("stdin").write(json.dumps([folder, *arguments]) + "\n")
            self._pipe("stdin").flush()
            line = self._pipe("stdout").readline()
            assert line, "the commander has died"
            out, error = ((Path(folder) / name).read_text() for name in "12")
            return subprocess.CompletedProcess(arguments, int(line), out, error)

    def _pipe(self, name: str) -> IO[str]:
        found: IO[str] | None = getattr(self._process, name)
        assert found is not None
        return found


def main() -> None:
    """Fork for each line of the input; answer with the status."""
    import django

    django.setup()
    with open(0, closefd=False) as asked:  # sys.stdin is the commands'
        while line := asked.readline():
            folder, *arguments = json.loads(line)
            child = os.fork()
            if child == 0:
                run(Path(folder), arguments)
                return  # and end as any process does, with what is registered for that
            _, status = os.waitpid(child, 0)
            os.write(1, f"{os.waitstatus_to_exitcode(status)}\n".encode())


def run(folder: Path, arguments: list[str]) -> None:
    """The command, with the files of ``folder`` in the place of the three standard streams."""
    for number, flags in ((0, os.O_RDONLY), (1, os.O_WRONLY | os.O_CREAT), (2, os.O_WRONLY | os.O_CREAT)):
        opened = os.open(folder / str(number), flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    if arguments[0] == "-c":
        (folder / "said.py").write_text(arguments[1])
        runpy.run_path(str(folder / "said.py"), run_name="__main__")
        return
    sys.argv = ["manage.py", *arguments]
    import manage

    manage.main()


if __name__ == "__main__":
    main()
