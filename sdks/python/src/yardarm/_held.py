"""The ruleset that answers, and which new ones are taken in its place: `spec/sdk.md` S2 and S5.

Nothing ever removes what is held: no error, no silence and no age.
"""

from __future__ import annotations

from enum import Enum, auto

from ._native import Live, Patch, Snapshot
from ._status import Board, Status, log


class Origin(Enum):
    """Where a ruleset came from."""

    STREAM = auto()
    """The stream, or a whole ruleset fetched on its behalf."""
    POLL = auto()
    START = auto()
    """A cache file or a bootstrap."""
    LOCAL = auto()
    """An offline file or a test."""


class Taken(Enum):
    """What became of it."""

    YES = auto()
    NO = auto()
    """It is what is held already, or older."""
    NEEDS_WHOLE = auto()
    """It does not start from what is held."""


class Held:
    """What is held, the client's status, and the rules by which both change."""

    def __init__(self, live: Live, board: Board, *, keep: bool) -> None:
        self.live = live
        self.board = board
        self.keep = keep
        self.snapshot: Snapshot | None = None
        self.streaming = False
        """A stream is delivering frames."""
        self._polled = False
        """The last poll succeeded."""
        self.unwritten: Snapshot | None = None
        """To be written to the cache file."""

    def load(self, body: bytes) -> Snapshot:
        """Reads and compiles a ruleset; ValueError when it is none."""
        return Snapshot.load(body, keep=self.keep)

    def put(self, new: Snapshot, origin: Origin) -> Taken:
        """Takes a whole ruleset, if the rules allow it."""
        with self.board.lock:
            if origin is Origin.POLL and self.streaming:
                # The answer to a question asked before the stream came back; even its epoch may have ended.
                return Taken.NO
            if origin is Origin.STREAM:
                # In the same breath as the ruleset, so that a late poll cannot slip in between.
                self._stream_delivers()
            held = self.snapshot
            if held is not None and held.place == new.place and held.version.epoch == new.version.epoch:
                if held.version.rev > new.version.rev:
                    log.warning("an older ruleset is refused: held %s, offered %s", held.version, new.version)
                if held.version.rev >= new.version.rev:
                    self._fresh(origin)
                    return Taken.NO
            self._publish(new, origin)
            return Taken.YES

    def patch(self, patch: Patch) -> Taken:
        """Takes a patch, if it starts from what is held."""
        with self.board.lock:
            held = self.snapshot
            if held is None:
                return Taken.NEEDS_WHOLE
            start, end, version = patch.start, patch.end, held.version
            older = end.epoch == version.epoch and end.rev <= version.rev
            if start != version or end.epoch != version.epoch or older:
                return Taken.NO if older else Taken.NEEDS_WHOLE
            new = held.apply(patch)
            if new is None:
                return Taken.NEEDS_WHOLE
            self._stream_delivers()
            self._publish(new, Origin.STREAM)
            return Taken.YES

    def _publish(self, new: Snapshot, origin: Origin) -> None:
        self.live.publish(new)
        self.snapshot = new
        if self.keep and origin is not Origin.START:
            self.unwritten = new
        if origin is Origin.START:
            self.board.update(version=new.version, state="STALE")
        else:
            self.board.update(version=new.version)
            self._fresh(origin)

    def _fresh(self, origin: Origin) -> None:
        """What is held is what the server has."""
        if origin is Origin.POLL:
            self.board.update(state="READY")
        elif origin is not Origin.START:
            self.board.update(state="READY", error=None, failures=0)

    def _stream_delivers(self) -> None:
        self.streaming = True
        self._polled = False

    def stream_began(self) -> None:
        """The stream delivered its first frame: polling ends."""
        with self.board.lock:
            self._stream_delivers()
            if self.snapshot is not None:
                self._fresh(Origin.STREAM)

    def stream_left(self) -> None:
        """The stream ended in good order and will be opened again."""
        with self.board.lock:
            self.streaming = False
            self.board.changed.notify_all()

    def stream_failed(self, message: str, *, refused: bool) -> None:
        """The stream broke or could not be opened."""
        with self.board.lock:
            self.streaming = False
            self._failed(message, refused=refused, still_fresh=self._polled)

    def poll_succeeded(self, *, alone: bool) -> None:
        """A poll confirmed that what is held is current; `alone`: there is no stream to wait for."""
        with self.board.lock:
            self._polled = True
            if self.snapshot is not None:
                self._fresh(Origin.STREAM if alone else Origin.POLL)

    def poll_failed(self, message: str, *, refused: bool) -> None:
        """A poll did not get an answer."""
        with self.board.lock:
            self._polled = False
            if not self.streaming:
                self._failed(message, refused=refused, still_fresh=False)

    def _failed(self, message: str, *, refused: bool, still_fresh: bool) -> None:
        status = self.board.now
        if still_fresh:
            state = status.state
        elif refused:
            state = "ERROR"
        else:
            state = "NOT_READY" if self.snapshot is None else "STALE"
        self.board.update(state=state, error=message, failures=status.failures + 1)


def settled(status: Status) -> bool:
    """Waiting longer makes no sense: it is ready, refused, or answers from what was known while the server is away."""
    return status.state in ("READY", "ERROR") or (status.state == "STALE" and status.failures > 0)
