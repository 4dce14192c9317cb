"""Commands that ask a client something."""

from __future__ import annotations

import json
import os
import uuid
from contextlib import suppress
from typing import Any

from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ProviderNotReadyError
from openfeature.track import TrackingEventDetails

from yardarm import Client, Details
from yardarm.openfeature import Provider


def details(answer: Details[Any]) -> dict[str, Any]:
    version = None if answer.version is None else str(answer.version)
    members = {name: getattr(answer, name) for name in ("value", "variant", "reason", "rule", "error")}
    return {**members, "version": version}


def evaluate(client: Client, request: dict[str, Any]) -> dict[str, Any]:
    kind = request["type"]
    arguments = request["flag"], request["context"], request.get("default")
    if request.get("plain"):
        return {"value": getattr(client, kind)(*arguments)}
    return details(getattr(client, f"{kind}_details")(*arguments))


def every(client: Client, context: Any) -> dict[str, Any]:
    return {"answers": {flag: details(answer) for flag, answer in client.all_details(context).items()}}


def openfeature(client: Client, request: dict[str, Any]) -> dict[str, Any]:
    kind = {"json": "object", "number": "float"}.get(request["type"], request["type"])
    asked = getattr(_through(client), f"get_{kind}_details")
    answer = asked(request["flag"], request["default"], _context(request["context"]))
    return {
        "value": answer.value,
        "variant": answer.variant,
        "reason": answer.reason and str(answer.reason),
        "error": answer.error_code and answer.error_code.value,
        "metadata": dict(answer.flag_metadata),
    }


def track_openfeature(client: Client, request: dict[str, Any]) -> dict[str, Any]:
    more = TrackingEventDetails(request.get("value"), request.get("data"))
    _through(client).track(request["event"], _context(request["context"]), more)
    return {}


def _through(client: Client) -> OpenFeatureClient:
    domain = uuid.uuid4().hex
    with suppress(ProviderNotReadyError):
        api.set_provider_and_wait(_Lent(client), domain)
    return api.get_client(domain)


def _context(context: dict[str, Any]) -> EvaluationContext:
    attributes = dict(context)
    return EvaluationContext(attributes.pop("targetingKey", None), attributes)


class _Lent(Provider):
    """A provider whose client goes on when it is shut down."""

    def shutdown(self) -> None:
        pass


def track(client: Client, request: dict[str, Any]) -> dict[str, Any]:
    client.track(request["event"], request["context"], request.get("value"), request.get("data"))
    return {}


def status(client: Client) -> dict[str, Any]:
    now = client.status
    return {
        "state": now.state,
        "version": None if now.version is None else str(now.version),
        "error": now.error,
        "failures": now.failures,
        "dropped_counts": client.dropped_counts,
        "dropped_exposures": client.dropped_exposures,
        "dropped_events": client.dropped_events,
    }


def fork(client: Client, request: dict[str, Any], limit: float) -> dict[str, Any]:
    """Evaluates in a child process, which tells us through a pipe."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            first = evaluate(client, request)
            state = client.wait_ready(limit)
            second = evaluate(client, request)
            flushed = client.flush(limit)
            version = client.status.version
            said = {
                "first": first,
                "second": second,
                "state": state,
                "version": None if version is None else str(version),
                "flushed": flushed,
            }
        except BaseException as error:
            said = {"failed": repr(error)}
        os.write(writing, json.dumps(said).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = json.loads(pipe.read())
    os.waitpid(child, 0)
    if "failed" in said:
        raise RuntimeError(said["failed"])
    return said
