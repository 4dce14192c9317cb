"""`spec/vectors` through the public interface: a dict, and a prepared context."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from yardarm import Context, Details
from yardarm.testing import TestClient

VECTORS = Path(__file__).parents[3] / "spec" / "vectors"
FILES = sorted(VECTORS.glob("*.json"))


def answer(details: Details[Any]) -> dict[str, Any]:
    names = {"value": details.value, "variant": details.variant, "reason": details.reason, "rule": details.rule}
    said = {name: value for name, value in {**names, "error": details.error}.items() if value is not None}
    # With a variant, null is a value like any other.
    return said if details.variant is None else {**said, "value": details.value}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_vector(path: Path) -> None:
    file = json.loads(path.read_text())
    client = TestClient(file["ruleset"])
    for case in file["cases"]:
        client.at(case.get("now", 0))
        for context in (case["context"], Context(case["context"])):
            found = answer(client.json_details(case["flag"], context, None))
            # Numbers may be written in two ways; booleans are none.
            assert found == case["expect"], case["name"]
            assert type(found.get("value")) is bool or not isinstance(case["expect"].get("value"), bool)
            everything = client.all_details(context)
            if found.get("error") != "INVALID_CONTEXT" and case["flag"] in everything:
                assert answer(everything[case["flag"]]) == found, case["name"]


def test_the_vectors_are_there() -> None:
    assert sum(len(json.loads(path.read_text())["cases"]) for path in FILES) > 100
