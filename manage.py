#!/usr/bin/env python
"""Recado's command line: `manage.py help` lists what it can do."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from config.database import EmbeddedDatabaseError

    try:
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)
    except EmbeddedDatabaseError as error:
        sys.exit(f"recado: {error}")


if __name__ == "__main__":
    main()
