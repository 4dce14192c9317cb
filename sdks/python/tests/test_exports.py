"""The public interface, name by name: a change here is a change for users."""

from __future__ import annotations

import doctest
import inspect

import yardarm
import yardarm.testing


def test_names() -> None:
    assert yardarm.__all__ == sorted(yardarm.__all__)
    assert yardarm.__all__ == [
        "Call", "Client", "ConfigError", "Context", "Details", "ErrorCode", "FlagType", "Hook", "Reason", "State",
        "Status", "Timing", "Version", "__version__",
    ]  # fmt: skip
    assert all(hasattr(yardarm, name) for name in yardarm.__all__)


def test_members_of_a_client() -> None:
    members = {name for name, _ in inspect.getmembers(yardarm.Client) if not name.startswith("_")}
    calls = {"boolean", "string", "integer", "number", "json"}
    details = {f"{name}_details" for name in calls}
    rest = {
        "all", "all_details", "attest", "close", "dropped_counts", "dropped_events", "dropped_exposures", "explain",
        "flush", "from_environment", "observe", "ready", "set_sdk_key", "status", "track", "wait_ready",
    }  # fmt: skip
    assert members == calls | details | rest


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(yardarm.testing).failed == 0
    assert doctest.testmod(yardarm.testing).attempted > 0
