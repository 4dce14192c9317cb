"""Yardarm: feature flags evaluated in your process.

>>> from yardarm import Client
>>> flags = Client("http://localhost:3524", "yd_srv_…")  # doctest: +SKIP
>>> flags.boolean("new-checkout", {"targetingKey": "user-1"}, False)  # doctest: +SKIP
True
"""

from ._client import Client
from ._hooks import Call, FlagType, Hook
from ._native import Context, Details, Version
from ._settings import ConfigError, Timing
from ._status import State, Status
from ._version import VERSION as __version__
from ._words import ErrorCode, Reason

__all__ = [
    "Call",
    "Client",
    "ConfigError",
    "Context",
    "Details",
    "ErrorCode",
    "FlagType",
    "Hook",
    "Reason",
    "State",
    "Status",
    "Timing",
    "Version",
    "__version__",
]
