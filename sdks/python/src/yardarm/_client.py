"""The client: flag calls come from the evaluator, everything around them is here."""

from __future__ import annotations

import asyncio
import json
import time
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _attestation, _hooks
from ._cache import CacheFile
from ._held import Held, Origin, settled
from ._http import Server
from ._native import Flags, Snapshot
from ._outbox import Outbox
from ._privacy import Privacy
from ._records import Events, Exposures
from ._settings import ConfigError, Settings, checked_key, from_environment
from ._status import Board, State, Status
from ._worker import Worker

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self


class Client(Flags):
    """A connection to one environment. Make one per process, and keep it.

    Flag calls never raise, never block and never do I/O: they answer from the ruleset in memory, and with the caller's
    default when there is none or anything is wrong.
    """

    def __init__(self, url: str = "", sdk_key: str = "", **settings: Any) -> None:
        """Starts at once and does not wait for the network; see `wait_ready` and `ready`. The settings are those of
        `Settings`. Raises `ConfigError` for one that cannot work whatever the server does."""
        super().__init__()
        names = settings.keys() - Settings.__slots__
        if names:
            raise ConfigError(f"there is no setting {sorted(names)[0]!r}")
        if "private_attributes" in settings:
            settings["private_attributes"] = frozenset(settings["private_attributes"] or ())
        if "hooks" in settings:
            settings["hooks"] = tuple(settings["hooks"] or ())
        self._begin(Settings(url=url, sdk_key=sdk_key, **settings))

    @classmethod
    def from_environment(cls, **settings: Any) -> Self:
        """With `YARDARM_URL`, `YARDARM_SDK_KEY` and the other variables of `docs/reference/python.md`; settings given
        here win."""
        return cls(**from_environment(settings))

    def _begin(self, settings: Settings) -> None:
        if settings.offline_file is not None:
            self._prepare(settings, counts=False, exposures=False)
            self._held.put(_offline(settings), Origin.LOCAL)
        else:
            self._prepare(settings, counts=settings.count_evaluations, exposures=settings.exposures)
            self._connect(settings)

    def _prepare(self, settings: Settings, *, counts: bool, exposures: bool) -> None:
        """Everything that needs no network."""
        privacy = Privacy(settings.private_attributes)
        self._exposures = Exposures(privacy)
        self._events = Events(privacy)
        self._board = Board()
        self._live = self._set_up(
            counts=counts,
            after=_hooks.after(settings.hooks, privacy, self._place),
            exposed=self._exposures.add if exposures else None,
        )
        self._held = Held(self._live, self._board, keep=settings.cache_file is not None)
        self._outbox = Outbox(self._live, self._exposures, self._events)
        self._worker: Worker | None = None

    def _connect(self, settings: Settings) -> None:
        server = Server(settings.url, settings.sdk_key, settings.timing, settings.max_payload)
        cache = None
        if settings.cache_file is not None:
            cache = CacheFile(settings.cache_file, server.key, settings.max_payload)
        bootstrap = None if settings.bootstrap is None else _ruleset(settings.bootstrap, "the bootstrap")
        start = (cache.read() if cache else None) or bootstrap
        if start is not None:
            self._held.put(start, Origin.START)
        self._worker = Worker(settings, self._held, server, self._outbox, cache)
        # The threads do not know the client: when nobody does any more, they end.
        weakref.finalize(self, self._worker.stop, 0.0).atexit = False

    # Where it stands

    @property
    def status(self) -> Status:
        """Where the client stands now."""
        return self._board.now

    def wait_ready(self, limit: float = 5.0) -> State:
        """Waits until the client is connected and up to date, at most this many seconds, and says where it stands.

        Returns early when waiting makes no sense: the server refuses the key, or something older answers for it.
        """
        self._board.wait(limit, lambda: settled(self._board.now))
        return self._board.now.state

    async def ready(self, limit: float = 5.0) -> State:
        """`wait_ready` for asyncio: `await client.ready()`."""
        loop = asyncio.get_running_loop()
        done = asyncio.Event()

        def look(status: Status) -> None:
            if settled(status):
                loop.call_soon_threadsafe(done.set)

        stop = self.observe(look)
        try:
            if not settled(self._board.now):
                await asyncio.wait_for(done.wait(), limit)
        except (TimeoutError, asyncio.TimeoutError):
            pass
        finally:
            stop()
        return self._board.now.state

    def observe(self, observer: Callable[[Status], object]) -> Callable[[], None]:
        """Calls `observer` with every later change of the state and of the ruleset, on a thread of the client's.

        A burst may be told as one, the last is always told. Gives a function that ends it.
        """
        with self._board.lock:
            self._board.observers.append(observer)
        if self._worker:
            self._worker.observe()

        def stop() -> None:
            with self._board.lock:
                if observer in self._board.observers:
                    self._board.observers.remove(observer)

        return stop

    def _place(self) -> str | None:
        snapshot = self._held.snapshot
        return None if snapshot is None else "/".join(snapshot.place)

    # What it tells the server

    def track(
        self,
        event: str,
        context: Any,
        value: float | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        """Records that a unit did something: a purchase, a sign-up. Never raises, never blocks."""
        if self._worker:
            self._events.add(event, context, value, data)

    def attest(self, context: Mapping[str, Any], ttl: float) -> str:
        """Signs this context for so many seconds (1 to 86,400), for a browser: the web SDK's setting `attestation`.

        With it a client key gets answers for this context, and one that is `attested` only so. Whoever holds it can
        read it. Raises `ValueError` for a context without `targetingKey` or of more than 4 KiB, for another time, and
        when the SDK key is no server key. In tests and offline it is signed with a key that no server knows.
        """
        key = self._worker.server.key if self._worker else _attestation.TEST_KEY
        return _attestation.sign(key, context, ttl, time.time())

    @property
    def dropped_counts(self) -> int:
        """Evaluations whose counts were given up."""
        return self._outbox.dropped

    @property
    def dropped_exposures(self) -> int:
        """Exposures that were given up."""
        return self._exposures.queue.dropped

    @property
    def dropped_events(self) -> int:
        """Events that were given up or could not be taken."""
        return self._events.queue.dropped

    def flush(self, limit: float = 2.0) -> bool:
        """Sends now what waits to be sent; whether all of it was acknowledged within this many seconds."""
        return self._worker is None or self._worker.flush(limit)

    def set_sdk_key(self, sdk_key: str) -> None:
        """Uses another key from now on. Raises `ConfigError`, and keeps the old one, when a header cannot carry it."""
        key = checked_key(sdk_key)
        if self._worker:
            self._worker.set_key(key)

    # The end

    def close(self, limit: float = 2.0) -> bool:
        """Ends the background work, delivering what waits and writing the cache file within this many seconds.

        Whether that was done. Flag calls go on answering from memory. The end of the interpreter closes clients, too.
        """
        return self._worker is None or self._worker.stop(limit)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        await self.ready()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.close)

    def __repr__(self) -> str:
        return f"<yardarm.Client {self._board.now.state}>"


def _offline(settings: Settings) -> Snapshot:
    path = Path(settings.offline_file or "")
    try:
        return _ruleset(path.read_bytes(), f"the ruleset file {str(path)!r}")
    except OSError as error:
        raise ConfigError(f"the ruleset file {str(path)!r} cannot be read: {error.strerror}") from None


def _ruleset(ruleset: bytes | str | Mapping[str, Any], what: str) -> Snapshot:
    try:
        if isinstance(ruleset, str):
            ruleset = ruleset.encode()
        elif not isinstance(ruleset, bytes):
            ruleset = json.dumps(ruleset).encode()
        return Snapshot.load(ruleset, keep=True)
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigError(f"{what} is no ruleset: {error}") from None
