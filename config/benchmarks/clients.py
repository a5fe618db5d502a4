"""HTTP clients that cost little beside the server they ask: raw sockets that are kept open."""

from __future__ import annotations

import http.client
import json
import selectors
import socket
import time
from collections.abc import Iterator
from typing import Any, cast

Address = tuple[str, int]
HEAD_END = b"\r\n\r\n"


def request(address: Address, path: str, token: str = "") -> bytes:
    """A GET as it goes over the wire."""
    authorization = f"Authorization: {token}\r\n" if token else ""
    return f"GET {path} HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\n{authorization}\r\n".encode()


def ask_all(address: Address, ask: bytes, *, connections: int, seconds: float) -> tuple[int, float]:
    """Ask over and over on so many connections at once. Answers how often, and in how many seconds.

    Raises RuntimeError for an answer that is no 200.
    """
    with selectors.DefaultSelector() as selector:
        sockets = [socket.create_connection(address, timeout=10) for _ in range(connections)]
        try:
            for one in sockets:
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(one, selectors.EVENT_READ, bytearray())
                one.sendall(ask)
            began, count = time.perf_counter(), 0
            while (passed := time.perf_counter() - began) < seconds:
                for key, _ in selector.select(timeout=5):
                    one, got = cast(socket.socket, key.fileobj), key.data
                    got += one.recv(262_144) or _broken("the connection was closed")
                    if _is_whole(got):
                        count += 1
                        got.clear()
                        one.sendall(ask)
            return count, passed
        finally:
            for one in sockets:
                one.close()


def send_each(
    address: Address, asks: Iterator[bytes], *, connections: int, seconds: float, rate: float | None = None
) -> tuple[list[float], float]:
    """Send each of ``asks`` once: on every connection as soon as it is free, or so many a second at their own times.

    Answers the seconds that each took, at a ``rate`` counted from when its time had come, and the seconds of all.
    Ends early when there is nothing left to ask. Raises RuntimeError for an answer that is no 200.
    """
    taken: list[float] = []
    with selectors.DefaultSelector() as selector:
        sockets = [socket.create_connection(address, timeout=10) for _ in range(connections)]
        try:
            for one in sockets:
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(one, selectors.EVENT_READ, bytearray())
            free, due = list(sockets), {}
            began, sent = time.perf_counter(), 0
            while (passed := time.perf_counter() - began) < seconds:
                while free and (rate is None or sent < passed * rate):
                    ask = next(asks, None)
                    if ask is None:
                        return taken, time.perf_counter() - began
                    one = free.pop()
                    due[one] = began + sent / rate if rate else time.perf_counter()
                    one.sendall(ask)
                    sent += 1
                for key, _ in selector.select(timeout=0.001 if rate else 5):
                    one, got = cast(socket.socket, key.fileobj), key.data
                    got += one.recv(262_144) or _broken("the connection was closed")
                    if _is_whole(got):
                        taken.append(time.perf_counter() - due.pop(one))
                        got.clear()
                        free.append(one)
            return taken, passed
        finally:
            for one in sockets:
                one.close()


def _is_whole(got: bytearray) -> bool:
    end = got.find(HEAD_END)
    if end < 0:
        return False
    if not got.startswith(b"HTTP/1.1 200"):
        _broken(f"the answer is {bytes(got[:300])!r}")
    at = got.lower().find(b"content-length:", 0, end)
    length = int(got[at + 15 : got.find(b"\r\n", at)])
    return len(got) >= end + len(HEAD_END) + length


def _broken(why: str) -> bytes:
    raise RuntimeError(why)


class Chat:
    """Somebody who writes to the assistant and reads the answer as it comes, over kept connections."""

    def __init__(self, address: Address, token: str) -> None:
        self.headers = {"Authorization": token, "Content-Type": "application/json"}
        self._sending = http.client.HTTPConnection(*address, timeout=60)
        self._reading = http.client.HTTPConnection(*address, timeout=60)

    def send(self, text: str) -> int:
        """Begin a conversation. Answers the message's id."""
        body = json.dumps({"content": text, "assistant_type": "commercial"})
        self._sending.request("POST", "/api/user/chat/message", body, self.headers)
        answer = self._sending.getresponse()
        said = json.loads(answer.read())
        if answer.status != 202:
            raise RuntimeError(f"the message was answered with {answer.status}: {said}")
        return int(said["message_id"])

    def open_stream(self, message_id: int) -> http.client.HTTPResponse:
        """The events of a message; read it to its end before the next."""
        self._reading.request("GET", f"/api/user/chat/messages/{message_id}/stream", headers=self.headers)
        return self._reading.getresponse()

    def events(self, message_id: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """Name and data of each event, as they come."""
        name, stream = "", self.open_stream(message_id)
        for line in stream:
            if line.startswith(b"event: "):
                name = line[7:].decode().strip()
            elif line.startswith(b"data: "):
                yield name, json.loads(line[6:])

    def close(self) -> None:
        self._sending.close()
        self._reading.close()
