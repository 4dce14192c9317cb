"""What is measured, each in every contender's own words.

The context is the same everywhere: user-4242 from Norway on plan pro with version 5.4.2, aged 37.
"""

from __future__ import annotations

from typing import Literal

Shape = Literal["on", "rules", "rollout", "segment", "off"]

USER = "user-4242"
ATTRIBUTES = {"email": "user-4242@example.com", "country": "NO", "plan": "pro", "appVersion": "5.4.2", "age": 37}
COUNTRIES = ["SE", "DK", "FI", "IS", "DE", "AT", "CH", "NL", "BE", "NO"]
MEMBERS = [f"user-{number}" for number in range(10_000)]

ROWS: dict[str, Shape] = {
    "a: on, no rules": "on",
    "b: five rules, the last matches": "rules",
    "c: 50 % rollout": "rollout",
    "d: segment of 10,000 keys": "segment",
}


def mixed(number: int) -> Shape:
    """40 on, 30 with rules, 20 rollouts and 10 off in each hundred, in a mixed order."""
    at = number * 37 % 100
    return "on" if at < 40 else "rules" if at < 70 else "rollout" if at < 90 else "off"


def hundred() -> dict[str, Shape]:
    """Flag key to shape."""
    return {f"flag-{number:05}": mixed(number) for number in range(100)}
