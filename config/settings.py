"""Django settings: one file, everything that differs between machines read from the environment (and ``.env``).

``SITE_URL`` decides how strict the transport is: an https address turns on secure cookies, HSTS and the redirect to
https; the default, plain http on 127.0.0.1, is for one's own machine.
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF

from config.secrets import local_secrets
from config.simulator.connection import read_connection

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

# Tests keep their data apart from a person's own.
_TESTING = "PYTEST_VERSION" in os.environ
DATA_DIR = Path(env("DATA_DIR", default=str(BASE_DIR / ("var/tests" if _TESTING else "var")))).expanduser().resolve()
PORT = env.int("PORT", default=8000)
BIND_HOST = env("BIND_HOST", default="127.0.0.1")
SITE_URL = env("SITE_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")
DEBUG = env.bool("DJANGO_DEBUG", default=False)
LIMITS = env("LIMITS", default="on").lower() not in {"off", "0", "false", "no"}
# In a minute: of an address, the first two and the last; of a person, the exports. A tenant's plan says the rest.
RATES = {
    "ANONYMOUS": env.int("ANONYMOUS_PER_MINUTE", default=300),
    "SIGN_INS": env.int("SIGN_INS_PER_MINUTE", default=60),
    "EXPORTS": env.int("EXPORTS_PER_MINUTE", default=20),
    "REFUSED_WEBHOOKS": env.int("REFUSED_WEBHOOKS_PER_MINUTE", default=60),
}

_site = urlsplit(SITE_URL)
HTTPS = _site.scheme == "https"
_own_machine = {"127.0.0.1", "localhost", "::1"}
# The demo's passwords are public, so a site that others can reach has a demo (with random ones) only when asked.
STAYS_HERE = _site.hostname in _own_machine and BIND_HOST in _own_machine
DEMO = env.bool("DEMO", default=STAYS_HERE)

# Keys of one's own machine are made once and kept beside the data; a fleet shares them through the environment.
_secrets = local_secrets(DATA_DIR, names=("DJANGO_SECRET_KEY", "FIELD_ENCRYPTION_KEYS"), environment=env)
SECRET_KEY = _secrets["DJANGO_SECRET_KEY"]
FIELD_ENCRYPTION_KEYS = [key.strip() for key in _secrets["FIELD_ENCRYPTION_KEYS"].split(",") if key.strip()]

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[]) or sorted(
    {_site.hostname or "127.0.0.1", "127.0.0.1", "localhost", "[::1]"}
)
CSRF_TRUSTED_ORIGINS = [SITE_URL]

INSTALLED_APPS = [
    "config.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_q",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "tenants",
    "catalog",
    "agenda",
    "assistants",
    "messaging",
    "analytics",
    "config.apps.ProjectConfig",
]

MIDDLEWARE = [
    "config.logs.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "tenants.middleware.PathMiddleware",
    "messaging.whatsapp.webhook.WebhookMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.throttling.LimitMiddleware",
    "tenants.middleware.TenantMiddleware",
    "config.programs.ProgramMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False  # every path works with and without its last slash: tenants.middleware.PathMiddleware

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tenants.pages.shell",
            ],
        },
    },
]

DATABASE_URL = env("DATABASE_URL", default="")
DATABASES = {
    "default": {
        **(env.db_url_config(DATABASE_URL) if DATABASE_URL else {"NAME": "recado", "DATA_DIR": DATA_DIR}),
        "ENGINE": "config.postgresql",
        "DURABLE": env.bool("DATABASE_DURABLE", default=not _TESTING),
        # A thread gives its connection back after each request or task; config.postgresql.stock keeps it for the next.
        # A fresh one each time costs a factor of ten, one for every waiting thread five megabytes.
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=0),
        "CONN_HEALTH_CHECKS": True,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The default cache only ever holds what any process may compute for itself.
CACHES = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": env("REDIS_URL")}
        if env("REDIS_URL", default="")
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}

# --- who -----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = ["tenants.authentication.UsernameOrEmailBackend"]
PASSWORD_HASHERS = [
    "tenants.hashing.SharedArgon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
PASSWORD_RESET_TIMEOUT = 60 * 60 * 4  # seconds
# Whether a superadmin needs a second factor to enter /admin; without it, that leads to the page where it is set up.
_is_local = _site.hostname in _own_machine and BIND_HOST in _own_machine
_second_factor = env("SUPERADMIN_SECOND_FACTOR", default="optional" if _is_local else "required")
SUPERADMIN_SECOND_FACTOR = _second_factor == "required"
SUPERADMIN_SESSION = {
    "IDLE_SECONDS": env.int("SUPERADMIN_IDLE_SECONDS", default=30 * 60),
    "SECONDS": env.int("SUPERADMIN_SESSION_SECONDS", default=12 * 60 * 60),
    # How long a password that was given counts for what cannot be taken back.
    "PROOF_SECONDS": env.int("SUPERADMIN_PROOF_SECONDS", default=15 * 60),
}

SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=30),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=14),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    "CHECK_REVOKE_TOKEN": True,
    "USER_ID_FIELD": "id",
    "USER_ID_CLAIM": "user_id",
    "UPDATE_LAST_LOGIN": False,
    "SIGNING_KEY": SECRET_KEY,
}

# --- the HTTP contract -----------------------------------------------------------------------------------------------
MAX_BODY_BYTES = 3 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES
# What may be sent in one POST elsewhere, in bytes by path: files that are imported.
BODY_LIMITS = {
    r"/api/user/(imports|(products|contacts|personal/tasks|personal/appointments)/import)": (20 + 1) * 1024 * 1024,
}
CHUNKED_PATHS = {"/api/whatsapp/webhook"}  # whose view reads a body of a length unsaid itself, up to that
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "tenants.authentication.BearerAuthentication",
        "tenants.keys_authentication.KeyAuthentication",
        "tenants.authentication.PageSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["tenants.authentication.IsTenant"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["tenants.contract.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "tenants.contract.Pages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_FILTER_BACKENDS": [],
    "EXCEPTION_HANDLER": "tenants.errors.json_error",
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Recado",
    "DESCRIPTION": (
        "Assistants for small businesses: catalogue, agenda, chat, inbox, and what comes with them.\n\n"
        "How to make a key, page, try again safely and be told of events: [guide for developers](/developers/api)."
    ),
    "EXTERNAL_DOCS": {"description": "Guide for developers", "url": "/developers/api"},
    "VERSION": "0.1.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": True,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": r"/api/",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.schema.add_errors",
        "config.descriptions.describe",
        "config.links.link",
    ],
    "ENUM_NAME_OVERRIDES": {
        "AccountRole": "tenants.models.User.Role",
        "MessageRole": "messaging.models.Message.Role",
        "AssistantType": "messaging.models.AssistantType",
        "MessageStatus": "messaging.models.Message.Status",
        "MessageKind": "messaging.models.Message.Kind",
        "DeliveryStatus": "messaging.deliveries.Delivery.Status",
        "ConversationChannel": "messaging.models.Conversation.Channel",
        "AppointmentStatus": "agenda.models.Appointment.Status",
        "TaskStatus": "agenda.models.Task.Status",
        "DraftKind": "agenda.serializers.DRAFT_KINDS",
        "ImportStatus": "tenants.exchange.import_jobs.ImportJob.Status",
        "ExportStatus": "tenants.exchange.export_jobs.ExportJob.Status",
    },
}

# --- the queue: a doorbell, the rows are the truth -------------------------------------------------------------------
Q_CLUSTER = {
    "name": "recado",
    "orm": "default",
    "broker_class": "tenants.broker.NotifyBroker",
    "workers": env.int("QUEUE_WORKERS", default=3),
    "queue_limit": 2,
    "bulk": 1,
    "timeout": 90,
    "retry": 600,
    "max_attempts": 5,
    "ack_failures": True,
    "save_limit": -1,
    "catch_up": False,
    "poll": env.float("QUEUE_POLL_SECONDS", default=5.0),
    "recycle": 10_000,
    "label": "Queue",
}

# --- running it all: `manage.py up` ----------------------------------------------------------------------------------
WEB_PROCESSES = env.int("WEB_PROCESSES", default=2)
WEB_THREADS = env.int("WEB_THREADS", default=128)  # a process; an open event stream occupies one
# Turns that wait for a model at the same time, each on a thread of the one worker that answers.
ANSWERING_THREADS = env.int("ANSWERING_THREADS", default=48)
METRICS_TOKEN = env("METRICS_TOKEN", default="")  # who reads /metrics; without it this machine alone, on a local site
METRICS_DIR = DATA_DIR / "metrics"
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(METRICS_DIR)  # prometheus_client reads it when it is imported
HEALTH = {
    # How often turns are rung for that nobody works on, because their worker was killed.
    "SWEEP_SECONDS": env.float("HEALTH_SWEEP_SECONDS", default=10.0),
    "CLOCK_SECONDS": env.float("HEALTH_CLOCK_SECONDS", default=1.0),
    "CANARY_SECONDS": env.float("HEALTH_CANARY_SECONDS", default=10.0),
    "SCHEDULER_SECONDS": env.float("HEALTH_SCHEDULER_SECONDS", default=30.0),
    "WORKER_IDLE_SECONDS": env.float("HEALTH_WORKER_IDLE_SECONDS", default=30.0),
    # More than the longest task may take (Q_CLUSTER's timeout).
    "WORKER_BUSY_SECONDS": env.float("HEALTH_WORKER_BUSY_SECONDS", default=100.0),
    "WATCH_SECONDS": env.float("HEALTH_WATCH_SECONDS", default=1.0),
    "GRACE_SECONDS": env.float("HEALTH_GRACE_SECONDS", default=30.0),
}

# --- backups (docs/operations.md) ------------------------------------------------------------------------------------
# How often the clock makes one; 0: never. Whoever has a server of their own has their own backups as a rule.
BACKUP_HOURS = env.float("BACKUP_HOURS", default=0.0 if env("DATABASE_URL", default="") else 24.0)
BACKUP_KEEP = env.int("BACKUP_KEEP", default=7)
BACKUP_DIR = Path(env("BACKUP_DIR", default=str(DATA_DIR / "backups"))).expanduser().resolve()

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
# What is enqueued with the tenant's id when preferences change: dotted paths, for `tenants` imports nobody.
ON_PREFERENCES_CHANGE = ["messaging.tasks.replan", "analytics.tasks.roll_up"]
# Of a file that is imported: its size, what it may hold packed, and its rows, columns and letters of a cell.
IMPORTS = {
    "FILE_MB": 20,
    "EXPANDED_MB": env.int("IMPORT_EXPANDED_MB", default=250),
    "ROWS": env.int("IMPORT_ROWS", default=100_000),
    "COLUMNS": 256,
    "CELL": 50_000,
}
# What can be exported, by name: dotted paths, for the same reason.
EXPORTS = {
    "products": "catalog.export.PRODUCTS",
    "contacts": "tenants.contacts_export.CONTACTS",
    "tasks": "agenda.export.TASKS",
    "appointments": "agenda.export.APPOINTMENTS",
    "conversations": "messaging.export.CONVERSATIONS",
}

# --- assistants ------------------------------------------------------------------------------------------------------
ANTHROPIC_API_KEY = env("ANTHROPIC_API_KEY", default="")
ANTHROPIC_BASE_URL = env("ANTHROPIC_BASE_URL", default="")
OPENAI_API_KEY = env("OPENAI_API_KEY", default="")
OPENAI_BASE_URL = env("OPENAI_BASE_URL", default="")
LLM_PROVIDER = env("LLM_PROVIDER", default="") or ("anthropic" if ANTHROPIC_API_KEY else "builtin")
LLM_MODEL = env("LLM_MODEL", default="")
# Of the OpenAI-compatible service, for voice notes; empty: they are not listened to.
TRANSCRIPTION_MODEL = env("TRANSCRIPTION_MODEL", default="whisper-1")
EMBEDDING_PROVIDER = env("EMBEDDING_PROVIDER", default="local")
EMBEDDING_MODEL = env("EMBEDDING_MODEL", default="")
VOYAGE_API_KEY = env("VOYAGE_API_KEY", default="")

# --- language, time, mail --------------------------------------------------------------------------------------------
LANGUAGE_CODE = "es"
LANGUAGES = [("es", "Español"), ("en", "English"), ("pt", "Português")]
# What a browser was told to speak before anybody signed in (tenants.language_pages).
LANGUAGE_COOKIE_NAME = "recado_language"
LANGUAGE_COOKIE_AGE = 60 * 60 * 24 * 365
LANGUAGE_COOKIE_HTTPONLY = True
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

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
# On a site that others can reach nobody is to take it for WhatsApp, so there it runs only when asked.
WHATSAPP_SIMULATOR = env.bool(
    "WHATSAPP_SIMULATOR", default=_site.hostname in _own_machine and BIND_HOST in _own_machine
)
WHATSAPP_SIMULATOR = WHATSAPP_SIMULATOR and not (WHATSAPP["TOKEN"] or WHATSAPP["PHONE_NUMBER_ID"])
if WHATSAPP_SIMULATOR and not _TESTING and (_simulator := read_connection(DATA_DIR)):
    WHATSAPP |= _simulator.settings()
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
# Every letter is a row first (docs/mail.md); what EMAIL_URL names sends it once the row is committed.
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
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default=f"Recado <no-reply@{_site.hostname or 'localhost'}>")

# --- static files ----------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "config.assets.PackageFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.assets.HashedFiles"},
}

# --- security --------------------------------------------------------------------------------------------------------
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)/?$"]  # whoever watches the system asks beside the proxy
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)  # how many addresses of X-Forwarded-For our own proxies wrote

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "media-src": [SELF],  # voice notes and videos in the inbox
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# Lines of JSON for whatever collects them, of text for who reads along (config/logs.py): on a terminal, and wherever
# the site is this machine's alone, also through a pipe.
LOG_FORMAT = env("LOG_FORMAT", default="text" if DEBUG or _is_local or sys.stderr.isatty() else "json")
# A line for each request and each task. To who reads along they would hide what is wrong, and the accounts to try.
REQUEST_LOG = env.bool("REQUEST_LOG", default=LOG_FORMAT == "json" and not _TESTING)
_lines_of_work = {"level": "INFO" if REQUEST_LOG else "WARNING"}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "config.logs.JsonFormatter" if LOG_FORMAT == "json" else "config.logs.TextFormatter"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="WARNING")},
    "loggers": {
        # The SDKs' transports log addresses with their parameters at INFO.
        name: {"level": "WARNING"}
        for name in ("httpx", "httpx2", "httpcore2", "anthropic", "openai", "django-q")
    }
    # A person's mistake that was answered with a 4xx is no event of ours.
    | {"django.request": {"level": "ERROR"}}
    | {"recado.requests": _lines_of_work, "recado.tasks": _lines_of_work},
}

# User.username is unique whatever its case, by a constraint that this check does not read.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
