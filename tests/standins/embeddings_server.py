"""A server of embeddings as the providers behind a key speak it; it records what it was asked and may misbehave."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class EmbeddingsServer:
    """``mode``: ok, down (503), slow (never answers), garbage (not JSON), short (a vector too few), zeros."""

    def __init__(self) -> None:
        self.mode = "ok"
        self.requests: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.released = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                server.requests.append((self.path, dict(self.headers), body))
                if server.mode == "slow":
                    server.released.wait(30)
                payload = server.answer(body["input"])
                self.send_response(503 if server.mode == "down" else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def log_message(self, *_: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}/v1"

    def answer(self, texts: list[str]) -> bytes:
        if self.mode == "garbage":
            return b"<html>no</html>"
        vectors = [[0.0] * 4 if self.mode == "zeros" else _vector(text) for text in texts]
        if self.mode == "short":
            vectors.pop()
        rows = [{"index": place, "embedding": vector} for place, vector in enumerate(vectors)]
        return json.dumps({"data": rows[::-1]}).encode()  # the order is the index's, not the list's


def _vector(text: str) -> list[float]:
    """Texts about cutting are alike, and unlike all others."""
    return [1.0, 0.1, 0.0, 0.0] if any(word in text for word in ("cortar", "serrucho")) else [0.0, 0.1, 1.0, 0.0]


@contextmanager
def embeddings_server() -> Iterator[EmbeddingsServer]:
    server = EmbeddingsServer()
    thread = threading.Thread(target=server.http.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.http.shutdown()
        server.http.server_close()
        thread.join(5)
