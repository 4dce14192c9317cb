"""Contexts signed for browsers: `spec/sdk.md` S15.3 to S15.5."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

TEST_KEY = "yd_srv_test"
"""Signs where there is no SDK key: in tests and offline. No server knows it."""

_LABEL = b"yardarm context attestation 1"
_CONTEXT = 4_096
_LONGEST = 24 * 60 * 60
_HINT = 12


def sign(sdk_key: str, context: Mapping[str, Any], ttl: float, now: float) -> str:
    """The JWT. `ttl` in seconds, `now` in seconds since 1970. Raises `ValueError` for what cannot be signed."""
    if not sdk_key.startswith("yd_srv_"):
        raise ValueError("contexts are signed with a server key: yd_srv_…")
    if not 1 <= ttl <= _LONGEST:
        raise ValueError("an attestation lives from one second to 24 hours")
    targeting_key = context.get("targetingKey") if isinstance(context, Mapping) else None
    if not isinstance(targeting_key, str) or not targeting_key:
        raise ValueError("a context that is signed has a targetingKey, a text that is not empty")
    written = _json(dict(context))
    if len(written) > _CONTEXT:
        raise ValueError(
            f"the context has {len(written)} bytes as JSON, and the limit is {_CONTEXT}: sign only what rules need"
        )
    header = _json({"alg": "HS256", "typ": "JWT", "kid": sdk_key[:_HINT]})
    claims = b'{"context":%s,"iat":%d,"exp":%d}' % (written, int(now), int(now) + int(ttl))
    signed = _part(header) + b"." + _part(claims)
    key = hmac.digest(sha256(sdk_key.encode()).hexdigest().encode(), _LABEL, "sha256")
    return (signed + b"." + _part(hmac.digest(key, signed, "sha256"))).decode()


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _part(text: bytes) -> bytes:
    return urlsafe_b64encode(text).rstrip(b"=")
