from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db.backends.postgresql import base
from psycopg.conninfo import conninfo_to_dict

from config.database import database_url


class DatabaseWrapper(base.DatabaseWrapper):
    """Connects to the server in ``HOST``; without one, to the embedded server of ``DATA_DIR``.

    The server is looked for when a connection is made, not when settings are read: commands that need no database
    start none, and a process whose server was killed finds the restarted one.
    """

    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        data_dir = self.settings_dict.get("DATA_DIR")
        if data_dir:
            embedded = conninfo_to_dict(database_url(Path(data_dir), durable=self.settings_dict.get("DURABLE", True)))
            params |= {"host": embedded["host"], "user": embedded["user"]}
        return params
