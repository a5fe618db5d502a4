"""Everything of this moment, in one file."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.backup import BackupError, back_up, path_for, prune

MEGABYTE = 1024 * 1024


class Command(BaseCommand):
    help = "Write everything that is in the database into one file. The system may run meanwhile."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", metavar="FILE", type=Path, help="a new file; else one in BACKUP_DIR, named by time")
        parser.add_argument(
            "--with-keys", action="store_true", help="put the keys into it: then the file alone opens every secret"
        )
        parser.add_argument(
            "--scheduled", action="store_true", help="remove all but the newest BACKUP_KEEP of BACKUP_DIR afterwards"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        path: Path = (options["to"] or path_for(now)).expanduser().absolute()
        try:
            manifest = back_up(path=path, with_keys=options["with_keys"], now=now)
        except BackupError as error:
            raise CommandError(str(error)) from error
        if options["scheduled"]:
            prune(folder=settings.BACKUP_DIR, keep=settings.BACKUP_KEEP)
        size = path.stat().st_size / MEGABYTE
        rows, tables = sum(manifest.rows.values()), len(manifest.rows)
        self.stdout.write(f"{path}: {rows} rows of {tables} tables, {size:.1f} MB.")
        if manifest.has_keys:
            self.stdout.write("The keys are in it: whoever has the file has every secret. Keep it as you keep those.")
        elif not options["scheduled"]:
            self.stdout.write(
                "The keys are NOT in it (FIELD_ENCRYPTION_KEYS, DJANGO_SECRET_KEY; made here, they lie in "
                f"{settings.DATA_DIR}/secrets.json). Without them tokens and keys that it holds cannot be read: "
                "keep a copy of them somewhere else, or use --with-keys."
            )
