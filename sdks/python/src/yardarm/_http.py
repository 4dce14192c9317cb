"""Requests with a deadline, an upper bound and a verdict.

On the standard library: a flag client should not have to agree with its application on the version of a package.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from ._backoff import Failure, Lost, Refused, Rejected, retry_after
from ._settings import Timing, checked_key, checked_url
from ._version import VERSION

_CHUNK = 64 << 10


class Answer:
    """An open answer. Reading is bounded in time and size."""

    def __init__(self, response: http.client.HTTPResponse, limit: int) -> None:
        self._response = response
        self._limit = limit
        self.status = response.status
        self.etag = response.getheader("ETag")
        self.content_type = response.getheader("Content-Type") or ""
        self._packed = (response.getheader("Content-Encoding") or "").strip().lower() == "gzip"

    def chunks(self) -> Iterator[bytes]:
        """The body as it arrives; ends with the connection."""
        while chunk := self._response.read1(_CHUNK):
            yield chunk

    def body(self) -> bytes:
        """The whole body, unless it is too large or stalls."""
        unpack = zlib.decompressobj(wbits=31) if self._packed else None
        body = bytearray()
        for chunk in self.chunks():
            room = self._limit + 1 - len(body)
            body += unpack.decompress(chunk, room) if unpack else chunk
            if len(body) > self._limit:
                raise Lost(f"an answer is larger than {self._limit} bytes")
        if self._response.length or (unpack and not unpack.eof):
            raise Lost("an answer was cut off")
        return bytes(body)


class Server:
    """The server as this client reaches it."""

    def __init__(self, url: str, sdk_key: str, timing: Timing, limit: int) -> None:
        parts = urlsplit(checked_url(url))
        self.key = checked_key(sdk_key)
        self._timing = timing
        self._limit = limit
        self._secure = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._secure else 80)
        self._path = parts.path
        self._tls = ssl.create_default_context() if self._secure else None
        self._proxy = _proxy(parts.scheme, self._host)

    @contextmanager
    def get(self, path: str, headers: Mapping[str, str], line: Line) -> Iterator[Answer]:
        """GET; success or 304, everything else is a failure."""
        with self._request("GET", path, headers, None, line) as answer:
            yield answer

    def post(self, path: str, body: bytes, line: Line) -> None:
        """POST of a JSON body."""
        with self._request("POST", path, {"Content-Type": "application/json"}, body, line):
            pass

    @contextmanager
    def _request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None, line: Line
    ) -> Iterator[Answer]:
        timing = self._timing
        own = {"Authorization": f"Bearer {self.key}", "User-Agent": f"yardarm-python/{VERSION}"}
        connection: http.client.HTTPConnection | None = None
        response: http.client.HTTPResponse | None = None
        try:
            connection = self._connection()
            connection.connect()
            line.hold(connection.sock)
            # Every read has its own limit; a head that arrives byte by byte has one on the whole.
            connection.sock.settimeout(timing.response)
            with line.limited(timing.response):
                connection.request(method, self._target(path), body, {**own, **headers})
                response = connection.getresponse()
            failure = _verdict(method, response)
            if failure:
                raise failure
            yield Answer(response, self._limit)
        except Failure:
            raise
        except TimeoutError:
            raise Lost(f"no answer within {timing.response:g} seconds") from None
        except (OSError, http.client.HTTPException, zlib.error, ValueError, RuntimeError) as error:
            raise Lost(_text(error)) from None
        finally:
            line.release()
            # Each of them may hold the socket.
            if response:
                response.close()
            if connection:
                connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._proxy or (self._host, self._port)
        limit = self._timing.connect
        if self._tls is None:
            return http.client.HTTPConnection(host, port, timeout=limit)
        connection = http.client.HTTPSConnection(host, port, timeout=limit, context=self._tls)
        if self._proxy:
            connection.set_tunnel(self._host, self._port)
        return connection

    def _target(self, path: str) -> str:
        if self._proxy and not self._secure:
            return f"http://{self._host}:{self._port}{self._path}{path}"
        return self._path + path


class Line:
    """The connection that a thread is using, for another thread to cut."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._closed = False

    def hold(self, sock: socket.socket) -> None:
        """This connection, from now on."""
        with self._lock:
            self._socket = sock
            if self._closed:
                _cut(sock)

    def release(self) -> None:
        """None any more."""
        with self._lock:
            self._socket = None

    def cut(self) -> None:
        """Ends what is being read or written on it now."""
        with self._lock:
            if self._socket is not None:
                _cut(self._socket)

    def close(self) -> None:
        """Ends it, and every later one at once."""
        with self._lock:
            self._closed = True
            if self._socket is not None:
                _cut(self._socket)

    def abandon(self) -> None:
        """In a child process: closes our copy of the parent's connection without a word to the server."""
        if self._socket is not None:
            with suppress(OSError):
                socket.close(self._socket.detach())

    def silence(self, limit: float) -> None:
        """How long a read may wait."""
        with self._lock:
            if self._socket is not None:
                self._socket.settimeout(limit)

    @contextmanager
    def limited(self, limit: float) -> Iterator[None]:
        """Cuts the connection when the block takes longer."""
        late = threading.Event()

        def ring() -> None:
            late.set()
            self.cut()

        timer = threading.Timer(limit, ring)
        timer.daemon = True
        timer.start()
        try:
            yield
        except (OSError, http.client.HTTPException):
            if late.is_set():
                raise TimeoutError from None
            raise
        finally:
            timer.cancel()


def _cut(sock: socket.socket) -> None:
    # Of the plain socket: a TLS one would want to say goodbye first, in the middle of another thread's read.
    with suppress(OSError, ValueError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _verdict(method: str, response: http.client.HTTPResponse) -> Failure | None:
    status = response.status
    if 200 <= status < 300 or (status == 304 and method == "GET"):
        return None
    message = f"the server answers {status} {response.reason}".strip()
    if status >= 500 or status in (408, 429) or (status == 400 and method == "GET"):
        return Lost(message, retry_after(response.getheader("Retry-After")))
    if method == "POST" and 400 <= status < 500 and status not in (401, 403):
        return Rejected(message)
    return Refused(message)


def _text(error: Exception) -> str:
    """An error without what it was about: messages of the standard library may quote what was sent."""
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {error.reason or type(error).__name__}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__


def _proxy(scheme: str, host: str) -> tuple[str, int] | None:
    proxy = getproxies().get(scheme)
    if not proxy or proxy_bypass(host):
        return None
    with suppress(ValueError):
        parts = urlsplit(proxy if "//" in proxy else f"http://{proxy}")
        if parts.hostname:
            return parts.hostname, parts.port or 80
    return None
