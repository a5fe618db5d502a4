"""How things leave the house and come in: reminders, WhatsApp, tenants' own systems, mail."""

from __future__ import annotations

from config.settings.site import DATA_DIR, STAYS_HERE, address, env, testing
from config.simulator.connection import read_connection

# --- reminders: rows that are claimed, sent once, and found again (docs/reminders.md) --------------------------------
REMINDERS = {
    "SECONDS": env.float("REMINDER_SECONDS", default=60.0),  # how often the clock rings for what is due
    "THREADS": env.int("REMINDER_THREADS", default=4),  # that send at the same time, in the one worker that does
    "CLAIM_LEASE_SECONDS": env.float("REMINDER_CLAIM_LEASE_SECONDS", default=30.0),
    # Longer than the slowest call that still succeeds: past it nobody knows, and it is not sent again.
    "SENDING_LEASE_SECONDS": env.float("REMINDER_SENDING_LEASE_SECONDS", default=120.0),
    "LATE_SECONDS": env.float("REMINDER_LATE_SECONDS", default=150.0),
    # When one has waited that long, the reminders stand still: /readyz and `manage.py doctor` say so.
    "STALE_SECONDS": env.float("REMINDER_STALE_SECONDS", default=300.0),
}

# --- WhatsApp (docs/whatsapp.md) -------------------------------------------------------------------------------------
WHATSAPP = {
    "GRAPH_URL": env("WHATSAPP_GRAPH_URL", default="https://graph.facebook.com").rstrip("/"),
    "GRAPH_VERSION": env("WHATSAPP_GRAPH_VERSION", default="v25.0"),
    # The platform's shared number; none when it has no id.
    "PHONE_NUMBER_ID": env("WHATSAPP_PHONE_NUMBER_ID", default=""),
    "TOKEN": env("WHATSAPP_TOKEN", default=""),
    "APP_SECRET": env("WHATSAPP_APP_SECRET", default=""),
    "VERIFY_TOKEN": env("WHATSAPP_VERIFY_TOKEN", default=""),
    "CONNECT_SECONDS": env.float("WHATSAPP_CONNECT_SECONDS", default=5.0),
    "READ_SECONDS": env.float("WHATSAPP_READ_SECONDS", default=20.0),
    "THREADS": env.int("WHATSAPP_THREADS", default=8),  # that send at the same time, in the one worker that does
    "PER_SECOND": env.float("WHATSAPP_PER_SECOND", default=80.0),  # from one number; Meta raises it on its own
    # When a message has waited that long, the outbox stands still: /readyz and `manage.py doctor` say so.
    "STALE_SECONDS": env.float("WHATSAPP_STALE_SECONDS", default=300.0),
    # Longer than the slowest call that still succeeds: past it nobody knows, and it is not sent again.
    "SENDING_LEASE_SECONDS": env.float("WHATSAPP_SENDING_LEASE_SECONDS", default=60.0),
    "BODY_DAYS": env.int("WHATSAPP_BODY_DAYS", default=30),  # that what came in is kept; at least eight
    # A number that exists on this machine only, played by config.simulator: while there is no real one to share.
    "SIMULATED": False,
    "SIMULATOR_URL": "",
}
# On a site that others can reach nobody is to take it for WhatsApp, so there it runs only when asked.
WHATSAPP_SIMULATOR = env.bool("WHATSAPP_SIMULATOR", default=STAYS_HERE)
WHATSAPP_SIMULATOR = WHATSAPP_SIMULATOR and not (WHATSAPP["TOKEN"] or WHATSAPP["PHONE_NUMBER_ID"])
if WHATSAPP_SIMULATOR and not testing and (_simulator := read_connection(DATA_DIR)):
    WHATSAPP |= _simulator.settings()

# --- what tenants' own systems are told (docs/webhooks.md) -----------------------------------------------------------
WEBHOOKS = {
    # For tests and whoever writes a receiver: lets them name this machine, by http and on any port.
    "ALLOW_LOCAL": env.bool("WEBHOOKS_ALLOW_LOCAL", default=False),
    "PORTS": [int(port) for port in env.list("WEBHOOKS_PORTS", default=["443"])],
    "CA_FILE": env("WEBHOOKS_CA_FILE", default=""),  # certificates that are trusted beside the system's
    "CONNECT_SECONDS": env.float("WEBHOOKS_CONNECT_SECONDS", default=5.0),
    "SECONDS": env.float("WEBHOOKS_SECONDS", default=15.0),  # for a whole call
    "THREADS": env.int("WEBHOOKS_THREADS", default=24),  # that call at the same time, in the one worker that does
    "PER_ENDPOINT": env.int("WEBHOOKS_PER_ENDPOINT", default=2),  # calls at the same time
    "PER_TENANT": env.int("WEBHOOKS_PER_TENANT", default=4),
    # Longer than the slowest call: past it somebody else sends it once more.
    "LEASE_SECONDS": env.float("WEBHOOKS_LEASE_SECONDS", default=60.0),
    # When one has waited that long for us, the webhooks stand still: `manage.py doctor` says so.
    "STALE_SECONDS": env.float("WEBHOOKS_STALE_SECONDS", default=300.0),
    "DAYS": env.int("WEBHOOKS_DAYS", default=30),  # that the log is kept
}

# --- mail (docs/mail.md) ---------------------------------------------------------------------------------------------
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
# Every letter is a row first; what EMAIL_URL names sends it once the row is committed.
MAIL_BACKEND = EMAIL_CONFIG["EMAIL_BACKEND"]
EMAIL_BACKEND = "messaging.mail.backend.OutboxBackend"
EMAIL_TIMEOUT = env.float("EMAIL_TIMEOUT", default=10.0)  # seconds, for each step of the conversation with the server
MAIL = {
    "THREADS": env.int("MAIL_THREADS", default=4),  # that send at the same time, in the one worker that does
    # How long the server may think about a letter that it has read: those that look for junk take their time.
    "ANSWER_SECONDS": env.float("MAIL_ANSWER_SECONDS", default=60.0),
    # Longer than the slowest letter that still goes out: past it nobody knows, and it is not sent again.
    "SENDING_LEASE_SECONDS": env.float("MAIL_SENDING_LEASE_SECONDS", default=120.0),
    # When a letter has waited that long, the outbox stands still: `manage.py doctor` says so.
    "STALE_SECONDS": env.float("MAIL_STALE_SECONDS", default=300.0),
    "TEXT_DAYS": env.int("MAIL_TEXT_DAYS", default=30),  # that what a letter said is kept
    "DAYS": env.int("MAIL_DAYS", default=365),  # that it is kept that there was one
}
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default=f"Recado <no-reply@{address.hostname or 'localhost'}>")
