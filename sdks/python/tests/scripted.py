"""A server that does what a test says, byte by byte."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

STREAM = "/sdk/v1/stream"
RULESET = "/sdk/v1/ruleset"
EVENTS = "/sdk/v1/events"

LONG = 60.0
"""Seconds that a busy machine may take for anything."""


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    body: bytes
    nth: int = 0
    """How many requests for this path came before."""


@dataclass
class Reply:
    """Bytes, and events to wait for in between. A connection carries one answer."""

    status: str = "200 OK"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = b""
    steps: Iterable[bytes | threading.Event | None] = ()
    """After the head of a stream: what is sent, what is waited for; None says nothing more and does not hang up."""


def ok(body: Any, **headers: str) -> Reply:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(headers={"Content-Type": "application/json", **headers}, body=text)


def status(line: str, **headers: str) -> Reply:
    return Reply(line, headers)


def stream(*steps: bytes | threading.Event | None) -> Reply:
    return Reply(headers={"Content-Type": "text/event-stream"}, body=None, steps=steps)


def frame(name: str, data: Any) -> bytes:
    return f"event: {name}\nid: ignored\ndata: {json.dumps(data)}\n\n".encode()


class Server:
    """Use as a context manager."""

    def __init__(self, answer: Callable[[Request], Reply], port: int = 0) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", port))
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self.requests: list[Request] = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for one in self._open:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def to(self, path: str) -> list[Request]:
        """Every request for this path so far."""
        with self._lock:
            return [request for request in self.requests if request.path == path]

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError, ValueError, IndexError):
            request = self._read(connection)
            with self._lock:
                request.nth = sum(one.path == request.path for one in self.requests)
                self.requests.append(request)
            reply = self._answer(request)
            head = {"Connection": "close", **reply.headers}
            if reply.body is not None:
                head["Content-Length"] = str(len(reply.body))
            lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
            connection.sendall(f"HTTP/1.1 {reply.status}\r\n{lines}\r\n".encode() + (reply.body or b""))
            for step in reply.steps:
                if step is None:
                    self._over.wait()
                elif isinstance(step, threading.Event):
                    step.wait()
                else:
                    connection.sendall(step)

    @staticmethod
    def _read(connection: socket.socket) -> Request:
        with connection.makefile("rb") as file:
            path = file.readline().decode().split(" ")[1]
            headers = {}
            while (line := file.readline().decode().strip()) != "":
                name, _, value = line.partition(": ")
                headers[name.lower()] = value
            return Request(path, headers, file.read(int(headers.get("content-length", 0))))


def flag(value: Any) -> dict[str, Any]:
    serve = {"serve": {"variant": "v"}}
    kind = {bool: "boolean", str: "string", int: "number", float: "number"}.get(type(value), "json")
    return {"on": True, "type": kind, "variants": {"v": value}, "off": serve, "default": serve}


def split(on: Any, off: Any) -> dict[str, Any]:
    """Everybody with a targeting key gets `on`."""
    serve = {"split": {"bucket": "main", "ranges": [[0, 1 << 32, "on"]], "rest": {"variant": "off"}}}
    bucket = {"hash": "murmur3_32", "prefix": "salt:", "unit": ["targetingKey"]}
    variants = {"on": on, "off": off}
    return {**flag(on), "variants": variants, "off": {"serve": {"variant": "off"}}, "default": {"serve": serve},
            "buckets": {"main": bucket}}  # fmt: skip


def version(text: str) -> dict[str, Any]:
    epoch, _, rev = text.partition(":")
    return {"epoch": epoch, "rev": int(rev)}


def ruleset(at: str, **flags: Any) -> dict[str, Any]:
    """`at`: `epoch:rev`. Values that are no flags become some."""
    made = {key: value if isinstance(value, dict) and "on" in value else flag(value) for key, value in flags.items()}
    return {"format": 1, "project": "p", "environment": "e", "version": version(at), "flags": made}


def patch(start: str, end: str, **flags: Any) -> dict[str, Any]:
    return {"from": version(start), "to": version(end), "flags": {key: flag(value) for key, value in flags.items()}}
