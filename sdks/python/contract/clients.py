"""The clients that the runner has made, with what is noted about them."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from dataclasses import fields
from typing import Any

from yardarm import Call, Client, Status, Timing
from yardarm.opentelemetry import telemetry
from yardarm.testing import TestClient


class Held:
    """A client."""

    def __init__(self) -> None:
        self.client: Client
        self.seen: list[dict[str, Any]] = []
        self.calls: list[dict[str, Any]] = []
        self.otel: list[dict[str, Any]] = []
        self._load: Load | None = None

    def hook(self, kind: str) -> Any:
        if kind == "throw":
            return _fail
        if kind == "otel":
            return telemetry(lambda name, attributes: self.otel.append({"name": name, "attributes": attributes}))
        return self._record

    def _record(self, call: Call) -> None:
        details = call.details
        self.calls.append({"flag": call.flag, "value": details.value, "reason": details.reason, "type": call.type})

    def observed(self, status: Status) -> None:
        version = None if status.version is None else str(status.version)
        self.seen.append({"state": status.state, "version": version})

    def double(self, request: dict[str, Any]) -> None:
        client = self.client
        assert isinstance(client, TestClient)
        if "now" in request:
            client.at(request["now"])
        for flag, value in (request.get("set") or {}).items():
            client.set(flag, value)
        for flag, targeting_key, value in request.get("set_for") or ():
            client.set_for(flag, targeting_key, value)
        for flag in request.get("remove") or ():
            client.remove(flag)

    def load(self, request: dict[str, Any]) -> dict[str, Any]:
        self._load = Load(self.client, request)
        return {}

    def load_end(self) -> dict[str, Any]:
        assert self._load
        return self._load.end()


class Clients(dict[str, Held]):
    """By the names that the runner gave them."""

    def create(self, name: str, given: dict[str, Any], *, from_environment: bool) -> None:
        held = Held()
        settings = dict(given)
        if "timing" in settings:
            known = {field.name for field in fields(Timing)}
            settings["timing"] = Timing(**{key: ms / 1000 for key, ms in settings["timing"].items() if key in known})
        if "hooks" in settings:
            settings["hooks"] = [held.hook(kind) for kind in settings["hooks"]]
        throws = settings.pop("observer", None) == "throw"
        held.client = Client.from_environment(**settings) if from_environment else Client(**settings)
        if throws:
            held.client.observe(_fail)
        held.client.observe(held.observed)
        self[name] = held

    def create_double(self, name: str, request: dict[str, Any]) -> None:
        held = Held()
        # A ruleset may be given as text, which JSON numbers survive as they were written.
        held.client = TestClient(request.get("ruleset_text") or request.get("ruleset"))
        held.client.observe(held.observed)
        self[name] = held
        held.double(request)


def _fail(_: object) -> None:
    raise RuntimeError("thrown on purpose")


class Load:
    """Evaluation in a loop, on threads."""

    def __init__(self, client: Client, request: dict[str, Any]) -> None:
        self._client = client
        run = self._run_paced if "rate" in request else self._run
        self._request = request
        self._over = threading.Event()
        self._calls = self._threw = self._torn = 0
        self._values: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=run) for _ in range(request.get("threads", 1))]
        for thread in self._threads:
            thread.daemon = True
            thread.start()

    def _run(self) -> None:
        request, client = self._request, self._client
        call = getattr(client, request["type"])
        flags, context, default = request["flags"], request["context"], request["default"]
        values: Counter[str] = Counter()
        made = threw = torn = 0
        while not self._over.is_set():
            for flag in flags:
                made += 1
                try:
                    values[json.dumps(call(flag, context, default))] += 1
                except Exception:
                    threw += 1
            answers = client.all_details(context)
            torn += len({str(answers[flag].version) for flag in flags if flag in answers}) > 1
            torn += len({json.dumps(answers[flag].value) for flag in flags if flag in answers}) > 1
        with self._lock:
            self._calls += made
            self._threw += threw
            self._torn += torn
            self._values += values

    def _run_paced(self) -> None:
        """So many evaluations a second: every few milliseconds those that are due."""
        request = self._request
        call = getattr(self._client, request["type"])
        flags, context, default = request["flags"], request["context"], request["default"]
        users = request.get("users", 1)
        key, rate = context["targetingKey"], request["rate"] / len(self._threads)
        counts: dict[Any, int] = {}
        made = threw = 0
        began = time.monotonic()
        while not self._over.wait(0.005):
            due = int(min((time.monotonic() - began) * rate, made + rate / 10))
            for turn in range(made, due):
                try:
                    asking = {**context, "targetingKey": f"{key}-{turn % users}"}
                    value = call(flags[turn % len(flags)], asking, default)
                    counts[value] = counts.get(value, 0) + 1
                except Exception:
                    threw += 1
            made = due
        with self._lock:
            self._calls += made
            self._threw += threw
            self._values += Counter({json.dumps(value): count for value, count in counts.items()})

    def end(self) -> dict[str, Any]:
        self._over.set()
        for thread in self._threads:
            thread.join()
        return {"calls": self._calls, "threw": self._threw, "values": dict(self._values), "torn": self._torn}
