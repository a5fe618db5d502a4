"""The whole system, really running: `manage.py up` on the benchmarks' own folder and port, and what it holds."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import psutil
from django.conf import settings

from config.embedded import server

UP_SECONDS = 300.0


class SystemFault(RuntimeError):
    """The system did not come up, or ended."""


class System:
    """Processes of `manage.py up`, started by ``start`` and ended by ``stop``."""

    def __init__(self) -> None:
        self.log = Path(settings.DATA_DIR) / "up.log"
        self.process: psutil.Popen | None = None

    @property
    def address(self) -> tuple[str, int]:
        return settings.BIND_HOST, settings.PORT

    def start(self) -> None:
        with self.log.open("wb") as log:
            self.process = psutil.Popen(
                [sys.executable, str(settings.BASE_DIR / "manage.py"), "up"],
                cwd=settings.BASE_DIR,
                env={**os.environ, "RECADO_MAKE": "1"},  # so that it ends when we are killed
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + UP_SECONDS
        while "Recado runs at" not in self.said():
            if self.process.poll() is not None or time.monotonic() > deadline:
                said = self.said()[-2000:]
                self.stop()
                raise SystemFault(f"The system does not come up: {said}")
            time.sleep(0.1)

    def stop(self) -> None:
        if self.process is None:
            return
        family = [self.process, *self.process.children(recursive=True)] if self.process.is_running() else []
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(timeout=45)
        except psutil.TimeoutExpired:
            for one in family:
                if one.is_running():
                    one.kill()
        self.process = None

    def said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def memory(self) -> dict[str, float]:
        """Megabytes of each part of the system; a page that several processes map is counted once.

        Proportional set size of Linux' /proc/<pid>/smaps_rollup. Empty where there is no such file.
        """
        if self.process is None or not Path("/proc/self/smaps_rollup").exists():
            return {}
        held: dict[str, float] = {}
        for name, pid in self._parts():
            try:
                text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            except OSError:  # it has ended meanwhile, as database connections do
                continue
            if found := re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE):
                held[name] = held.get(name, 0.0) + int(found[1]) / 1024
        return held

    def _parts(self) -> list[tuple[str, int]]:
        assert self.process is not None  # noqa: S101
        parts = [("supervisor", self.process.pid)]
        names = {"config.web": "web", "qcluster": "queue", "clock": "clock", "config.simulator": "phones"}
        for child in self.process.children():
            line = " ".join(child.cmdline())
            name = child.name().removeprefix("recado-")  # a fork's; who does not fork is told by the command
            if name not in names.values():
                name = next((names[word] for word in names if word in line), "supervisor")
            parts += [(name, one.pid) for one in (child, *child.children(recursive=True))]
        postmaster = server(settings.DATA_DIR).pid()
        if postmaster is not None:
            main = psutil.Process(postmaster)
            parts += [("database", one.pid) for one in (main, *main.children(recursive=True))]
            keeper = main.parent()
            if keeper is not None and "keeper.py" in " ".join(keeper.cmdline()):
                parts.append(("database", keeper.pid))
        return parts
