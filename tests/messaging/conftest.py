"""A model server, a shop, and a worker of the real queue on the test database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import pytest
from django.db import connection
from django.utils import timezone

from catalog.models import Product
from config.postgresql.stock import MOST_IDLE
from messaging import conversations
from messaging.models import Conversation, Message
from tenants.models import User
from tenants.scope import tenant_scope
from tests.standins.openai_server import OpenAIServer

ROOT = Path(__file__).resolve().parents[2]
FEW = MOST_IDLE + 2  # connections that a process keeps, and its listeners'
API_KEY = "sk-planted-0123456789abcdef"


@pytest.fixture
def model(settings: Any) -> Iterator[OpenAIServer]:
    """The settings' model: a scripted one."""
    with OpenAIServer() as server:
        settings.LLM_PROVIDER = "openai"
        settings.LLM_MODEL = "stand-in"
        settings.OPENAI_API_KEY = API_KEY
        settings.OPENAI_BASE_URL = server.url
        yield server


def say(user: User, content: str = "Hola", *, conversation: Conversation | None = None) -> Message:
    """Send a message as the API does."""
    with tenant_scope(user):
        return conversations.send(
            user=user, content=content, assistant_type="auto", conversation=conversation, now=timezone.now()
        )


def read(user: User, message: Message) -> Message:
    """The message as it stands, with its reply."""
    with tenant_scope(user):
        return Message.objects.prefetch_related("replies").get(pk=message.pk)


def replies(user: User, conversation: Conversation) -> list[str]:
    with tenant_scope(user):
        answers = Message.objects.filter(conversation=conversation, role="assistant").order_by("pk")
        return [message.content for message in answers]


def until(condition: Callable[[], Any], *, seconds: float = 60.0, every: float = 0.02) -> Any:
    """What ``condition`` answers once it is true; fails after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(every)
    return found


def connections_of(name: str = "%") -> int:
    """How many connections to the test database are open now, by application name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE %s"
            " AND pid <> pg_backend_pid()",
            [name],
        )
        return int(cursor.fetchone()[0])


def process_environment(settings: Any, **more: str) -> dict[str, str]:
    """The environment in which another process of the project uses the test database and the test's model."""
    database = connection.get_connection_params()
    address = f"postgresql://{quote(database.get('user') or '')}"
    if password := database.get("password"):
        address += f":{quote(password)}"
    host = database.get("host") or ""
    place = f"@/{database['dbname']}?host={quote(host, safe='')}"
    if host and not host.startswith("/"):
        place = f"@{host}:{database.get('port') or 5432}/{database['dbname']}"
    return os.environ | {
        "DATABASE_URL": address + place,
        "DJANGO_SECRET_KEY": settings.SECRET_KEY,
        "FIELD_ENCRYPTION_KEYS": ",".join(settings.FIELD_ENCRYPTION_KEYS),
        "LLM_PROVIDER": settings.LLM_PROVIDER,
        "LLM_MODEL": settings.LLM_MODEL,
        "OPENAI_API_KEY": settings.OPENAI_API_KEY,
        "OPENAI_BASE_URL": settings.OPENAI_BASE_URL,
        "LIMITS": "off",
        **more,
    }


class Worker:
    """``manage.py qcluster`` on the test database."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.log = log
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "qcluster"],
                cwd=ROOT,
                env=environment,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def processes(self) -> list[psutil.Process]:
        try:
            parent = psutil.Process(self.process.pid)
            return [parent, *parent.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def kill(self) -> None:
        """SIGKILL to all of it at once, as a machine that loses power."""
        for process in self.processes():
            try:
                process.send_signal(signal.SIGKILL)
            except psutil.NoSuchProcess:
                pass
        self.process.wait()

    def stop(self, *, seconds: float = 20.0) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    @property
    def listens(self) -> bool:
        return connections_of("recado recado_queue") > 0


@pytest.fixture
def start_worker(transactional_db: None, settings: Any, tmp_path: Path) -> Iterator[Callable[..., Worker]]:
    """``start_worker()`` starts a qcluster and comes back when it takes tasks."""
    workers: list[Worker] = []

    def start(**environment: str) -> Worker:
        worker = Worker(process_environment(settings, **environment), tmp_path / f"worker{len(workers)}.log")
        workers.append(worker)
        until(lambda: worker.listens or worker.process.poll() is not None, seconds=30)
        assert worker.process.poll() is None, worker.log.read_text()
        return worker

    yield start
    for worker in workers:
        if worker.process.poll() is None:
            worker.kill()
    until(lambda: connections_of() <= FEW)


@pytest.fixture
def shop(transactional_db: None, alice: User, bob: User) -> None:
    """Alice sells a saw; Bob's shop beside hers stays invisible."""
    for user, name in ((alice, "Sierra circular 1400 W"), (bob, "Sierra secreta de Bob")):
        with tenant_scope(user):
            Product.objects.create(user=user, name=name, price="250000", stock=4)
