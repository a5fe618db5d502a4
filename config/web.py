"""The web server: granian, whose processes have many threads, because open event streams and slow readers wait on them.

``python -m config.web`` runs it alone.
"""

import multiprocessing
import os
import sys
from typing import Any

from django.conf import settings
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import Server

from config import counters


def serve() -> None:
    """Serve until a signal says to stop."""
    if sys.platform == "linux":  # so that what is loaded already is shared, whatever this Python's habit is
        multiprocessing.set_start_method("fork", force=True)
    counters.begin()
    Server(
        "config.wsgi:application",
        address=settings.BIND_HOST,
        port=settings.PORT,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=settings.WEB_PROCESSES,
        blocking_threads=settings.WEB_THREADS,
        # An open event stream would keep a worker from ending; a worker that dies is replaced.
        workers_kill_timeout=5,
        respawn_failed_workers=True,
        respawn_interval=1,
        # Its warnings are about the number of threads, which is meant.
        log_level=LogLevels.error,
        log_dictconfig=_logging(),
    ).serve()


def _logging() -> dict[str, Any]:
    """The server's own lines, like everybody's, in place of its format and its way to the standard output."""
    handlers = settings.LOGGING["handlers"]
    loggers = {"_granian": {"handlers": ["console"], "propagate": False}}
    return {"formatters": settings.LOGGING["formatters"], "handlers": handlers, "loggers": loggers}


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    serve()
