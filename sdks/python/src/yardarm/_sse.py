"""Server-sent events, parsed by hand (WHATWG HTML §9.2.6): bytes in, events out, nothing kept beyond a limit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_LINE_END = re.compile(rb"[\r\n]")


class Event(NamedTuple):
    """One dispatched event."""

    name: str
    """Empty means `message`."""
    data: bytes
    """`data:` lines joined by line feeds."""


class Malformed(ValueError):
    """The stream cannot be read on."""


class Parser:
    """State between chunks. `limit`: the most bytes that one event may take."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._line = bytearray()
        self._name = ""
        self._data: list[bytes] = []
        self._size = 0
        self._after_cr = False
        self._at_start = True

    def push(self, chunk: bytes) -> Iterator[Event]:
        """Feeds a chunk, cut anywhere, and gives the events it completes. Lines end in LF, CR or CR LF."""
        at = 0
        while at < len(chunk):
            if self._after_cr:
                self._after_cr = False
                if chunk[at] == 0x0A:
                    at += 1
                    continue
            end = _LINE_END.search(chunk, at)
            part = chunk[at : end.start() if end else len(chunk)]
            if len(self._line) + len(part) + self._size > self._limit:
                raise Malformed(f"an event is larger than {self._limit} bytes")
            self._line += part
            if end is None:
                return
            self._after_cr = chunk[end.start()] == 0x0D
            at = end.end()
            line = bytes(self._line)
            self._line.clear()
            if self._at_start:
                self._at_start = False
                line = line.removeprefix(b"\xef\xbb\xbf")
            if line:
                self._field(line)
            elif self._data:
                event = Event(self._name, b"\n".join(self._data))
                self._forget()
                yield event
            else:
                self._forget()

    def _field(self, line: bytes) -> None:
        try:
            line.decode()
        except UnicodeDecodeError:
            raise Malformed("the stream is not UTF-8") from None
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"event":
            self._name = value.decode()
        elif name == b"data":
            self._data.append(value)
            self._size += len(value) + 1
        # Comments (an empty name), `retry` and fields of the future. `id` is ignored, too: what to resume from is the
        # version of the ruleset held, which is right even when a frame was refused.

    def _forget(self) -> None:
        self._name = ""
        self._data = []
        self._size = 0
