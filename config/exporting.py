"""All that is a tenant's, as files: one of JSON Lines for each table, the files that people sent, and an index.

It is written in steps, for a business may have millions of rows. A step writes on where the last one that was noted
ended; what was written after it is cut off first, so that a step that runs twice leaves every row once.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import time
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model
from django.db.models.expressions import RawSQL

from config import explaining
from config.data_tables import LEFT_OUT, SECRETS, count_rows, exported_fields, key_of, secrets_of, tenant_models
from messaging.models import Attachment
from tenants.models import EmailChange, SignIn, User

PAGE = 1000  # rows that are read at once
FILES_AT_ONCE = 10  # of which each may have twenty megabytes
FORMAT = 1
INDEX = "index.json"
ACCOUNT = "account.jsonl"

Cursor = dict[str, Any]


def folder() -> Path:
    """Where exports lie, which nobody else on the machine may enter."""
    path = Path(settings.DATA_DIR) / "exports"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def exported_models() -> list[type[Model]]:
    """Every table of a tenant's that is exported."""
    return [model for model in tenant_models() if model._meta.label not in LEFT_OUT]


def count(*, user: User) -> int:
    """How many rows an export of the tenant whose scope is open would hold."""
    return sum(count_rows(model, user_id=user.pk) for model in exported_models())


def write_on(*, user: User, into: Path, cursor: Cursor, until: float) -> Cursor:
    """Write the tenant's rows into the folder ``into`` until ``time.monotonic()`` passes ``until``, at least a page.

    In the tenant's scope. ``cursor`` is what the last call returned, {} at first; it can be kept as JSON. Its
    ``done`` counts rows; ``is_complete`` says that all of them are written.
    """
    cursor = {"table": 0, "after": None, "bytes": 0, "rows": 0, "done": 0, "counts": {}, "files": 0, **cursor}
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    models = exported_models()
    while cursor["table"] < len(models):
        model = models[cursor["table"]]
        last = _write_page(model, user=user, into=into, cursor=cursor)
        if last:
            cursor["counts"][model._meta.label] = cursor["rows"]
            cursor |= {"table": cursor["table"] + 1, "after": None, "bytes": 0, "rows": 0}
        if time.monotonic() > until:
            break
    cursor["is_complete"] = cursor["table"] >= len(models)
    return cursor


def pack(*, user: User, from_: Path, to: Path, cursor: Cursor, now: datetime) -> dict[str, Any]:
    """Make the ZIP at ``to``, readable by its owner alone, of what was written. Returns its index.

    In the tenant's scope. The same call again makes the same file.
    """
    index = _index(user, cursor, now=now)
    with _private(from_ / ACCOUNT, "wb") as file:
        file.write(_line(_account(user)))
    with _private(from_ / explaining.name_of(user), "wb") as file:
        file.write(explaining.explain(user=user, index=index).encode())
    with _private(from_ / INDEX, "wb") as file:
        file.write(json.dumps(index, indent=1, ensure_ascii=False, cls=DjangoJSONEncoder).encode())
    being_made = to.with_suffix(".part")
    with (
        _private(being_made, "wb") as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
    ):
        for path in sorted(path for path in from_.rglob("*") if path.is_file()):
            archive.write(path, path.relative_to(from_).as_posix())
    being_made.replace(to)
    return index


def remove(*paths: Path) -> None:
    """Take files and folders of exports away, if they are there."""
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _write_page(model: type[Model], *, user: User, into: Path, cursor: Cursor) -> bool:
    """Write the next rows of one table and move the cursor past them. Returns whether they were the last."""
    written, most = 0, FILES_AT_ONCE if model is Attachment else PAGE
    with _private(into / f"{model._meta.label_lower}.jsonl", "r+b") as file:
        file.truncate(cursor["bytes"])
        file.seek(cursor["bytes"])
        for row in _read(model, user_id=user.pk, after=cursor["after"], most=most):
            if model is Attachment:
                cursor["files"] += _write_file(row, into=into)
            file.write(_line(row))
            cursor["after"] = _key(row, model)
            written += 1
        cursor["bytes"] = file.tell()
    cursor["rows"] += written
    cursor["done"] += written
    return written < most


