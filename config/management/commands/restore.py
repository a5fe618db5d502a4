"""From a backup back to a system."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError
from django.utils import timezone

from config.backup import Archive, BackupError, back_up, database_name, path_for, read_backup
from config.restoring import restore
from config.startup import take_turn


class Command(BaseCommand):
    help = "Load a backup into the empty database of the settings, or in place of what is there. Stop the system first."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--check", action="store_true", help="only read it, and say what is in it")
        parser.add_argument("--replace", action="store_true", help="what is in the database goes; asks for its name")
        parser.add_argument("--confirm", metavar="NAME", default="", help="the database's name, instead of being asked")
        parser.add_argument(
            "--no-copy", action="store_true", help="with --replace: make no backup of what is there before it goes"
        )
        parser.add_argument(
            "--send-waiting",
            action="store_true",
            help="let go out what waited when the backup was made: only if nothing has run since",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            archive = read_backup(options["file"].expanduser())
            self._describe(archive)
            if not options["check"]:
                self._restore(archive, options)
        except BackupError as error:
            raise CommandError(str(error)) from error

    def _describe(self, archive: Archive) -> None:
        manifest = archive.manifest
        rows, tables = sum(manifest.rows.values()), len(manifest.rows)
        keys = "with the keys" if manifest.has_keys else "without the keys"
        self.stdout.write(
            f"A backup of {manifest.made:%Y-%m-%d %H:%M} UTC, by Recado {manifest.recado} from PostgreSQL "
            f"{manifest.postgresql}: {rows} rows of {tables} tables, {keys}. It is whole."
        )

    def _restore(self, archive: Archive, options: dict[str, Any]) -> None:
        take_turn(settings.DATA_DIR)  # nothing of ours may run meanwhile; the claim ends with this process
        now = timezone.now()
        if options["replace"]:
            self._ask(options["confirm"])
            if not options["no_copy"]:
                self._copy_first()
        done = restore(archive=archive, replace=options["replace"], send_waiting=options["send_waiting"], now=now)
        self.stdout.write(f"Restored: {sum(done.rows.values())} rows of {len(done.rows)} tables, as counted then.")
        held = {name: number for name, number in done.held_back.items() if number}
        if held:
            text = ", ".join(f"{number} {name}" for name, number in held.items())
            self.stdout.write(
                f"Held back, because they may have gone out since the backup: {text}. They are shown as not confirmed "
                "(or without a reply) and are not sent."
            )
        if not done.keys_fit:
            self.stdout.write(
                self.style.WARNING(
                    "FIELD_ENCRYPTION_KEYS here is not what it was: tokens of numbers and keys of models cannot be "
                    "read. Put the old key into FIELD_ENCRYPTION_KEYS (several are separated by commas), or enter "
                    "them again."
                )
            )

    def _ask(self, given: str) -> None:
        name = database_name()
        if not given:
            self.stdout.write(f"Everything in the database «{name}» goes. Type its name to go on:")
            try:
                given = input().strip()
            except EOFError:
                given = ""
        if given != name:
            raise CommandError("That is not its name. Nothing was changed.")

    def _copy_first(self) -> None:
        now = timezone.now()
        path = path_for(now).with_name(f"before-restore-{path_for(now).name}")
        try:
            back_up(path=path, now=now)
        except (BackupError, DatabaseError) as error:
            raise CommandError(
                f"What is there now could not be backed up first, so nothing was changed. {str(error).strip()} "
                "With --no-copy it goes without one."
            ) from error
        self.stdout.write(f"What is there now was backed up first: {path}")
