"""Where this is: its folder, its address, its keys, from the environment (and ``.env``).

``SITE_URL`` decides how strict the transport is: an https address turns on secure cookies, HSTS and the redirect to
https; the default, plain http on 127.0.0.1, is for one's own machine.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

import environ

from config.secrets import local_secrets

BASE_DIR = Path(__file__).resolve().parents[2]

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

# Tests keep their data apart from a person's own.
testing = "PYTEST_VERSION" in os.environ
DATA_DIR = Path(env("DATA_DIR", default=str(BASE_DIR / ("var/tests" if testing else "var")))).expanduser().resolve()
PORT = env.int("PORT", default=8000)
BIND_HOST = env("BIND_HOST", default="127.0.0.1")
SITE_URL = env("SITE_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")
DEBUG = env.bool("DJANGO_DEBUG", default=False)

address = urlsplit(SITE_URL)
HTTPS = address.scheme == "https"
_own_machine = {"127.0.0.1", "localhost", "::1"}
# The demo's passwords are public, so a site that others can reach has a demo (with random ones) only when asked.
STAYS_HERE = address.hostname in _own_machine and BIND_HOST in _own_machine
DEMO = env.bool("DEMO", default=STAYS_HERE)

# Keys of one's own machine are made once and kept beside the data; a fleet shares them through the environment.
_secrets = local_secrets(DATA_DIR, names=("DJANGO_SECRET_KEY", "FIELD_ENCRYPTION_KEYS"), environment=env)
SECRET_KEY = _secrets["DJANGO_SECRET_KEY"]
FIELD_ENCRYPTION_KEYS = [key.strip() for key in _secrets["FIELD_ENCRYPTION_KEYS"].split(",") if key.strip()]

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[]) or sorted(
    {address.hostname or "127.0.0.1", "127.0.0.1", "localhost", "[::1]"}
)
CSRF_TRUSTED_ORIGINS = [SITE_URL]
