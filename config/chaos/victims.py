"""The processes that are killed, and who starts them again when nobody else does."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
from django.conf import settings

from agenda.perils import LOG_VARIABLE, VARIABLE
from config.benchmarks.system import System
from config.chaos.service import serve
from config.embedded import server


class Victims:
    """Services that send (``manage.py send_reminders --loop``) and, if wanted, a whole system beside them.

    ``shares`` says how often who passes a named point dies there, ``kinds`` who else dies.
    """

    def __init__(
        self,
        *,
        services: int,
        with_system: bool,
        shares: dict[str, float],
        every: float = 0.0,
        kinds: Sequence[str] = (),
    ) -> None:
        self.killed: Counter[str] = Counter()
        self._kinds = list(kinds) or (
            ["postgresql", "service", "worker", "clock"]
            if with_system
            else ["postgresql", "service", "service", "service"]
        )
        self.system = System() if with_system else None
        self._log = Path(settings.DATA_DIR) / "perils.log"
        self._output = Path(settings.DATA_DIR) / "services.log"
        os.environ[VARIABLE], os.environ[LOG_VARIABLE] = json.dumps(shares), str(self._log)
        self._every = every
        self._services: list[Any] = [None] * services
        self._nursery = multiprocessing.get_context("forkserver")
        self._nursery.set_forkserver_preload(["config.chaos.service"])

    def start(self) -> None:
        if self.system is not None:
            self.system.start()
        self.revive()

    def revive(self) -> None:
        """Start again the services that died. The system looks after itself: that is its promise."""
        for place, service in enumerate(self._services):
            if service is None or not service.is_alive():
                self._services[place] = self._start_service()

    def kill_one(self) -> str:
        """SIGKILL to somebody at random. Returns whom."""
        kind = random.choice(self._kinds)  # noqa: S311
        if kind == "postgresql":
            kind = self._kill_database()
        else:
            found = self._of_kind(kind)
            if not found:
                return "nobody"
            random.choice(found).kill()  # noqa: S311
        self.killed[kind] += 1
        return kind

    def stop(self) -> None:
        for service in self._services:
            if service is not None:
                service.terminate()
                service.join(timeout=15)
                service.kill()
        if self.system is not None:
            self.system.stop()

    def deaths(self) -> Counter[str]:
        """How many died, by whom the command killed and by the named points that killed them."""
        points = self._log.read_text().split() if self._log.exists() else []
        return self.killed + Counter(points)

    def _start_service(self) -> Any:
        process = self._nursery.Process(
            target=serve, kwargs={"every": self._every, "output": self._output}, daemon=True
        )
        process.start()
        return process

    def _kill_database(self) -> str:
        """The whole server, or one of its processes that serves somebody: then it recovers by itself."""
        pid = server(settings.DATA_DIR).pid()
        if pid is None:
            return "nobody"
        postmaster = psutil.Process(pid)
        serving = [one for one in postmaster.children() if "idle" in " ".join(one.cmdline())]
        if serving and random.random() < 0.5:  # noqa: S311
            random.choice(serving).kill()  # noqa: S311
            return "backend"
        postmaster.kill()
        return "postgresql"

    def _of_kind(self, kind: str) -> list[Any]:
        if kind == "service":
            return [one for one in self._services if one is not None and one.is_alive()]
        if self.system is None or self.system.process is None:
            return []
        parts = {one.name(): one for one in self.system.process.children()}
        part = parts.get({"clock": "recado-clock", "worker": "recado-queue", "web": "recado-web"}[kind])
        if part is None:
            return []
        return [part] if kind == "clock" else [part, *part.children(recursive=True)]
