"""What may leave the process of what the application says about its users: `spec/sdk.md` S15."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, overload


class Privacy:
    """Names of attributes that stay here."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    @overload
    def unit(self, targeting_key: str) -> str: ...
    @overload
    def unit(self, targeting_key: str | None) -> str | None: ...
    def unit(self, targeting_key: str | None) -> str | None:
        """As it is, or, when it is private, a digest that still tells units apart."""
        if targeting_key is None or "targetingKey" not in self._names:
            return targeting_key
        return "sha256:" + sha256(targeting_key.encode()).hexdigest()[:32]

    def scrub(self, value: Any) -> Any:
        """Without private members, at any depth."""
        if not self._names:
            return value
        if isinstance(value, dict):
            return {name: self.scrub(member) for name, member in value.items() if name not in self._names}
        if isinstance(value, list):
            return [self.scrub(element) for element in value]
        return value
