from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
from django.db.backends.postgresql import base

from config.embedded import Server, server
from config.postgresql.client import DatabaseClient


class DatabaseWrapper(base.DatabaseWrapper):
    """Connects to the server in ``HOST``; without one, to the embedded server of ``DATA_DIR``.

    The server is looked for when a connection is made, not when settings are read: commands that need no database
    start none, and a process whose server was killed finds the restarted one.
    """

    client_class = DatabaseClient

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        embedded = self._embedded()
        return params if embedded is None else params | embedded.parameters()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        embedded = self._embedded()
        if embedded is None:
            return super().get_new_connection(conn_params)
        if embedded.is_used:
            try:
                return super().get_new_connection(conn_params)
            except psycopg.OperationalError:
                if embedded.answers():
                    raise  # the server is well, so it is something else (too many connections, no such database)
        embedded.use()
        return super().get_new_connection(conn_params)

    def _embedded(self) -> Server | None:
        data_dir = self.settings_dict.get("DATA_DIR")
        return server(Path(data_dir), durable=self.settings_dict.get("DURABLE", True)) if data_dir else None
