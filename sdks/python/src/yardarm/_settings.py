"""How a client is set up: `spec/sdk.md` S1."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ._hooks import Hook


class ConfigError(ValueError):
    """A setting cannot work, whatever the server does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """All the waiting a client does, in seconds. The defaults suit servers."""

    connect: float = 5.0
    """Longest time to connect."""
    response: float = 10.0
    """Longest time to the head of an answer, and between two parts of its body."""
    heartbeat: float = 15.0
    """The server's heartbeat; a stream silent for 2.5 times as long is given up."""
    first_retry: float = 3.0
    """Longest wait before the first retry."""
    retry_base: float = 1.0
    """Longest wait before the second retry is twice this; it doubles with each further one …"""
    retry_max: float = 30.0
    """… up to this."""
    retry_floor: float = 0.05
    """Shortest wait before any retry."""
    healthy: float = 60.0
    """A stream that lived this long resets the waits."""
    slow: float = 300.0
    """Wait after a refusal; also the longest `Retry-After` that is obeyed."""
    poll_after: float = 3.0
    """Polling begins when no stream has delivered for this long."""
    poll_interval: float = 30.0
    """Between two polls."""
    flush: float = 10.0
    """Between two deliveries of batches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a client is made of."""

    url: str = ""
    sdk_key: str = field(default="", repr=False)
    cache_file: str | os.PathLike[str] | None = None
    offline_file: str | os.PathLike[str] | None = None
    bootstrap: bytes | str | Mapping[str, Any] | None = None
    streaming: bool = True
    max_payload: int = 64 << 20
    count_evaluations: bool = True
    exposures: bool = False
    private_attributes: frozenset[str] = frozenset()
    hooks: tuple[Hook, ...] = ()
    timing: Timing = Timing()


_TEXTS = {
    "url": "YARDARM_URL",
    "sdk_key": "YARDARM_SDK_KEY",
    "cache_file": "YARDARM_CACHE_FILE",
    "offline_file": "YARDARM_OFFLINE_FILE",
}
_SWITCHES = {
    "streaming": "YARDARM_STREAMING",
    "count_evaluations": "YARDARM_COUNT_EVALUATIONS",
    "exposures": "YARDARM_EXPOSURES",
}


def from_environment(given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by the environment's variables; those given win."""
    settings: dict[str, Any] = {}
    for name, variable in _TEXTS.items():
        if value := os.environ.get(variable):
            settings[name] = value
    for name, variable in _SWITCHES.items():
        if (value := os.environ.get(variable)) and name not in given:
            if value not in ("true", "false", "1", "0"):
                raise ConfigError(f"the environment variable {variable} is true, false, 1 or 0, not {value!r}")
            settings[name] = value in ("true", "1")
    settings.update(given)
    if not settings.get("offline_file"):
        for name in ("url", "sdk_key"):
            if not settings.get(name):
                raise ConfigError(f"the environment variable {_TEXTS[name]} is not set")
    return settings


def checked_url(url: str) -> str:
    """The address without a trailing slash."""
    url = url.strip().rstrip("/")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConfigError(f"the server address {url!r} cannot be used: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise ConfigError(f"the server address {url!r} cannot be used: write http://host or https://host")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigError("the server address has a user, a query or a fragment: write only scheme, host, port, path")
    return url


def checked_key(sdk_key: str) -> str:
    """The SDK key, if a header can carry it. It is never part of a message."""
    key = sdk_key.strip() if isinstance(sdk_key, str) else ""
    if not key or not all("!" <= char <= "~" for char in key):
        raise ConfigError("the SDK key is empty or has characters that a header cannot carry")
    return key
