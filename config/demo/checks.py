"""A site that opens itself to others must not be opened by the demo's passwords."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection

from config.demo.accounts import demo_accounts, is_local
from tenants.models import User


@register(Tags.database)
def check_demo_passwords(
    app_configs: object = None, databases: Sequence[str] | None = None, **options: Any
) -> list[CheckMessage]:
    """Refuse known passwords where others can reach the site: a demo that was made before it moved, for instance."""
    if is_local() or not databases:
        return []
    if User._meta.db_table not in connection.introspection.table_names():  # before the first migrate
        return []
    return [
        Error(
            f"The account «{account.username}» still has the demo's password, which everybody can read.",
            hint=f"Change it (manage.py changepassword {account.username}) or deactivate the account.",
            id="config.E010",
        )
        for account in demo_accounts()
    ]
