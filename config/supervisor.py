"""Keeps a few child processes running, and leaves none behind.

Each child leads a process group of its own, so that its whole family can be ended and a Ctrl-C of the terminal reaches
only us. A child that ends is started again, each time after a longer pause. If we are killed ourselves, the kernel
tells the children (Linux), and they end.

On Linux children are forked: what we have loaded they share, instead of loading it once each. So we must have no
threads, and use no connection, when one is started.
"""

import ctypes
import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

import psutil

logger = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds before a child that ended is started again
STEADY_SECONDS = 60.0  # who ran that long begins with the first pause again
STOP_SECONDS = 15.0  # how long a child may take to end by itself
FORKS = sys.platform == "linux"  # elsewhere libraries of the system may break in a forked child
_SET_PARENT_DEATH_SIGNAL, _SET_NAME = 1, 15  # PR_SET_PDEATHSIG and PR_SET_NAME, linux/prctl.h
_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Child:
    """One process that is to run all the time.

    ``command`` starts it. Where ``run`` is given and processes may fork, it runs that instead, in a copy of ours, and
    the kernel calls it ``title`` (``ps -e``, ``top``): its command line stays ours.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        run: Callable[[], object] | None = None,
        title: str = "",
        environment: dict[str, str] | None = None,
    ) -> None:
        self.name = name
        self.command = list(command)
        self.run = run
        self.title = title
        self.environment = environment
        self.process: subprocess.Popen[bytes] | Fork | None = None
        self.started_at = 0.0
        self.start_at = 0.0
        self.pause = FIRST_PAUSE

    @property
    def seconds_running(self) -> float:
        return time.monotonic() - self.started_at if self.process else 0.0

    def start(self) -> None:
        if self.run is not None and FORKS:
            self.process = Fork(self.run, title=self.title)
        else:
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,
            )
        self.started_at = time.monotonic()

    def tend(self) -> None:
        """Start the process if it is not running and its pause is over."""
        if self.process is None:
            if time.monotonic() >= self.start_at:
                self.start()
            return
        status = self.process.poll()
        if status is None:
            return
        if self.seconds_running > STEADY_SECONDS:
            self.pause = FIRST_PAUSE
        logger.warning("%s ended with status %s; it is started again in %.0f s.", self.name, status, self.pause)
        self.stop(seconds=0)
        self.start_at = time.monotonic() + self.pause
        self.pause = min(self.pause * 2, LONGEST_PAUSE)

    def ask_to_stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def stop(self, *, seconds: float = STOP_SECONDS) -> None:
        """End the process and everything that it has started, by force what is left after `seconds`."""
        if self.process is None:
            return
        family = _descendants(self.process.pid)
        self.ask_to_stop()
        try:
            self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            logger.warning("%s does not stop by itself and is ended.", self.name)
        _kill_group(self.process.pid)
        self.process.wait()
        for one in family:
            if one.is_running():
                one.kill()
        psutil.wait_procs(family, timeout=5)
        self.process = None

    def restart(self, *, seconds: float = STOP_SECONDS) -> None:
        self.stop(seconds=seconds)
        self.start()


class Fork:
    """A child process that runs ``run`` in a copy of this one; otherwise used as ``subprocess.Popen`` is."""

    def __init__(self, run: Callable[[], object], *, title: str) -> None:
        self._process = multiprocessing.get_context("fork").Process(target=_run_forked, args=(run, title, os.getpid()))
        # Until the child has set its own, a signal would find our handlers in it, and be lost.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        self.pid: int = self._process.pid or 0

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        status = self._process.exitcode
        if status is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout or 0.0)
        return status

    def terminate(self) -> None:
        self._process.terminate()


class Supervisor:
    """Runs children until it is asked to stop. `watch` is called every `interval` seconds and may restart them."""

    def __init__(
        self,
        children: Sequence[Child],
        *,
        watch: Callable[[], None] = lambda: None,
        interval: float = 2.0,
        end_with_parent: bool = False,
    ) -> None:
        self.children = list(children)
        self.watch = watch
        self.interval = interval
        self.stopping = False
        self._parent = os.getppid() if end_with_parent else None

    def listen(self) -> None:
        """From now on Ctrl-C, SIGTERM and the end of the terminal ask us to stop."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup means it
            signal.signal(signal.SIGHUP, self._on_signal)

    def _on_signal(self, *_: object) -> None:
        self.stopping = True

    def run(self) -> None:
        """Tend the children until somebody asks to stop; then end them all."""
        next_watch = time.monotonic() + self.interval
        try:
            while not self.stopping:
                for child in self.children:
                    child.tend()
                if time.monotonic() >= next_watch:
                    self.watch()
                    next_watch = time.monotonic() + self.interval
                if self._parent is not None and os.getppid() != self._parent:
                    self.stopping = True
                time.sleep(0.1)
        finally:
            self.stop()

    def stop(self) -> None:
        """End them all, within the time that one of them may take: they are asked at the same moment."""
        until = time.monotonic() + STOP_SECONDS
        for child in self.children:
            child.ask_to_stop()
        for child in self.children:
            child.stop(seconds=max(0.0, until - time.monotonic()))


def _descendants(pid: int) -> list[psutil.Process]:
    """Everything that the process has started, less what has taken a session of its own and is meant to outlive it.

    A child that found the database gone has started it again: the server must not die with that child, and unclean.
    """
    try:
        return [one for one in psutil.Process(pid).children(recursive=True) if _session(one.pid) == pid]
    except psutil.NoSuchProcess:
        return []


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return None


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass  # nobody is left in it (macOS says it by the second error)


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)


def _run_forked(run: Callable[[], object], title: str, parent: int) -> None:
    os.setsid()
    _end_with_parent()
    ctypes.CDLL(None).prctl(_SET_NAME, title.encode()[:15])
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    if os.getppid() != parent:  # it was gone before we asked the kernel to tell us
        return
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)
    run()
