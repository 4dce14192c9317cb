"""When to try again. Pure: the random number comes from the caller."""

from __future__ import annotations

from dataclasses import dataclass

from ._settings import Timing


class Failure(Exception):
    """A connection or a request ended without success."""


class Lost(Failure):
    """It could not be made, broke, went silent, or carried something unreadable; also 400, 408, 429 and 5xx."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Refused(Failure):
    """401, 403, 404, 405 and the like: asking again soon will not help, but an operator may repair it."""


class Rejected(Failure):
    """What was sent is wrong and would be refused again."""


class Left(Failure):
    """The stream ended in good order, perhaps with the wait that the server asked for: nothing is wrong."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


@dataclass(slots=True)
class Backoff:
    """Consecutive failures of one kind of connection."""

    attempt: int = 0

    def reset(self) -> None:
        """A connection was healthy for long enough to forget the failures before it."""
        self.attempt = 0

    def after(self, failure: Failure, timing: Timing, random: float) -> float:
        """Seconds to wait now; `random` is in 0..1."""
        attempt = self.attempt
        self.attempt += 1
        asked = None
        if isinstance(failure, Lost):
            asked = failure.retry_after
        elif isinstance(failure, Left):
            asked = failure.wait
        if asked is not None:
            wait = min(asked, timing.slow) * (0.8 + 0.4 * random)
        elif isinstance(failure, (Refused, Rejected)):
            wait = timing.slow * (1 - 0.5 * random)
        elif attempt == 0:
            wait = timing.first_retry * random
        else:
            wait = min(timing.retry_base * 2 ** min(attempt, 16), timing.retry_max) * random
        return max(wait, timing.retry_floor)


def retry_after(header: str | None) -> float | None:
    """`Retry-After` in seconds; its other form reads as absent."""
    text = (header or "").strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
