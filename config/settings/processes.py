"""What runs: the queue, the web server and the clock, the backups, and what they all say of themselves."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from config.settings.site import DATA_DIR, DEBUG, STAYS_HERE, env, testing

# --- the queue: a doorbell, the rows are the truth -------------------------------------------------------------------
Q_CLUSTER = {
    "name": "recado",
    "orm": "default",
    "broker_class": "tenants.broker.NotifyBroker",
    "workers": env.int("QUEUE_WORKERS", default=3),
    "queue_limit": 2,
    "bulk": 1,
    "timeout": 90,
    "retry": 600,
    "max_attempts": 5,
    "ack_failures": True,
    "save_limit": -1,
    "catch_up": False,
    "poll": env.float("QUEUE_POLL_SECONDS", default=5.0),
    "recycle": 10_000,
    "label": "Queue",
}
# What is enqueued with the tenant's id when preferences change: dotted paths, for `tenants` imports nobody.
ON_PREFERENCES_CHANGE = ["messaging.tasks.replan", "analytics.tasks.roll_up"]

# --- running it all: `manage.py up` ----------------------------------------------------------------------------------
WEB_PROCESSES = env.int("WEB_PROCESSES", default=2)
WEB_THREADS = env.int("WEB_THREADS", default=128)  # a process; an open event stream occupies one
# Turns that wait for a model at the same time, each on a thread of the one worker that answers.
ANSWERING_THREADS = env.int("ANSWERING_THREADS", default=48)
METRICS_TOKEN = env("METRICS_TOKEN", default="")  # who reads /metrics; without it this machine alone, on a local site
METRICS_DIR = DATA_DIR / "metrics"
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(METRICS_DIR)  # prometheus_client reads it when it is imported
HEALTH = {
    # How often turns are rung for that nobody works on, because their worker was killed.
    "SWEEP_SECONDS": env.float("HEALTH_SWEEP_SECONDS", default=10.0),
    "CLOCK_SECONDS": env.float("HEALTH_CLOCK_SECONDS", default=1.0),
    "CANARY_SECONDS": env.float("HEALTH_CANARY_SECONDS", default=10.0),
    "SCHEDULER_SECONDS": env.float("HEALTH_SCHEDULER_SECONDS", default=30.0),
    "WORKER_IDLE_SECONDS": env.float("HEALTH_WORKER_IDLE_SECONDS", default=30.0),
    # More than the longest task may take (Q_CLUSTER's timeout).
    "WORKER_BUSY_SECONDS": env.float("HEALTH_WORKER_BUSY_SECONDS", default=100.0),
    "WATCH_SECONDS": env.float("HEALTH_WATCH_SECONDS", default=1.0),
    "GRACE_SECONDS": env.float("HEALTH_GRACE_SECONDS", default=30.0),
}

# --- backups (docs/operations.md) ------------------------------------------------------------------------------------
# How often the clock makes one; 0: never. Whoever has a server of their own has their own backups as a rule.
BACKUP_HOURS = env.float("BACKUP_HOURS", default=0.0 if env("DATABASE_URL", default="") else 24.0)
BACKUP_KEEP = env.int("BACKUP_KEEP", default=7)
BACKUP_DIR = Path(env("BACKUP_DIR", default=str(DATA_DIR / "backups"))).expanduser().resolve()

# --- what is logged --------------------------------------------------------------------------------------------------
# Lines of JSON for whatever collects them, of text for who reads along (config/logs.py): on a terminal, and wherever
# the site is this machine's alone, also through a pipe.
LOG_FORMAT = env("LOG_FORMAT", default="text" if DEBUG or STAYS_HERE or sys.stderr.isatty() else "json")
# A line for each request and each task. To who reads along they would hide what is wrong, and the accounts to try.
REQUEST_LOG = env.bool("REQUEST_LOG", default=LOG_FORMAT == "json" and not testing)
_lines_of_work = {"level": "INFO" if REQUEST_LOG else "WARNING"}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "config.logs.JsonFormatter" if LOG_FORMAT == "json" else "config.logs.TextFormatter"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="WARNING")},
    "loggers": {
        # The SDKs' transports log addresses with their parameters at INFO.
        name: {"level": "WARNING"}
        for name in ("httpx", "httpx2", "httpcore2", "anthropic", "openai", "django-q")
    }
    # A person's mistake that was answered with a 4xx is no event of ours.
    | {"django.request": {"level": "ERROR"}}
    | {"recado.requests": _lines_of_work, "recado.tasks": _lines_of_work},
}
