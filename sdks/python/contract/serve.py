"""The test service of this SDK for `e2e/sdk-contract` (PROTOCOL.md there): JSON lines in, JSON lines out."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import calls
from clients import Clients

from yardarm import __version__

COMMANDS = {
    "wait": lambda held, request: {"state": held.client.wait_ready(limit(request))},
    "status": lambda held, _: calls.status(held.client),
    "seen": lambda held, _: {"observed": list(held.seen)},
    "evaluate": lambda held, request: calls.evaluate(held.client, request),
    "evaluate_openfeature": lambda held, request: calls.openfeature(held.client, request),
    "evaluate_all": lambda held, request: calls.every(held.client, request["context"]),
    "load": lambda held, request: held.load(request),
    "load_end": lambda held, _: held.load_end(),
    "attest": lambda held, request: {"token": held.client.attest(request["context"], request["ttl"] / 1000)},
    "track": lambda held, request: calls.track(held.client, request),
    "track_openfeature": lambda held, request: calls.track_openfeature(held.client, request),
    "flush": lambda held, request: {"done": held.client.flush(limit(request))},
    "shutdown": lambda held, request: {"done": held.client.close(limit(request))},
    "set_sdk_key": lambda held, request: held.client.set_sdk_key(request["sdk_key"]) or {},
    "hooked": lambda held, _: {"calls": list(held.calls), "otel": list(held.otel)},
    "fork": lambda held, request: calls.fork(held.client, request, limit(request)),
}


def limit(request: dict[str, Any]) -> float:
    return float(request.get("limit", 0)) / 1000


def run(clients: Clients, request: dict[str, Any]) -> dict[str, Any]:
    command, name = request["do"], request.get("client", "")
    if command == "hello":
        return {"ok": {"sdk": "python", "version": __version__, "kind": "server", "without": ["storage"]}}
    if command in ("create", "create_from_environment"):
        clients.create(name, request["settings"], from_environment=command != "create")
        return {"ok": {}}
    if command == "create_test_double":
        clients.create_double(name, request)
        return {"ok": {}}
    if command == "double":
        clients[name].double(request)
        return {"ok": {}}
    if command == "threads":
        mine = [thread for thread in threading.enumerate() if thread.name.startswith("yardarm")]
        return {"ok": {"count": len(mine)}}
    if command not in COMMANDS:
        return {"unsupported": True}
    return {"ok": COMMANDS[command](clients[name], request)}


def answer(clients: Clients, request: dict[str, Any], out: threading.Lock) -> None:
    try:
        said = run(clients, request)
    except BaseException as error:
        said = {"failed": f"{type(error).__name__}: {error}"}
    line = json.dumps({"id": request.get("id"), **said}) + "\n"
    with out:
        sys.stdout.write(line)
        sys.stdout.flush()


def main() -> None:
    logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
    clients, out = Clients(), threading.Lock()
    # Commands that wait hold up nobody.
    with ThreadPoolExecutor(max_workers=32) as pool:
        for line in sys.stdin:
            pool.submit(answer, clients, json.loads(line), out)
        # Clients may still be open, and commands may still wait: the end must not depend on them.
        sys.stdout.flush()
        logging.shutdown()
        os._exit(0)


if __name__ == "__main__":
    main()
