"""The stand-in's HTTP: requests in, answers out. What they mean is ``graph``'s."""

from __future__ import annotations

import hmac
import json
import re
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from config.simulator.control import Wrong, control
from config.simulator.faults import Fault
from config.simulator.refusals import Refusal

if TYPE_CHECKING:
    from config.simulator.graph import GraphServer
    from config.simulator.records import Number

LARGEST = 5 * 1024 * 1024
PAGE = 25
IDLE_SECONDS = 60.0
_version = re.compile(r"v[0-9]{1,2}\.[0-9]")


class Listener:
    """Accepts connections in a thread of its own, and cuts all of them at its end."""

    def __init__(self, port: int, *, stand_in: GraphServer) -> None:
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.stand_in = stand_in
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()
        self._server.cut()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256
    stand_in: GraphServer

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever called is gone: that happens to a server whose callers are killed."""

    def cut(self) -> None:
        with self._lock:
            open_now = list(self._open)
        for connection in open_now:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = IDLE_SECONDS
    server: _Server

    def log_message(self, *_: Any) -> None:
        """It keeps quiet: recipients are nobody's business."""

    @property
    def graph(self) -> GraphServer:
        return self.server.stand_in

    def do_GET(self) -> None:
        parts, query = self._read_address()
        if parts[:1] == ["_control"]:
            self._control(parts, query)
        elif parts[:1] == ["_media"] and len(parts) == 2:
            self._download(parts[1])
        elif len(parts) == 2 and _version.fullmatch(parts[0]):
            self._describe(parts[1], query)
        elif len(parts) == 3 and _version.fullmatch(parts[0]) and parts[2] == "message_templates":
            self._list_templates(parts[1], query)
        elif len(parts) == 3 and parts[2] == "subscribed_apps":
            self._with_account(parts[1], {"data": [{"whatsapp_business_api_data": {"name": "Recado"}}]})
        else:
            self._refuse(Refusal(100, "Unknown path components."))

    def do_POST(self) -> None:
        parts, query = self._read_address()
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST:
            self.close_connection = True
            self._answer(413, {"error": {"message": "too large", "code": 1}})
            return
        raw = self.rfile.read(length)
        if parts[:1] == ["_control"]:
            self._control(parts, query, raw)
        elif len(parts) == 3 and _version.fullmatch(parts[0]) and parts[2] == "messages":
            self._send(parts[1], raw)
        elif len(parts) == 3 and parts[2] == "subscribed_apps":
            self._with_account(parts[1], {"success": True})
        else:
            self._refuse(Refusal(100, "Unknown path components."))

    # --- what Meta offers -------------------------------------------------------------------------------------------
    def _send(self, phone_number_id: str, raw: bytes) -> None:
        number = self._find_number(phone_number_id)
        if number is None:
            return
        try:
            payload = json.loads(raw)
            if not isinstance(payload, dict):
                raise TypeError
        except (ValueError, TypeError):
            self._refuse(Refusal(100, "The body is not a JSON object."))
            return
        answer = self.graph.accept(number, payload)
        if isinstance(answer, Refusal):
            self._refuse(answer)
        elif isinstance(answer, Fault):
            self._break(answer)
        else:
            self._answer(200, answer)

    def _describe(self, name: str, query: dict[str, str]) -> None:
        """A number or a file: both are objects under their id."""
        medium = self.graph.media.get(name)
        if medium is not None:
            if self._may(self.graph.numbers[medium.phone_number_id]):
                url = f"{self.graph.url}/_media/{name}"
                about = {"id": name, "url": url, "mime_type": medium.mime_type, "sha256": medium.sha256}
                self._answer(200, about | {"file_size": len(medium.content), "messaging_product": "whatsapp"})
            return
        number = self._find_number(name)
        if number is None:
            return
        described = number.describe()
        fields = [field for field in query.get("fields", "").split(",") if field]
        wanted = ["id", *fields] if fields else ["id", "display_phone_number", "verified_name", "quality_rating"]
        self._answer(200, {field: described[field] for field in wanted if field in described})

    def _download(self, name: str) -> None:
        medium = self.graph.media.get(name)
        if medium is None:
            self._answer(404, {"error": {"message": "The file is gone.", "code": 131052}})
        elif self._may(self.graph.numbers[medium.phone_number_id]):
            self._write(200, medium.content, medium.mime_type)

    def _list_templates(self, account: str, query: dict[str, str]) -> None:
        number = next((one for one in self.graph.numbers.values() if one.business_account_id == account), None)
        if number is None or not self._may(number):
            if number is None:
                self._refuse(Refusal(100, "Object does not exist.", subcode=33))
            return
        limit = min(int(query["limit"]), 100) if query.get("limit", "").isdigit() else PAGE
        start = int(query["after"]) if query.get("after", "").isdigit() else 0
        end = start + limit
        answer: dict[str, Any] = {"data": number.templates[start:end]}
        if answer["data"]:
            answer["paging"] = {"cursors": {"before": str(start), "after": str(end)}}
            if end < len(number.templates):
                follow = urlencode({**query, "limit": limit, "after": end})
                answer["paging"]["next"] = f"{self.graph.url}{urlsplit(self.path).path}?{follow}"
        self._answer(200, answer)

    def _with_account(self, account: str, answer: dict[str, Any]) -> None:
        number = next((one for one in self.graph.numbers.values() if one.business_account_id == account), None)
        if number is None:
            self._refuse(Refusal(100, "Object does not exist.", subcode=33))
        elif self._may(number):
            self._answer(200, answer)

    # --- ours -------------------------------------------------------------------------------------------------------
    def _control(self, parts: list[str], query: dict[str, str], raw: bytes = b"") -> None:
        wanted = self.graph.control_token
        if not wanted or not hmac.compare_digest(self._bearer().encode(), wanted.encode()):
            self._answer(403, {"error": "forbidden"})
            return
        try:
            options = json.loads(raw) if raw else query
            self._answer(200, control(self.graph, parts[1] if len(parts) == 2 else "", options))
        except (Wrong, ValueError) as error:
            self._answer(400, {"error": str(error)})

    # --- how it is said ---------------------------------------------------------------------------------------------
    def _read_address(self) -> tuple[list[str], dict[str, str]]:
        split = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(split.query).items()}
        return [part for part in split.path.split("/") if part], query

    def _bearer(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    def _find_number(self, name: str) -> Number | None:
        """The number, if the token is its; otherwise the error is said already."""
        number = self.graph.numbers.get(name)
        if number is None:
            details = f"Object with ID '{name}' does not exist, cannot be loaded due to missing permissions."
            self._refuse(Refusal(100, details, subcode=33))
            return None
        return number if self._may(number) else None

    def _may(self, number: Number) -> bool:
        if hmac.compare_digest(self._bearer().encode(), number.token.encode()):
            return True
        self._refuse(Refusal(190, "Error validating access token: the token is not valid.", subcode=463))
        return False

    def _break(self, fault: Fault) -> None:
        if fault.what == "html" and fault.refusal:
            self._write(fault.refusal.status, b"<html><body><h1>Sorry</h1></body></html>", "text/html")
            return
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def _refuse(self, refusal: Refusal) -> None:
        self._answer(refusal.status, refusal.body())

    def _answer(self, status: int, answer: dict[str, Any]) -> None:
        self._write(status, json.dumps(answer).encode(), "application/json; charset=UTF-8")

    def _write(self, status: int, content: bytes, mime_type: str) -> None:
        self.graph.requests.append((self.command, urlsplit(self.path).path, status))
        self.send_response(status)
        self.send_header("Content-Type", mime_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()
