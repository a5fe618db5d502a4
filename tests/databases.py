"""The tests' databases: made once and copied, emptied quickly, and rows that several tests share."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.test import TransactionTestCase
from django.utils import translation

from tenants.scope import ALL_TENANTS_SETTING, all_tenants

Made = TypeVar("Made")


# --- one migration for all processes ----------------------------------------------------------------------------------


class Template:
    """A migrated database, of which each process of a run takes a copy: migrating takes many times as long."""

    def __init__(self, *, run: str) -> None:
        self.run = run
        self.name = f"test_{settings.DATABASES[DEFAULT_DB_ALIAS]['NAME']}_template"
        self._noted = Path(settings.DATA_DIR) / "template.run"  # whose template it is
        self._users: Any = None

    def use(self) -> None:
        """Have the test database of this process copied from it; the first process that comes makes it."""
        self._noted.parent.mkdir(parents=True, exist_ok=True)
        self._users = self._noted.with_name("template.users").open("a")
        with self._locked():
            if not self._noted.exists() or self._noted.read_text() != self.run:
                self._make()
                self._noted.write_text(self.run)
            fcntl.flock(self._users, fcntl.LOCK_SH)
        connection.settings_dict["TEST"]["TEMPLATE"] = self.name
        connection.creation.create_test_db = self._copy  # type: ignore[method-assign]

    def _copy(self, verbosity: int = 1, autoclobber: bool = False, serialize: bool = True, keepdb: bool = False) -> str:
        """Django's own, without looking through all migrations once more."""
        creation = connection.creation
        name = str(creation._get_test_db_name())
        creation._create_test_db(verbosity, autoclobber, keepdb)
        connection.close()
        connection.settings_dict["NAME"] = settings.DATABASES[DEFAULT_DB_ALIAS]["NAME"] = name
        return name

    def leave(self) -> None:
        """Take it away when no other process of the run uses it."""
        with self._locked():
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            finally:
                self._users.close()
            self._noted.unlink(missing_ok=True)
            with connection._nodb_cursor() as cursor:
                cursor.execute(f'DROP DATABASE IF EXISTS "{self.name}"')

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._noted.with_name("template.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _make(self) -> None:
        ours, test = connection.settings_dict["NAME"], connection.settings_dict["TEST"]
        before = test["NAME"]
        test["NAME"] = self.name
        try:
            connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        finally:
            connection.close()
            connection.close_pool()
            test["NAME"] = before
            connection.settings_dict["NAME"] = settings.DATABASES[DEFAULT_DB_ALIAS]["NAME"] = ours


# --- behind a test that commits ---------------------------------------------------------------------------------------
KEPT = {"django_content_type", "auth_permission"}  # what the kinds of rows are called: they are the same for ever
SMALL = 2 << 20  # bytes in all tables, with what was deleted: more is truncated

_TABLES = """
    SELECT relname, relkind = 'p' OR pg_relation_size(oid) > 0, pg_relation_size(oid),
        EXISTS (SELECT FROM pg_trigger WHERE tgrelid = pg_class.oid AND NOT tgisinternal AND tgtype & 8 > 0)
    FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace AND relname = ANY(%s)
"""


def empty_tables(_test: TransactionTestCase | None = None) -> None:
    """What Django does behind a test that commits, but for KEPT, which it would empty and have every app write anew.

    A truncated table is written anew with each of its indexes, which takes half a second of a processor for all of
    them; the few rows of most tests are deleted in a twentieth of that.
    """
    known = set(connection.introspection.django_table_names(include_views=False)) - KEPT
    quote = connection.ops.quote_name
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, 'on', true)", [ALL_TENANTS_SETTING])
        cursor.execute(_TABLES, [list(known)])
        tables = sorted(name for name, *_ in cursor.fetchall())
        # Whoever still writes is waited for; what it has written is seen then.
        cursor.execute(f"LOCK TABLE {', '.join(map(quote, tables))} IN EXCLUSIVE MODE")
        cursor.execute(_TABLES, [tables])
        found = cursor.fetchall()
        if sum(size for _, _, size, _ in found) > SMALL:
            cursor.execute(f"TRUNCATE {', '.join(map(quote, tables))}")
            return
        if guarded := [name for name, is_used, _, is_guarded in found if is_used and is_guarded]:
            cursor.execute(f"TRUNCATE {', '.join(map(quote, guarded))}")  # of which nobody may delete anything
        # One statement, behind whose end the keys are checked: so nothing needs an order.
        used = [name for name, is_used, _, is_guarded in found if is_used and not is_guarded]
        deletes = ", ".join(f"d{number} AS (DELETE FROM {quote(name)})" for number, name in enumerate(used))
        if used:
            cursor.execute(f"WITH {deletes} SELECT 1")


# --- rows of several tests --------------------------------------------------------------------------------------------


@contextmanager
def taken_back() -> Iterator[None]:
    """What is written inside is taken back behind it, as it is behind a test. Tenants' scopes open inside."""
    atomic = transaction.atomic()
    atomic._from_testcase = True  # type: ignore[attr-defined]
    with atomic:
        yield
        transaction.set_rollback(True)


def shared(make: Callable[[], Made], *, blocker: Any) -> Iterator[Made]:
    """What ``make`` writes is there for all tests of a file or class; behind the last of them it is taken back.

    For fixtures of that scope: ``yield from shared(make, blocker=django_db_blocker)``. What a test changes in it is
    taken back behind that test. Beside it no test of that scope may commit, or want an empty database.
    """
    rows = ExitStack()
    with blocker.unblock(), translation.override("es"):
        rows.enter_context(taken_back())
        try:
            made = make()
        except BaseException:
            rows.close()
            raise
    yield made
    with blocker.unblock():
        rows.close()


def look(statement: str) -> list[tuple[Any, ...]]:
    """What a statement over many tables finds among everybody's rows. Planning it is most of the work: that is kept."""
    with all_tenants():
        connection.ensure_connection()
        direct = connection.connection
        usual, direct.prepare_threshold = direct.prepare_threshold, 0
        try:
            return list(direct.execute(statement).fetchall())
        finally:
            direct.prepare_threshold = usual
