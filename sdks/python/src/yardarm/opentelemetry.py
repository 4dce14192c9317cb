"""OpenTelemetry: one `feature_flag.evaluation` event for each flag call, by a hook.

>>> from yardarm import Client
>>> from yardarm.opentelemetry import telemetry
>>> flags = Client("http://localhost:3524", "yd_srv_…", hooks=[telemetry()])  # doctest: +SKIP
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TypeAlias

from ._hooks import Call, Hook

Attributes: TypeAlias = dict[str, str]
Emit: TypeAlias = Callable[[str, Attributes], object]


def telemetry(emit: Emit | None = None) -> Hook:
    """A hook that gives each evaluation to `emit` as (event name, attributes), by the semantic conventions for feature
    flags. Without `emit` it adds the event to the current span, if OpenTelemetry is installed."""
    send = emit or _on_span()

    def hook(call: Call) -> None:
        send("feature_flag.evaluation", attributes(call))

    return hook


def attributes(call: Call) -> Attributes:
    """The event's attributes; those that are unknown are left out."""
    details = call.details
    value = None
    if details.variant is None:
        value = details.value if isinstance(details.value, str) else json.dumps(details.value, default=str)
    named = {
        "feature_flag.key": call.flag,
        "feature_flag.provider.name": "yardarm",
        "feature_flag.result.variant": details.variant,
        "feature_flag.result.value": value,
        "feature_flag.result.reason": details.reason.lower(),
        "feature_flag.context.id": call.unit,
        "feature_flag.set.id": call.set,
        "feature_flag.version": None if details.version is None else str(details.version),
        "error.type": details.error and details.error.lower(),
    }
    return {name: value for name, value in named.items() if value is not None}


def _on_span() -> Emit:
    try:
        from opentelemetry.trace import get_current_span
    except ImportError:
        return lambda name, attributes: None
    return lambda name, attributes: get_current_span().add_event(name, attributes)
