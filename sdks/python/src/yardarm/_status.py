"""What the client knows about itself, for those who wait for it and those who watch it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any, Literal, TypeAlias

from ._native import Version

log = logging.getLogger("yardarm")

State: TypeAlias = Literal["NOT_READY", "READY", "STALE", "ERROR"]
"""NOT_READY: no ruleset yet. READY: connected, up to date. STALE: answering from what was known last. ERROR: the server
refuses this key or this client. Whatever the state, a flag call answers from the ruleset that is held."""


@dataclass(frozen=True, slots=True)
class Status:
    """A moment of the client."""

    state: State = "NOT_READY"
    version: Version | None = None
    """The ruleset that answers."""
    error: str | None = None
    """Why the last attempt to reach the server failed; none after a success."""
    failures: int = 0
    """Attempts that failed since the last success."""


class Board:
    """The current status, and those who want to hear of it. All changes happen under the client's one lock."""

    def __init__(self) -> None:
        self.now = Status()
        self.observers: list[Callable[[Status], object]] = []
        self.renew()

    def renew(self) -> None:
        """A new lock: in a child process the old one may be held by a thread that is not there."""
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)

    def update(self, **changes: Any) -> None:
        """Changes the status and wakes those who wait. With the lock held."""
        self.now = replace(self.now, **changes)
        self.changed.notify_all()

    def wait(self, limit: float, done: Callable[[], bool]) -> bool:
        """Until `done` says so or the time is up; whether it did."""
        deadline = monotonic() + limit
        with self.changed:
            while not done():
                left = deadline - monotonic()
                if left <= 0:
                    return False
                self.changed.wait(min(left, threading.TIMEOUT_MAX))
            return True

    def tell(self, status: Status) -> None:
        """Calls the observers, without the lock."""
        for observer in tuple(self.observers):
            try:
                observer(status)
            except Exception:
                log.warning("an observer of the flag client failed", exc_info=True)
