"""What is imported and exported."""

from __future__ import annotations

from config.settings.site import env

# Of a file that is imported: its size, what it may hold packed, and its rows, columns and letters of a cell.
IMPORTS = {
    "FILE_MB": 20,
    "EXPANDED_MB": env.int("IMPORT_EXPANDED_MB", default=250),
    "ROWS": env.int("IMPORT_ROWS", default=100_000),
    "COLUMNS": 256,
    "CELL": 50_000,
}
# What can be exported, by name: dotted paths, for `tenants` imports nobody.
EXPORTS = {
    "products": "catalog.export.PRODUCTS",
    "contacts": "tenants.contacts_export.CONTACTS",
    "tasks": "agenda.export.TASKS",
    "appointments": "agenda.export.APPOINTMENTS",
    "conversations": "messaging.export.CONVERSATIONS",
}
