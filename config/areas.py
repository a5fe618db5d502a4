"""What each route of the API is to a program: which area a key has to be let into, and what may be asked twice.

A route that stands in no list is closed to every key; a guard test wants every route in one of them.
"""

from __future__ import annotations

from functools import cache

_routes: dict[str, tuple[str, ...]] = {
    "catalog": (
        "api/user/products",
        "api/user/products/<int:pk>",
        "api/user/products/<int:pk>/restore",
        "api/user/products/<int:pk>/stock",
        "api/user/products/categories",
        "api/user/products/export",
        "api/user/products/import",
        "api/user/products/count",
        "api/user/products/search",
        "api/user/orders",
        "api/user/orders/<int:pk>",
        "api/user/orders/<int:pk>/approve",
        "api/user/orders/<int:pk>/reject",
    ),
    "agenda": (
        "api/user/personal/appointments",
        "api/user/personal/appointments/<int:pk>",
        "api/user/personal/appointments/<int:pk>/cancel",
        "api/user/personal/appointments/free",
        "api/user/personal/appointments/export",
        "api/user/personal/appointments/import",
        "api/user/personal/tasks",
        "api/user/personal/tasks/<int:pk>",
        "api/user/personal/tasks/categories",
        "api/user/personal/tasks/export",
        "api/user/personal/tasks/import",
        "api/user/personal/changes",
        "api/user/personal/changes/<int:pk>/undo",
        "api/user/personal/draft",
        "api/user/personal/calendar",
        "api/user/personal/calendar/feed",
        "api/user/personal/reminders",
    ),
    "chat": (
        "api/user/chat/message",
        "api/user/chat/messages/<int:pk>",
        "api/user/chat/messages/<int:pk>/stream",
        "api/user/chat/messages/<int:pk>/retry",
        "api/user/chat/conversations",
        "api/user/chat/conversations/<int:pk>",
        "api/user/chat/conversations/export",
        "api/user/chat/stats",
        "api/user/chat/activity",
    ),
    "inbox": (
        "api/user/inbox",
        "api/user/inbox/counts",
        "api/user/inbox/stream",
        "api/user/inbox/<int:pk>",
        "api/user/inbox/<int:pk>/messages",
        "api/user/inbox/<int:pk>/notes",
        "api/user/inbox/<int:pk>/products",
        "api/user/inbox/<int:pk>/slots",
        "api/user/inbox/<int:pk>/templates",
        "api/user/inbox/<int:pk>/take-over",
        "api/user/inbox/<int:pk>/hand-back",
        "api/user/inbox/<int:pk>/read",
        "api/user/unanswered",
        "api/user/unanswered/<int:pk>/dismiss",
        "api/user/unanswered/<int:pk>/restore",
        "api/user/attachments/<int:pk>",
        "api/user/quick-replies",
        "api/user/quick-replies/<int:pk>",
        "api/user/notifications",
        "api/user/notifications/read",
        "api/user/notifications/stream",
        "api/user/notifications/<int:pk>/read",
        "api/user/deliveries",
        "api/user/deliveries/<int:pk>",
        "api/user/channels/<int:pk>/templates",
        "api/user/simulator",
        "api/user/simulator/messages",
        "api/user/simulator/read",
        "api/whatsapp/send",
    ),
    "contacts": (
        "api/user/contacts",
        "api/user/contacts/<int:pk>",
        "api/user/contacts/export",
        "api/user/contacts/import",
    ),
    "webhooks": (
        "api/user/webhooks",
        "api/user/webhooks/events",
        "api/user/webhooks/<int:pk>",
        "api/user/webhooks/<int:pk>/rotate",
        "api/user/webhooks/<int:pk>/test",
        "api/user/webhooks/<int:pk>/deliveries",
        "api/user/webhooks/<int:pk>/deliveries/<int:delivery>",
        "api/user/webhooks/<int:pk>/deliveries/<int:delivery>/redeliver",
    ),
    "imports": (
        "api/user/imports",
        "api/user/imports/<int:pk>",
        "api/user/imports/<int:pk>/preview",
        "api/user/imports/<int:pk>/start",
        "api/user/imports/<int:pk>/cancel",
        "api/user/imports/<int:pk>/undo",
        "api/user/imports/<int:pk>/errors",
        "api/user/exports",
        "api/user/exports/<int:pk>",
        "api/user/exports/<int:pk>/file",
    ),
    "analytics": (
        "api/user/analytics",
        "api/user/analytics/export",
        "api/user/analytics/report",
        "api/user/events",
        "api/user/usage",
    ),
    "preferences": (
        "api/user/preferences",
        "api/user/logo",
        "api/user/mail",
        "api/user/mail/letters",
        "api/user/mail/test",
        "api/user/channels",
        "api/user/channels/<int:pk>",
        "api/user/channels/<int:pk>/test",
        "api/user/channels/<int:pk>/check",
        "api/user/channels/<int:pk>/pause",
        "api/user/channels/<int:pk>/resume",
        "api/user/channels/<int:pk>/usage",
        "api/user/channels/<int:pk>/templates/refresh",
    ),
}
# Every good key may read them.
OPEN = (
    "api/auth/me",
    "api/user/limits",
    "api/schema",
    "api/docs",
)
_account = "who comes into the account is decided by a person"
_meta = "Meta's alone"
# No key is let in.
CLOSED = {
    "api/auth/register": _account,
    "api/auth/login": _account,
    "api/auth/refresh": _account,
    "api/auth/logout": _account,
    "api/auth/password": _account,
    "api/auth/email": _account,
    "api/auth/email/verification": _account,
    "api/auth/sessions": _account,
    "api/auth/sessions/<int:pk>": _account,
    "api/user/deletion": _account,
    "api/user/data-export": "everything at once is a person's to take",
    "api/user/data-export/<int:pk>": "the same",
    "api/user/keys": "a key that leaked would make others for itself",
    "api/user/keys/<int:pk>": "a key that leaked would widen or keep itself",
    "api/whatsapp/link-phone": "whoever writes from a linked phone is the owner",
    "api/whatsapp/link-phone/<int:pk>": "the same",
    "api/whatsapp/webhook": _meta,
    "api/whatsapp/verify": _meta,
}

_nobody = "nobody is signed in yet whose answer it could be, and tokens are never kept"
# POST routes where Idempotency-Key is not looked at.
UNREPEATED = {
    "api/auth/register": _nobody,
    "api/auth/login": _nobody,
    "api/auth/refresh": _nobody,
    "api/auth/logout": "makes nothing, and twice is as good as once",
    "api/auth/password": "answers with tokens, which are never kept",
    "api/auth/email": "a password is in it, and twice is as good as once",
    "api/auth/email/verification": "makes nothing but a letter",
    "api/user/deletion": "a password is in it, and twice is as good as once",
    "api/whatsapp/webhook": "Meta's updates are known by their own ids",
    "api/user/simulator/messages": "a simulated phone says what it says, by another process",
    "api/user/simulator/read": "makes nothing, and twice is as good as once",
}
# POST routes that wait after what they did, and so keep the answer in a transaction of their own.
WAITING = {
    "api/user/products/import",
    "api/user/contacts/import",
    "api/user/personal/tasks/import",
    "api/user/personal/appointments/import",
    "api/user/chat/message",
    "api/user/chat/messages/<int:pk>/retry",
}


@cache
def areas() -> dict[str, str]:
    """The area of each route that has one."""
    return {route: area for area, routes in _routes.items() for route in routes}
