"""An export into a file that is gone at once; as a program, one in a process of its own, and what it took."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, BinaryIO, cast
from zoneinfo import ZoneInfo

from django.utils import timezone, translation

if TYPE_CHECKING:
    from tenants.models import User


def write(*, user: User, what: str, form: str) -> tuple[int, int]:
    """How many rows and bytes the export of the list ``what`` in that format has."""
    from tenants.exchange.sources import source_of
    from tenants.scope import tenant_scope

    file = cast(BinaryIO, TemporaryFile())  # noqa: SIM115
    source = source_of(what)
    with file, translation.override("es"), timezone.override(ZoneInfo(user.timezone)), tenant_scope(user):
        filters = source.read_filters({})
        rows = source.write(user=user, filters=filters, form=form, file=file, now=timezone.now())
        return rows, file.seek(0, 2)


def _memory() -> dict[str, float]:
    """Megabytes that this process holds (VmRSS), and the most that it ever held (VmHWM)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    found = dict(line.split(":", 1) for line in lines if ":" in line)
    return {name: int(found[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM")}


def main() -> None:
    """Export what the arguments say (a user's id, the list, the format), and print what it took as JSON."""
    import django

    django.setup()
    from tenants.exchange.sources import source_of
    from tenants.models import User

    key, what, form = sys.argv[1:]
    user = User.objects.get(pk=int(key))
    source_of(what)  # loaded before the first look
    before, began = _memory()["VmRSS"], time.perf_counter()
    rows, size = write(user=user, what=what, form=form)
    seconds = time.perf_counter() - began
    told = {"rows": rows, "bytes": size, "seconds": seconds, "before": before, "peak": _memory()["VmHWM"]}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
