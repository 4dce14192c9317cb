"""A client for tests: no server, no threads, the real evaluator."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ._client import Client, _ruleset
from ._held import Origin
from ._settings import Settings

if TYPE_CHECKING:
    from typing_extensions import Self


class TestClient(Client):
    """A client whose flags are set by hand. Always `READY`.

    >>> flags = TestClient()
    >>> flags.set("new-checkout", True).set_for("new-checkout", "user-7", False)
    <yardarm.Client READY>
    >>> flags.boolean("new-checkout", {"targetingKey": "user-1"}, False)
    True
    >>> flags.boolean("new-checkout", {"targetingKey": "user-7"}, True)
    False
    """

    __test__ = False  # for pytest

    def __init__(self, ruleset: bytes | str | Mapping[str, Any] | None = None, **settings: Any) -> None:
        """With a whole ruleset, or without flags. `hooks` and `private_attributes` are taken as `Client` does."""
        self._ruleset = ruleset
        self._rev = 0
        self._flags: dict[str, tuple[Any, dict[str, Any]]] = {}
        super().__init__(**settings)

    def _begin(self, settings: Settings) -> None:
        self._prepare(settings, counts=False, exposures=False)
        self._replace(self._ruleset if self._ruleset is not None else self._written())

    def set(self, flag: str, value: Any) -> Self:
        """Makes a flag answer this value to everyone. The value's type is the flag's type."""
        self._flags[flag] = (value, {})
        return self._change()

    def set_for(self, flag: str, targeting_key: str, value: Any) -> Self:
        """Makes a flag answer another value of the same type to one targeting key."""
        default, targets = self._flags.get(flag, (value, {}))
        self._flags[flag] = (default, {**targets, targeting_key: value})
        return self._change()

    def remove(self, flag: str) -> Self:
        """Makes a flag unknown."""
        self._flags.pop(flag, None)
        return self._change()

    def at(self, now_ms: int | None) -> Self:
        """Stops the clock of rules at this instant (milliseconds since 1970), or lets it go."""
        self._live.set_clock(now_ms)
        return self

    def _change(self) -> Self:
        self._replace(self._written())
        return self

    def _replace(self, ruleset: bytes | str | Mapping[str, Any]) -> None:
        self._held.put(_ruleset(ruleset, "the test's ruleset"), Origin.LOCAL)
        self._board.tell(self._board.now)

    def _written(self) -> dict[str, Any]:
        self._rev += 1
        whole: dict[str, Any] = {"format": 1, "project": "test", "environment": "test", "flags": {}}
        if self._ruleset is not None:
            whole.update(self._ruleset if isinstance(self._ruleset, Mapping) else json.loads(self._ruleset))
        flags = {key: _flag(value, targets) for key, (value, targets) in self._flags.items()}
        version = {"epoch": f"test-{id(self)}", "rev": self._rev}
        return {**whole, "version": version, "flags": {**whole["flags"], **flags}}


def _flag(value: Any, targets: Mapping[str, Any]) -> dict[str, Any]:
    variants = {"value": value}
    rules = []
    for index, (targeting_key, other) in enumerate(targets.items()):
        variant = f"target-{index}"
        variants[variant] = other
        test = {"attr": ["targetingKey"], "op": "in", "arg": [targeting_key]}
        rules.append({"id": f"target:{index}", "if": {"test": test}, "serve": {"variant": variant}})
    kind = "boolean" if isinstance(value, bool) else _TYPES.get(type(value), "json")
    serve = {"serve": {"variant": "value"}}
    return {"on": True, "type": kind, "variants": variants, "rules": rules, "off": serve, "default": serve}


_TYPES = {str: "string", int: "number", float: "number"}
