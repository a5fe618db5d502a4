"""What a test does behind the pages' back, in the running system's database: functions by name, in one process.

Django takes seconds to load, so the process stays for the next who asks. ``python -m tests.browser.console`` is its
other end: a line of JSON in, a line of JSON out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from typing import Any

from django.conf import settings

from config.trial import Trial


class Console:
    """``call("tests.browser.rows.make_superadmin", "jefa")`` calls that function there. To be closed."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._process: subprocess.Popen[str] | None = None

    def call(self, name: str, *arguments: Any, **options: Any) -> Any:
        """What the function answers, as JSON has it. Raises RuntimeError with its traceback when it fails."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.browser.console"],
                cwd=settings.BASE_DIR,
                env=self._trial.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([name, arguments, options]) + "\n")
        self._process.stdin.flush()
        said = self._process.stdout.readline()
        answer, trouble = json.loads(said) if said else (None, "the console has ended")
        if trouble:
            raise RuntimeError(trouble)
        return answer

    def close(self) -> None:
        if self._process is not None:
            with self._process:  # its input ends, and so does it
                pass


def main() -> None:
    answers, sys.stdout = sys.stdout, sys.stderr  # what a function prints is no answer
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.db import connections
    from django.utils.module_loading import import_string

    for line in sys.stdin:
        name, arguments, options = json.loads(line)
        answer, trouble = None, ""
        try:
            answer = import_string(name)(*arguments, **options)
        except Exception:  # noqa: BLE001  (whatever it is, the test is told)
            trouble = traceback.format_exc()
        connections.close_all()
        answers.write(json.dumps([answer, trouble]) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
