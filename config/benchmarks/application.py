"""The application itself, called in this process as the web server calls it: the WSGI callable, middleware and all."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import urlsplit

from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tenants.authentication import issue_tokens
from tenants.models import User

_application: Any = None


class Reader:
    """Reads paths of the API as ``user``."""

    def __init__(self, user: User) -> None:
        global _application
        _application = _application or get_wsgi_application()
        self.token = f"Bearer {issue_tokens(user=user).access_token}"

    def get(self, path: str) -> bytes:
        """The body of the answer. Raises RuntimeError for any status but 200."""
        url = urlsplit(path)
        statuses: list[str] = []
        environment = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": url.path,
            "QUERY_STRING": url.query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "127.0.0.1",
            "HTTP_AUTHORIZATION": self.token,
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": io.StringIO(),
        }
        answer = _application(environment, lambda status, headers, fault=None: statuses.append(status))
        try:
            body = b"".join(answer)
        finally:
            answer.close()
        if not statuses[0].startswith("200"):
            raise RuntimeError(f"{path} answers {statuses[0]}: {body[:300]!r}")
        return body

    def statements(self, path: str) -> list[bytes]:
        """The SQL that reading ``path`` sends, in order, with its values in it."""
        self.get(path)
        with CaptureQueriesContext(connection) as captured:
            self.get(path)
        return [query["sql"].encode() for query in captured.captured_queries]
