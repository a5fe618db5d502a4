"""The whole system on one machine: database, web, queue, clock. `make run` ends here."""

import http.client
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management import call_command, execute_from_command_line
from django.core.management.base import BaseCommand
from django.db import Error as DatabaseError
from django.db import connection
from django.utils import timezone

from config import web
from config.embedded import EmbeddedDatabaseError, server
from config.heartbeats import SCHEDULER, WORKER, free_tasks, read_pulses
from config.preload import limit_heaps, preload
from config.simulator.__main__ import serve as serve_simulator
from config.simulator.__main__ import webhook_url
from config.simulator.connection import prepare_connection
from config.startup import check_port, take_turn
from config.supervisor import FORKS, Child, Fork, Supervisor

logger = logging.getLogger(__name__)

_names = {"web": "The web server", "queue": "The queue", "clock": "The clock", "phones": "WhatsApp's simulator"}
QUEUE_NICENESS = 5  # of the queue: how far it lets the web server go first
MOST_DOUBLINGS = 3  # of the time that a child may take to its first sign of life
STALE_STOP_SECONDS = 5.0  # a cluster that hangs does not stop by itself


class Command(BaseCommand):
    help = "Run everything: the database, the web server, the queue and the clock. Ctrl-C stops all of it."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, _interrupt)
        signal.signal(signal.SIGINT, _interrupt)
        self._turn = take_turn(settings.DATA_DIR)
        try:
            check_port(settings.BIND_HOST, settings.PORT)
            self._run(accounts=self._prepare())
        except KeyboardInterrupt:
            pass
        finally:
            connection.close()
            if not settings.DATABASE_URL:
                server(settings.DATA_DIR).release()
            os.close(self._turn)

    def _prepare(self) -> list[str]:
        """Run `manage.py prepare` and answer the demo accounts.

        In a process of its own, because what it works with would stay in this one for as long as the system runs;
        where processes may fork, one that need not load everything once more.
        """
        if not settings.DATABASE_URL:
            server(settings.DATA_DIR).use()
        reading, writing = os.pipe()
        command = ["prepare", "--report", str(writing)]
        process: Fork | subprocess.Popen[bytes]
        if FORKS:
            process = Fork(partial(self._run_command, command, but=[self._turn, reading]), title="recado-prepare")
        else:
            process = subprocess.Popen([*_manage(), *command], pass_fds=[writing])
        os.close(writing)
        try:
            with os.fdopen(reading) as report:
                said = report.read()
            status = process.wait()
        finally:
            process.terminate()
            process.wait()
        if status:
            raise SystemExit(status)
        accounts: list[str] = json.loads(said)
        return accounts

    @staticmethod
    def _run_command(command: list[str], *, but: Sequence[int]) -> None:
        """What manage.py does, in a fork, without these descriptors of ours."""
        for descriptor in but:
            os.close(descriptor)
        try:
            execute_from_command_line(["manage.py", *command])
        except EmbeddedDatabaseError as error:
            sys.exit(f"recado: {error}")

    def _run(self, *, accounts: list[str]) -> None:
        self._started_at = time.monotonic()
        simulator = self._prepare_simulator()
        limit_heaps()
        if FORKS:
            preload()
        self.web = self._child("web", [sys.executable, "-m", "config.web"], run=web.serve)
        self.queue = self._child("queue", [*_manage(), "qcluster"], run=_work)
        self.clock = self._child("clock", [*_manage(), "clock"], run=partial(call_command, "clock"))
        supervisor = Supervisor(
            [self.web, self.queue, self.clock, *simulator],
            watch=self._watch,
            interval=settings.HEALTH["WATCH_SECONDS"],
            end_with_parent=bool(os.environ.get("RECADO_MAKE")),
        )
        supervisor.listen()
        self._unannounced: list[str] | None = accounts
        self._restarts = {WORKER: 0, SCHEDULER: 0}
        supervisor.run()
        self._say("Recado: stopped.")

    def _prepare_simulator(self) -> list[Child]:
        """Who plays WhatsApp while there is no real number to share. The settings name it, in every process."""
        if not settings.WHATSAPP_SIMULATOR:
            return []
        connection = prepare_connection(settings.DATA_DIR)
        settings.WHATSAPP.update(connection.settings())
        posts_to = webhook_url(settings.BIND_HOST, settings.PORT)
        run = partial(serve_simulator, connection, webhook_url=posts_to)
        return [self._child("phones", [sys.executable, "-m", "config.simulator"], run=run)]

    def _child(self, part: str, command: Sequence[str], *, run: Callable[[], object]) -> Child:
        def run_without_turn() -> None:
            os.close(self._turn)  # a child that survives us for a moment must not keep the next run from starting
            run()

        return Child(_names[part], command, run=run_without_turn, title=f"recado-{part}")

    def _watch(self) -> None:
        """Restart what stands still, the database included, and say when everything is up."""
        try:
            # Whether it answers is seen by asking below, over a connection that is kept: a new one each time is dearer.
            if not settings.DATABASE_URL and server(settings.DATA_DIR).pid() is None:
                logger.warning("The database is gone; it is started again.")
                server(settings.DATA_DIR).use()
            pulses = {pulse.name: pulse for pulse in read_pulses(now=timezone.now())}
        except (DatabaseError, EmbeddedDatabaseError) as error:
            logger.warning("The database does not answer: %s", str(error).strip())
            return
        finally:
            connection.close()  # a child that inherited it across its fork would read it, too
        if self._unannounced is not None and all(pulse.is_alive for pulse in pulses.values()) and _web_answers():
            self._announce(self._unannounced)
            self._unannounced = None
        for name, child in ((WORKER, self.queue), (SCHEDULER, self.clock)):
            # A child that has just begun is judged by its own time, not by its predecessor's last beat.
            grace = settings.HEALTH["GRACE_SECONDS"] * 2 ** self._restarts[name]
            if pulses[name].is_alive:
                if child.seconds_running > grace:
                    self._restarts[name] = 0
                continue
            if child.seconds_running < grace:
                continue
            # Twice as long the next time: a machine that is slow to start must not be restarted for ever.
            self._restarts[name] = min(self._restarts[name] + 1, MOST_DOUBLINGS)
            logger.warning("%s; all of it is started again.", pulses[name].reason.capitalize())
            child.stop(seconds=STALE_STOP_SECONDS)
            if child is self.queue and not settings.DATABASE_URL:
                self._free_tasks()
            child.start()

    def _free_tasks(self) -> None:
        try:
            free_tasks(now=timezone.now())
        except DatabaseError as error:
            logger.warning("What the queue had taken waits until its time is up: %s", str(error).strip())
        finally:
            connection.close()

    def _announce(self, accounts: list[str]) -> None:
        seconds = time.monotonic() - self._started_at
        self._say(f"\nRecado runs at {settings.SITE_URL} (ready after {seconds:.0f} s). Ctrl-C stops it.")
        if accounts:
            self._say("Log in as one of these (username / password):")
        for line in accounts:
            self._say(line)

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _manage() -> list[str]:
    return [sys.executable, str(settings.BASE_DIR / "manage.py")]


def _work() -> None:
    # Where there is too little of the machine, what people and WhatsApp send is stored first, and worked on then.
    os.nice(QUEUE_NICENESS)
    call_command("qcluster")


def _web_answers() -> bool:
    """Whether the web server answers anything at all; what it says is readiness' affair."""
    connection = http.client.HTTPConnection(settings.BIND_HOST, settings.PORT, timeout=5)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
