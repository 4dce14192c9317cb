"""Where rulesets come from: the stream, with polling beside it while the stream does not deliver.

Both loops run on threads of their own until the client stops.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from time import monotonic
from typing import TypeAlias

from ._backoff import Backoff, Failure, Left, Lost, Refused
from ._held import Held, Origin, Taken
from ._http import Answer, Line, Server
from ._native import Patch, Snapshot
from ._settings import Timing
from ._sse import Event, Malformed, Parser
from ._status import log

_STREAM = "/sdk/v1/stream"
_RULESET = "/sdk/v1/ruleset"

Pause: TypeAlias = Callable[[float, str], bool]
"""Waits so many seconds, less when the SDK key is no longer this one; whether the client stops."""


class Stream:
    """`GET /sdk/v1/stream`: connects, applies frames, reconnects for ever."""

    def __init__(self, held: Held, server: Server, timing: Timing, limit: int) -> None:
        self._held = held
        self._server = server
        self._timing = timing
        self._limit = limit
        self._began: float | None = None
        self.line = Line()

    def run(self, pause: Pause) -> None:
        """Until `pause` says that the client stops."""
        backoff = Backoff()
        chance = random.Random()
        while True:
            self._began = None
            key = self._server.key
            try:
                self._connect()
                failure: Failure = Lost("the stream was closed")
            except Failure as ended:
                failure = ended
            except Exception as error:  # noqa: BLE001 (a mistake of ours must not end the stream for ever)
                log.exception("the flag stream failed unexpectedly")
                failure = Lost(type(error).__name__)
            if self._began is not None and monotonic() - self._began >= self._timing.healthy:
                backoff.reset()
            if self._server.key != key:
                # Whatever happened, happened with a key that counts no more.
                failure = Left("the key was changed", 0.0)
                backoff.reset()
            wait = backoff.after(failure, self._timing, chance.random())
            if isinstance(failure, Left):
                self._held.stream_left()
                log.debug("the flag stream ended: %s; reconnecting in %.1f s", failure, wait)
            else:
                self._held.stream_failed(str(failure), refused=isinstance(failure, Refused))
                log.info("the flag stream ended: %s; reconnecting in %.1f s", failure, wait)
            if pause(wait, key):
                return

    def _connect(self) -> None:
        headers = {"Accept": "text/event-stream"}
        if (snapshot := self._held.snapshot) is not None:
            headers["Last-Event-ID"] = str(snapshot.version)
        with self._server.get(_STREAM, headers, self.line) as answer:
            if answer.status != 200 or not answer.content_type.lower().startswith("text/event-stream"):
                raise Lost("the answer is not an event stream")
            silence = 2.5 * self._timing.heartbeat
            self.line.silence(silence)
            try:
                self._follow(answer)
            except Malformed as error:
                raise Lost(str(error)) from None
            except TimeoutError:
                raise Lost(f"the stream was silent for {silence:g} seconds") from None

    def _follow(self, answer: Answer) -> None:
        parser = Parser(self._limit)
        for chunk in answer.chunks():
            # Lazily: what came before the damage is good.
            for event in parser.push(chunk):
                self._apply(event)

    def _apply(self, event: Event) -> None:
        taken = Taken.NO
        if event.name == "put":
            taken = _put(self._held, event.data, Origin.STREAM)
        elif event.name == "patch":
            try:
                patch = Patch.load(event.data)
            except ValueError as error:
                raise Lost(f"unreadable patch: {error}") from None
            taken = self._held.patch(patch)
        elif event.name == "resync":
            taken = Taken.NEEDS_WHOLE
        elif event.name == "goodbye":
            raise Left("the server said goodbye", _retry_ms(event.data) / 1000)
        # Else `ping`, and events of later servers.
        if self._began is None:
            self._began = monotonic()
            self._held.stream_began()
        if taken is Taken.NEEDS_WHOLE:
            with self._server.get(_RULESET, {"Accept-Encoding": "gzip"}, Line()) as whole:
                body = whole.body()
            _put(self._held, body, Origin.STREAM)
            raise Left("resynchronised")


class Poll:
    """`GET /sdk/v1/ruleset`: the fallback beside a stream that does not deliver. The stream's first frame ends it."""

    def __init__(self, held: Held, server: Server, timing: Timing, *, alone: bool) -> None:
        self._held = held
        self._server = server
        self._timing = timing
        self._alone = alone
        self._etag: str | None = None
        self._tagged: Snapshot | None = None
        """What that tag is of: it says nothing about what a stream has brought since."""
        self.line = Line()

    def run(self, pause: Pause, stopping: Callable[[], bool]) -> None:
        """Until `pause` says that the client stops."""
        backoff = Backoff()
        chance = random.Random()
        while self._stream_is_away(stopping):
            timing, key = self._timing, self._server.key
            try:
                self._once()
            except Failure as failure:
                self._held.poll_failed(str(failure), refused=isinstance(failure, Refused))
                # A failing server is never asked more often than a healthy one.
                wait = backoff.after(failure, timing, chance.random())
                wait = max(wait, timing.poll_interval * (0.5 + chance.random()))
                log.debug("polling failed: %s; again in %.1f s", failure, wait)
            except Exception:  # noqa: BLE001 (a mistake of ours must not end polling for ever)
                log.exception("polling failed unexpectedly")
                wait = timing.slow
            else:
                backoff.reset()
                self._held.poll_succeeded(alone=self._alone)
                wait = timing.poll_interval * (0.9 + 0.2 * chance.random())
            if pause(wait, key):
                return

    def _once(self) -> None:
        headers = {"Accept-Encoding": "gzip"}
        if self._etag is not None and self._tagged is self._held.snapshot:
            headers["If-None-Match"] = self._etag
        with self._server.get(_RULESET, headers, self.line) as answer:
            if answer.status == 304:
                return
            body = answer.body()
        _put(self._held, body, Origin.POLL)
        self._etag, self._tagged = answer.etag, self._held.snapshot

    def _stream_is_away(self, stopping: Callable[[], bool]) -> bool:
        """Once no stream has delivered for `poll_after`; false when the client stops."""
        board = self._held.board
        grace = 0.0 if self._alone else self._timing.poll_after
        since = monotonic()
        with board.changed:
            while not stopping():
                if self._held.streaming:
                    board.changed.wait()
                    since = monotonic()
                elif (left := since + grace - monotonic()) > 0:
                    board.changed.wait(left)
                else:
                    return True
        return False


def _put(held: Held, body: bytes, origin: Origin) -> Taken:
    try:
        snapshot = held.load(body)
    except ValueError as error:
        raise Lost(f"unreadable ruleset: {error}") from None
    return held.put(snapshot, origin)


def _retry_ms(data: bytes) -> float:
    try:
        wait = json.loads(data)["retry_ms"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return 0.0
    return float(wait) if isinstance(wait, (int, float)) and 0 <= wait < 1e12 else 0.0
