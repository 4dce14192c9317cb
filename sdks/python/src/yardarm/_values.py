"""What Python's types say as JSON. Called for values that the evaluator does not know by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from datetime import date, datetime, timezone
from decimal import Decimal
from enum import Enum
from numbers import Real
from uuid import UUID


def plain(value: object) -> object:
    """As str, int, float, bool, None, list or dict; None for what has no such form. What raises is absent, too.

    Instants become RFC 3339 text; one without a time zone is taken for UTC.
    """
    match value:
        case Enum():
            return value.value if isinstance(value.value, (str, int, float)) else value.name
        case datetime():
            moment = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
            return moment.isoformat()
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case Decimal() | Real():
            return float(value)
        case bytes() | bytearray() | memoryview():
            return None
        case Mapping():
            return dict(value)
        case Set() | Sequence():
            return list(value)
    # The context of OpenFeature and others like it.
    to_dict = getattr(value, "as_dict", None)
    return to_dict() if callable(to_dict) else None
