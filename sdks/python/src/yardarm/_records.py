"""Exposures and tracked events while they wait to be sent: bounded, the oldest go first. `spec/sdk.md` S11."""

from __future__ import annotations

import json
import math
import threading
from collections import OrderedDict, deque
from collections.abc import Mapping
from time import time
from typing import Any, cast

from ._native import Context, Version, unit
from ._privacy import Privacy
from ._status import log

_DAY_MS = 86_400_000
_REMEMBERED = 50_000
"""Exposures remembered as sent."""
MAX_WAITING = 10_000
"""Records of a kind that wait."""
_MAX_NAME = 128
_MAX_UNIT = 512
_MAX_DATA = 4096


def now_ms() -> int:
    """Milliseconds since 1970."""
    return int(time() * 1000)


class Queue:
    """Records of one kind, as JSON texts."""

    def __init__(self) -> None:
        self._waiting: deque[str] = deque()
        self.dropped = 0
        self.renew()

    def renew(self) -> None:
        """A new lock, for a child process. Reentrant, as a signal handler may ask flags, too."""
        self.lock = threading.RLock()

    def add(self, record: dict[str, Any]) -> None:
        """Puts a record in; the oldest one is given up when there is no room."""
        text = json.dumps(record, separators=(",", ":"), allow_nan=False)
        with self.lock:
            self._waiting.append(text)
            if len(self._waiting) > MAX_WAITING:
                self._waiting.popleft()
                self.dropped += 1

    def take(self, most: int, room: int) -> list[str]:
        """The oldest: at most so many, and at most so many bytes (one at least)."""
        taken: list[str] = []
        with self.lock:
            while self._waiting and len(taken) < most:
                room -= len(self._waiting[0]) + 1  # ASCII: characters are bytes
                if room < 0 and taken:
                    break
                taken.append(self._waiting.popleft())
        return taken

    def give_up(self, number: int) -> None:
        """So many could not be delivered."""
        with self.lock:
            self.dropped += number

    def forget(self) -> None:
        """Another process sends what waits."""
        self._waiting.clear()

    def __len__(self) -> int:
        return len(self._waiting)


class Exposures:
    """Who was given which variant of a split, once a day each."""

    def __init__(self, privacy: Privacy) -> None:
        self.queue = Queue()
        self._privacy = privacy
        self._seen: OrderedDict[tuple[str, str, str, int], None] = OrderedDict()

    def add(self, flag: str, variant: str, unit: str, version: Version, rule: str | None) -> None:
        """What the evaluator calls for each answer that is an exposure."""
        at = now_ms()
        key = (flag, variant, unit, at // _DAY_MS)
        with self.queue.lock:
            if key in self._seen or len(unit.encode()) > _MAX_UNIT:
                return
            self._seen[key] = None
            if len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
        record = {"flag": flag, "variant": variant, "unit": self._privacy.unit(unit), "version": str(version), "at": at}
        self.queue.add(record if rule is None else {**record, "rule": rule})


class Events:
    """What units did."""

    def __init__(self, privacy: Privacy) -> None:
        self.queue = Queue()
        self._privacy = privacy

    def add(self, name: object, context: object, value: object, data: object) -> None:
        """Records an event, or says in the log why it cannot be sent. Never raises."""
        try:
            record, fault = self._record(name, context, value, data), ""
        except ValueError as error:
            record, fault = None, str(error)
        except Exception as error:  # noqa: BLE001 (objects of the application's may do anything)
            record, fault = None, type(error).__name__
        if record is None:
            self.queue.give_up(1)
            log.warning("an event is not tracked: %s", fault)
        else:
            self.queue.add(record)

    def _record(self, name: object, context: object, value: object, data: object) -> dict[str, Any]:
        if not isinstance(name, str) or not 1 <= len(name) <= _MAX_NAME or "\0" in name:
            raise ValueError("its name has not 1 to 128 characters, none of them NUL")
        name.encode()
        key = unit(context)
        if key is None or len(key.encode()) > _MAX_UNIT:
            raise ValueError("the context has no targeting key of 1 to 512 bytes")
        record: dict[str, Any] = {"name": name, "unit": self._privacy.unit(key), "at": now_ms()}
        if value is not None:
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
                raise ValueError("its value is not a finite number")
            record["value"] = float(value)
        if data:
            # What attributes may be, data may be.
            members = self._privacy.scrub(Context(cast("Mapping[str, Any]", data)).as_dict())
            if not isinstance(members, dict):
                raise ValueError("its data is not a dict")
            if len(json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode()) > _MAX_DATA:
                raise ValueError("its data is larger than 4 KiB of JSON")
            if members:
                record["data"] = members
        return record
