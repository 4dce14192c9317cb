"""The evaluator: written in Rust, in `native/`."""

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar, final

from ._words import ErrorCode, Reason

_T = TypeVar("_T")
_T_co = TypeVar("_T_co", covariant=True)

@final
class Version:
    """The state of an environment: the revision within an epoch. Written `epoch:rev`."""

    def __new__(cls, epoch: str, rev: int) -> Version: ...
    @property
    def epoch(self) -> str: ...
    @property
    def rev(self) -> int: ...

@final
class Details(Generic[_T_co]):
    """A flag's answer with the reasons for it."""

    def __new__(
        cls,
        value: _T_co,
        *,
        reason: Reason,
        variant: str | None = None,
        rule: str | None = None,
        error: ErrorCode | None = None,
        version: Version | None = None,
    ) -> Details[_T_co]: ...
    @property
    def value(self) -> _T_co:
        """The value; the caller's default when `error` is set or the flag leaves it to the caller."""
    @property
    def variant(self) -> str | None:
        """Key of the variant, unless the value is the caller's default."""
    @property
    def reason(self) -> Reason:
        """Why."""
    @property
    def rule(self) -> str | None:
        """The rule that decided."""
    @property
    def error(self) -> ErrorCode | None:
        """What went wrong, when `reason` is `ERROR`."""
    @property
    def version(self) -> Version | None:
        """The ruleset that answered."""

@final
class Context:
    """A context to ask many flags with: read once, then as good as a dict and faster."""

    def __new__(cls, attributes: Mapping[str, Any] | Context) -> Context: ...
    def as_dict(self) -> dict[str, Any]:
        """The attributes as a new dict."""

def unit(context: object) -> str | None: ...

@final
class Snapshot:
    @staticmethod
    def load(body: bytes, *, keep: bool = False) -> Snapshot: ...
    def apply(self, patch: Patch) -> Snapshot | None: ...
    def to_json(self) -> bytes | None: ...
    @property
    def place(self) -> tuple[str, str]: ...
    @property
    def version(self) -> Version: ...
    def __len__(self) -> int: ...

@final
class Patch:
    @staticmethod
    def load(body: bytes) -> Patch: ...
    @property
    def start(self) -> Version: ...
    @property
    def end(self) -> Version: ...

@final
class Live:
    def publish(self, snapshot: Snapshot) -> None: ...
    def drain(self) -> list[tuple[str, str, str, int]]: ...
    def set_clock(self, now_ms: int | None) -> None: ...

class Flags:
    """The flag calls of a client."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Flags: ...
    def _set_up(
        self,
        *,
        counts: bool,
        after: Callable[..., None] | None = None,
        exposed: Callable[..., None] | None = None,
    ) -> Live: ...
    def boolean(self, flag: str, context: Mapping[str, Any] | Context, default: bool) -> bool:
        """The flag's value if it is a boolean, else `default`."""
    def string(self, flag: str, context: Mapping[str, Any] | Context, default: str) -> str:
        """The flag's value if it is text, else `default`."""
    def integer(self, flag: str, context: Mapping[str, Any] | Context, default: int) -> int:
        """The flag's value if it is a whole number up to 2^53, else `default`."""
    def number(self, flag: str, context: Mapping[str, Any] | Context, default: float) -> float:
        """The flag's value as a float if it is a number, else `default`."""
    def json(self, flag: str, context: Mapping[str, Any] | Context, default: _T) -> _T:
        """The value of a flag of any type, or `default`."""
    def boolean_details(self, flag: str, context: Mapping[str, Any] | Context, default: bool) -> Details[bool]:
        """`boolean` with the reasons for it."""
    def string_details(self, flag: str, context: Mapping[str, Any] | Context, default: str) -> Details[str]:
        """`string` with the reasons for it."""
    def integer_details(self, flag: str, context: Mapping[str, Any] | Context, default: int) -> Details[int]:
        """`integer` with the reasons for it."""
    def number_details(self, flag: str, context: Mapping[str, Any] | Context, default: float) -> Details[float]:
        """`number` with the reasons for it."""
    def json_details(self, flag: str, context: Mapping[str, Any] | Context, default: _T) -> Details[_T]:
        """`json` with the reasons for it."""
    def all(self, context: Mapping[str, Any] | Context) -> dict[str, Any]:
        """The values of all flags for one context, from one ruleset. Not counted.

        `None` where a flag leaves the value to the caller or fails.
        """
    def all_details(self, context: Mapping[str, Any] | Context) -> dict[str, Details[Any]]:
        """The details of all flags for one context, from one ruleset. Not counted."""
    def explain(self, flag: str, context: Mapping[str, Any] | Context) -> dict[str, Any] | None:
        """Why a flag answers as it does, step by step; for people. Not counted. None without a ruleset or a context."""
