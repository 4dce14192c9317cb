"""What listens to flag calls: `spec/sdk.md` S14."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from ._native import Details, unit
from ._privacy import Privacy
from ._status import log

FlagType: TypeAlias = Literal["boolean", "string", "integer", "number", "json"]


@dataclass(frozen=True, slots=True)
class Call:
    """A flag call that was answered."""

    flag: str
    context: Any
    """As the caller gave it. It may hold what must not be logged."""
    details: Details[Any]
    type: FlagType
    """The type that was asked for."""
    unit: str | None
    """The targeting key as it may leave the process: a digest when it is a private attribute."""
    set: str | None
    """`project/environment`; none without a ruleset."""


Hook: TypeAlias = Callable[[Call], object]
"""Called after each flag call, on its thread: be quick. An exception in it disturbs nothing."""


def after(
    hooks: Sequence[Hook], privacy: Privacy, place: Callable[[], str | None]
) -> Callable[[str, Any, Details[Any], FlagType], None] | None:
    """What the evaluator calls; none when there are no hooks, so that a call costs nothing for them."""
    if not hooks:
        return None

    def tell(flag: str, context: Any, details: Details[Any], kind: FlagType) -> None:
        call = Call(flag, context, details, kind, privacy.unit(unit(context)), place())
        for hook in hooks:
            try:
                hook(call)
            except Exception:  # noqa: BLE001 (neither the answer nor the hooks after it are disturbed)
                # Without the traceback's message: it may quote the context.
                log.warning("a hook failed: %s", getattr(hook, "__qualname__", type(hook).__name__))

    return tell
