"""The background work of a client: its threads, and what becomes of them at a fork and at the end.

Threads are daemons and hold no reference to the client, so that neither a process nor a client lives for them.
"""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from collections.abc import Callable
from time import monotonic

from ._cache import CacheFile
from ._held import Held
from ._http import Server
from ._outbox import Delivery, Outbox
from ._settings import Settings
from ._source import Poll, Stream
from ._status import Status, log

_CACHE_INTERVAL = 1.0
"""Shortest time between two writes of the cache file, in seconds."""
_AT_EXIT = 2.0
"""What the interpreter waits at its end for the last deliveries of all clients, in seconds."""

_running: weakref.WeakSet[Worker] = weakref.WeakSet()


class Worker:
    """The threads of one client in one process."""

    def __init__(self, settings: Settings, held: Held, server: Server, outbox: Outbox, cache: CacheFile | None) -> None:
        self.held = held
        self.board = held.board
        self.server = server
        self.outbox = outbox
        self._settings = settings
        self._cache = cache
        self._start()
        _running.add(self)

    def _start(self) -> None:
        settings, timing = self._settings, self._settings.timing
        self._stopping: float | None = None
        """When the last deliveries must be done, once the client stops."""
        self._finished = threading.Event()
        self._in_time = False
        self._told: Status | None = None
        self._stream = Stream(self.held, self.server, timing, settings.max_payload)
        self._poll = Poll(self.held, self.server, timing, alone=not settings.streaming)
        self.delivery = Delivery(self.outbox, self.server, timing)
        self._threads: list[threading.Thread] = []
        if settings.streaming:
            self._thread("stream", lambda: self._stream.run(self._pause))
        self._thread("poll", lambda: self._poll.run(self._pause, self._stops))
        self._thread("deliver", self._deliver)
        if self._cache:
            self._thread("cache", self._keep)
        if self.board.observers:
            self._thread("observe", self._observe)

    def _thread(self, name: str, run: Callable[[], None]) -> None:
        thread = threading.Thread(target=run, name=f"yardarm-{name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _stops(self) -> bool:
        return self._stopping is not None

    def _pause(self, seconds: float, key: str) -> bool:
        """Waits, less when the key is another one; whether the client stops."""
        self.board.wait(seconds, lambda: self._stops() or self.server.key != key)
        return self._stops()

    # Deliveries

    def _deliver(self) -> None:
        delivery = self.delivery

        def pause(seconds: float, key: str) -> bool:
            asked = delivery.answered
            self.board.wait(seconds, lambda: self._stops() or delivery.asked != asked or self.server.key != key)
            return self._stops()

        delivery.run(pause, self._wake)
        self._in_time = delivery.last(self._wake, self._stopping or 0.0)
        self._write_cache()
        self._finished.set()
        self._wake()

    def _wake(self) -> None:
        with self.board.changed:
            self.board.changed.notify_all()

    def flush(self, limit: float) -> bool:
        """Sends what waits now; whether all of it was acknowledged in time."""
        delivery = self.delivery
        with self.board.lock:
            delivery.asked += 1
            asked = delivery.asked
            self.board.changed.notify_all()
        answered = self.board.wait(limit, lambda: delivery.answered >= asked or self._finished.is_set())
        return answered and delivery.delivered and delivery.answered >= asked

    # The cache file

    def _keep(self) -> None:
        board = self.board
        while True:
            with board.changed:
                while self.held.unwritten is None and not self._stops():
                    board.changed.wait()
            if self._stops():
                return
            self._write_cache()
            board.wait(_CACHE_INTERVAL, self._stops)

    def _write_cache(self) -> None:
        snapshot = self.held.unwritten
        if self._cache is None or snapshot is None:
            return
        try:
            self._cache.write(snapshot)
        except OSError as error:
            log.warning("the cache file could not be written: %s", error.strerror or type(error).__name__)
        finally:
            with self.board.lock:
                if self.held.unwritten is snapshot:
                    self.held.unwritten = None

    # Observers

    def observe(self) -> None:
        """There are observers: the thread that calls them is needed."""
        with self.board.lock:
            if not self._stops() and not any(thread.name == "yardarm-observe" for thread in self._threads):
                self._told = self.board.now
                self._thread("observe", self._observe)

    def _observe(self) -> None:
        board = self.board
        while True:
            with board.changed:
                while _told(board.now) == _told(self._told) and not self._stops():
                    board.changed.wait()
                self._told = status = board.now
            if self._stops():
                return
            board.tell(status)

    # Keys, the end, forks

    def set_key(self, sdk_key: str) -> None:
        """Uses another key, at once."""
        with self.board.lock:
            self.server.key = sdk_key
            self.board.changed.notify_all()
        self._stream.line.cut()

    def stop(self, limit: float) -> bool:
        """Ends the threads, with this time for the last deliveries; whether they were done."""
        deadline = monotonic() + max(limit, 0.0)
        with self.board.lock:
            first = self._stopping is None
            if first:
                self._stopping = deadline
            self.board.changed.notify_all()
        _running.discard(self)
        self._stream.line.close()
        self._poll.line.close()
        finished = self._finished.wait(max(deadline - monotonic(), 0.0))
        if not finished:
            log.warning("the flag client was closed before its last deliveries were done")
        self.delivery.line.close()
        return finished and self._in_time

    def forked(self) -> None:
        """In a child process: own locks, connection and threads; what was counted is the parent's to send."""
        for line in (self._stream.line, self._poll.line, self.delivery.line):
            line.abandon()
        self.outbox.forget()
        self.held.streaming = False
        self._start()


def _told(status: Status | None) -> tuple[object, object] | None:
    """What observers hear of."""
    return None if status is None else (status.state, status.version)


def _locks(worker: Worker) -> list[threading.RLock]:
    return [worker.board.lock, *(queue.lock for queue in worker.outbox.queues)]


_paused: list[Worker] = []


def _before_fork() -> None:
    # With all locks held, nothing in the child is half done.
    _paused[:] = list(_running)
    for worker in _paused:
        for lock in _locks(worker):
            lock.acquire()


def _after_in_parent() -> None:
    for worker in _paused:
        for lock in reversed(_locks(worker)):
            lock.release()
    _paused.clear()


def _after_in_child() -> None:
    for worker in _paused:
        worker.board.renew()
        for queue in worker.outbox.queues:
            queue.renew()
        worker.forked()
    _paused.clear()


def _at_exit() -> None:
    deadline = monotonic() + _AT_EXIT
    for worker in list(_running):
        worker.stop(deadline - monotonic())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_in_parent, after_in_child=_after_in_child)
atexit.register(_at_exit)
