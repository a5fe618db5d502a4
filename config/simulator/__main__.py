"""The simulator of an installation: ``python -m config.simulator`` in its environment, or a fork of `manage.py up`."""

from __future__ import annotations

import os
import signal

from config.simulator.connection import DISPLAY_NAME, Connection, read_connection
from config.simulator.graph import GraphServer
from config.simulator.records import TEMPLATES

KEPT = 2000  # messages and requests that are remembered
POSTMEN = 2


def serve(connection: Connection, *, webhook_url: str) -> None:
    """Play WhatsApp until a signal ends us."""
    graph = GraphServer(
        port=connection.port,
        control_token=connection.control_token,
        statuses=("sent", "delivered"),  # it is read when somebody looks at the phone
        postmen=POSTMEN,
        keep=KEPT,
        phone_number_id=connection.phone_number_id,
        business_account_id=connection.business_account_id,
        token=connection.token,
        app_secret=connection.app_secret,
        webhook_url=webhook_url,
        display_phone_number=DISPLAY_NAME,
        verified_name=DISPLAY_NAME,
        templates=TEMPLATES,
    )
    graph.start()
    signal.pause()


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.conf import settings

    connection = read_connection(settings.DATA_DIR)
    if connection is None:
        raise SystemExit("There is no simulator here: «manage.py up» makes one.")
    serve(connection, webhook_url=webhook_url(settings.BIND_HOST, settings.PORT))


def webhook_url(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/api/whatsapp/webhook"


if __name__ == "__main__":
    main()
