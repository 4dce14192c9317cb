"""Counts, exposures and events on their way to `POST /sdk/v1/events`: `spec/sdk.md` S10 and S12.

Batches are repeated unchanged under their id until they are acknowledged.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from uuid import uuid4

from ._backoff import Failure, Lost, Refused, Rejected
from ._http import Line, Server
from ._native import Live
from ._records import Events, Exposures, Queue, now_ms
from ._settings import Timing
from ._status import log
from ._version import VERSION

_HOUR_MS = 3_600_000
_MAX_COUNTS = 2_000
_MAX_RECORDS = 1_000
_MAX_BYTES = 256 << 10
"""Of exposures, and of events, in a batch; with the counts it stays under 1 MiB."""
_MAX_WAITING = 50_000
"""Distinct (hour, flag, variant, reason)."""


@dataclass(frozen=True, slots=True)
class _Batch:
    body: bytes
    evaluations: int
    exposures: int
    events: int


class Outbox:
    """What waits to be sent. Used by one thread at a time, but for the queues."""

    def __init__(self, live: Live, exposures: Exposures, events: Events) -> None:
        self._live = live
        self._exposures: Queue = exposures.queue
        self._events: Queue = events.queue
        self._counts: dict[tuple[int, str, str, str], int] = {}
        self._flying: _Batch | None = None
        self.dropped = 0
        """Evaluations whose counts were given up."""

    @property
    def queues(self) -> tuple[Queue, Queue]:
        """What flag calls and `track` fill."""
        return self._exposures, self._events

    def flush(self, server: Server, line: Line) -> None:
        """Collects what was counted and sends it, until nothing is left or a batch fails."""
        self._collect()
        while (batch := self._flying or self._next()) is not None:
            self._flying = batch
            try:
                server.post("/sdk/v1/events", batch.body, line)
            except Rejected as failure:
                log.warning("a batch of counts and events was refused and is given up: %s", failure)
                self.dropped += batch.evaluations
                self._exposures.give_up(batch.exposures)
                self._events.give_up(batch.events)
            self._flying = None

    def forget(self) -> None:
        """Another process sends what waits: the one that this one was forked from."""
        self._live.drain()
        self._counts.clear()
        self._flying = None
        self._exposures.forget()
        self._events.forget()

    def _collect(self) -> None:
        now = now_ms()
        hour = now - now % _HOUR_MS
        for flag, variant, reason, count in self._live.drain():
            key = (hour, flag, variant, reason)
            self._counts[key] = self._counts.get(key, 0) + count
        while len(self._counts) > _MAX_WAITING:
            # Insertion order: the first is the oldest.
            self.dropped += self._counts.pop(next(iter(self._counts)))

    def _next(self) -> _Batch | None:
        counts = list(self._counts.items())[:_MAX_COUNTS]
        for key, _ in counts:
            del self._counts[key]
        exposures = self._exposures.take(_MAX_RECORDS, _MAX_BYTES)
        events = self._events.take(_MAX_RECORDS, _MAX_BYTES)
        if not (counts or exposures or events):
            return None
        parts = [f'"batch":"{uuid4()}"', f'"sdk":{{"name":"python","version":{json.dumps(VERSION)}}}']
        if counts:
            parts.append('"counts":' + json.dumps([_count(*key, count) for key, count in counts]))
        for name, records in (("exposures", exposures), ("events", events)):
            if records:
                parts.append(f'"{name}":[{",".join(records)}]')
        body = ("{" + ",".join(parts) + "}").encode()
        return _Batch(body, sum(count for _, count in counts), len(exposures), len(events))


def _count(start: int, flag: str, variant: str, reason: str, count: int) -> dict[str, str | int]:
    return {"flag": flag, "variant": variant, "reason": reason, "count": count, "start": start}


class Delivery:
    """Flushes the outbox at intervals, when asked, and once at the end."""

    def __init__(self, outbox: Outbox, server: Server, timing: Timing) -> None:
        self._outbox = outbox
        self._server = server
        self._timing = timing
        self.line = Line()
        self.asked = 0
        """Number of the last question to flush now."""
        self.answered = 0
        """The question that the last flush was an answer to."""
        self.delivered = True
        """Whether that flush delivered everything."""

    def run(self, pause: Callable[[float, str], bool], tell: Callable[[], None]) -> None:
        """Until `pause`, which waits (less when asked to flush), says that the client stops; `tell` wakes who asked."""
        key = self._server.key
        chance = random.Random()
        timing = self._timing
        wait = timing.flush * (0.9 + 0.2 * chance.random())
        while not pause(wait, key):
            key = self._server.key
            failure = self._once(tell)
            spread = 0.8 + 0.4 * chance.random()
            if failure is None:
                wait = timing.flush * (0.9 + 0.2 * chance.random())
            elif isinstance(failure, Lost) and failure.retry_after is not None:
                wait = max(min(failure.retry_after, timing.slow) * spread, timing.retry_floor)
            elif isinstance(failure, Refused):
                wait = timing.slow * (1 - 0.5 * chance.random())
            else:
                wait = timing.flush * spread

    def last(self, tell: Callable[[], None], deadline: float) -> bool:
        """The last delivery; whether everything is delivered."""
        return monotonic() < deadline and self._once(tell) is None

    def _once(self, tell: Callable[[], None]) -> Failure | None:
        # Read before collecting: what was counted before the question is part of the answer.
        asked = self.asked
        failure: Failure | None = None
        try:
            self._outbox.flush(self._server, self.line)
        except Failure as ended:
            failure = ended
            log.info("counts and events wait to be delivered: %s", ended)
        except Exception as error:  # noqa: BLE001 (a mistake of ours must not end deliveries for ever)
            log.exception("delivering counts and events failed unexpectedly")
            failure = Lost(type(error).__name__)
        self.delivered = failure is None
        self.answered = asked
        tell()
        return failure
