from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS
from django.db.backends.postgresql import base

from config.embedded import Server, server
from config.postgresql.client import DatabaseClient
from config.postgresql.stock import stock


class DatabaseWrapper(base.DatabaseWrapper):
    """Connects to the server in ``HOST``; without one, to the embedded server of ``DATA_DIR``.

    The server is looked for when a connection is made, not when settings are read: commands that need no database
    start none, and a process whose server was killed finds the restarted one. What is closed goes back to the stock of
    this process (``config.postgresql.stock``), and the next who connects takes it from there.
    """

    client_class = DatabaseClient
    _born = 0.0  # when the connection was made, by time.monotonic()

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        embedded = self._embedded()
        return params if embedded is None else params | embedded.parameters()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """One from the stock of this process, else a new one."""
        if self._is_stocked and (found := stock.take(conn_params)) is not None:
            connection, self._born = found
            return connection
        self._born = time.monotonic()
        return self._connect_anew(conn_params)

    def _close(self) -> None:
        if (
            self._is_stocked
            and self.connection is not None
            and stock.give_back(self.get_connection_params(), self.connection, born=self._born)
        ):
            return
        super()._close()  # type: ignore[misc]

    def close_pool(self) -> None:
        """Django asks for this before it drops or copies a database that nobody may be connected to."""
        stock.empty()

    @property
    def _is_stocked(self) -> bool:
        return self.alias == DEFAULT_DB_ALIAS

    def _connect_anew(self, conn_params: dict[str, Any]) -> Any:
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