def _read(model: type[Model], *, user_id: int, after: list[Any] | None, most: int) -> Iterator[dict[str, Any]]:
    key = key_of(model)
    rows = model._default_manager.filter(user_id=user_id).order_by(*key)
    if after is not None:
        columns = ", ".join(f'"{name}"' for name in key)
        places = ", ".join(["%s"] * len(key))
        condition = f"({columns}) > ({places})"  # the index's own comparison
        rows = rows.alias(_later=RawSQL(condition, after)).filter(_later=True)  # noqa: S611  (our own names)
    yield from rows.values(*exported_fields(model))[:most].iterator(chunk_size=most)


def _key(row: dict[str, Any], model: type[Model]) -> list[Any]:
    return [value.isoformat() if isinstance(value, datetime) else value for value in (row[n] for n in key_of(model))]


def _write_file(row: dict[str, Any], *, into: Path) -> int:
    """Write what was sent with a message, and note its name in the row. Returns 1, or 0 when there is nothing."""
    content = Attachment.objects.filter(pk=row["id"]).values_list("content", flat=True).first()
    if content is None:
        return 0
    files = into / "attachments"
    files.mkdir(mode=0o700, exist_ok=True)
    row["file"] = f"attachments/{row['id']}-{_harmless(row['filename'] or row['kind'])}"
    with _private(into / row["file"], "wb") as file:
        file.write(bytes(content))
    return 1


def _harmless(name: str) -> str:
    """A file's name as a stranger gave it, without what would lead out of the folder."""
    return re.sub(r"[^\w.-]+", "_", name).strip(".")[-80:] or "file"


def _account(user: User) -> dict[str, Any]:
    sessions = SignIn.objects.filter(account=user).order_by("pk")
    changes = EmailChange.objects.filter(account=user).order_by("pk")
    return {
        **{name: getattr(user, name) for name in exported_fields(User)},
        "sessions": list(sessions.values("kind", "agent", "address", "began_at", "seen_at", "expires_at")),
        "email_changes": list(changes.values("old_email", "new_email", "asked_at", "confirmed_at", "ended_at")),
    }


def _index(user: User, cursor: Cursor, *, now: datetime) -> dict[str, Any]:
    tables = {
        model._meta.label: {
            "file": f"{model._meta.label_lower}.jsonl",
            "rows": cursor["counts"].get(model._meta.label, 0),
            **({"left_out": left} if (left := secrets_of(model)) else {}),
        }
        for model in exported_models()
    }
    return {
        "format": FORMAT,
        "account": user.username,
        "made_at": now,
        "rows": cursor["done"],
        "attachments": cursor["files"],
        "account_file": {"file": ACCOUNT, "left_out": sorted(SECRETS["tenants.User"])},
        "tables": tables,
        "tables_left_out": {
            **LEFT_OUT,
            "tenants.SecondFactor": "the secret of the second factor",
            "tenants.RecoveryCode": "codes that stand in for it",
            "messaging.WebhookBody": "what WhatsApp sent as it came; all that it said is in the messages",
        },
    }


def _line(row: dict[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False, default=_as_json).encode("utf-8", "surrogatepass") + b"\n"


def _as_json(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    return DjangoJSONEncoder().default(value)


def _private(path: Path, mode: str) -> BinaryIO:
    """A file that only its owner may read, also when it was there before."""
    flags = os.O_RDWR | os.O_CREAT | (os.O_TRUNC if mode == "wb" else 0)
    number = os.open(path, flags, 0o600)
    os.fchmod(number, 0o600)
    return os.fdopen(number, mode)  # type: ignore[return-value]
