"""The words that answers are explained with."""

from __future__ import annotations

from typing import Literal, TypeAlias

Reason: TypeAlias = Literal["STATIC", "DEFAULT", "TARGETING_MATCH", "SPLIT", "DISABLED", "PREREQUISITE_FAILED", "ERROR"]
"""Why an answer is what it is, in OpenFeature's words."""

ErrorCode: TypeAlias = Literal[
    "FLAG_NOT_FOUND",
    "PARSE_ERROR",
    "TYPE_MISMATCH",
    "TARGETING_KEY_MISSING",
    "INVALID_CONTEXT",
    "PROVIDER_NOT_READY",
    "GENERAL",
]
"""Why there is no answer but the caller's default."""
