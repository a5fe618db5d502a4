from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.db.backends.postgresql import client

from config.embedded import server


class DatabaseClient(client.DatabaseClient):
    """`manage.py dbshell`: with the embedded server, its own psql on its own socket."""

    def runshell(self, parameters: Iterable[str]) -> None:
        data_dir = self.connection.settings_dict.get("DATA_DIR")
        if data_dir:
            embedded = server(Path(data_dir))
            embedded.use()
            self.connection.settings_dict |= {key.upper(): value for key, value in embedded.parameters().items()}
        super().runshell(parameters)

    @classmethod
    def settings_to_cmd_args_env(cls, settings_dict: dict[str, Any], parameters: Iterable[str]) -> Any:
        arguments, environment = super().settings_to_cmd_args_env(settings_dict, list(parameters))
        if settings_dict.get("DATA_DIR"):
            arguments[0] = str(server(Path(settings_dict["DATA_DIR"])).binaries() / "psql")
        return arguments, environment
