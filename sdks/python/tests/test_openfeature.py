"""The published OpenFeature SDK through our provider."""

from __future__ import annotations

import threading
from collections.abc import Callable

from conftest import at, until
from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import EventDetails, ProviderEvent
from openfeature.flag_evaluation import Reason
from openfeature.provider import ProviderStatus
from openfeature.track import TrackingEventDetails
from scripted import EVENTS, LONG, Reply, Request, Server, frame, patch, ruleset, split, status, stream

from yardarm import Client
from yardarm.openfeature import Provider
from yardarm.testing import TestClient


def test_it_answers_as_the_client_does() -> None:
    client = TestClient(ruleset("t:1", b=True, s="x", n=1.5, i=3, o={"a": 1}, split=split("A", "B")))
    api.set_provider_and_wait(Provider(client), "answers")
    flags = api.get_client("answers")
    user = EvaluationContext("u", {"country": "DE"})
    assert flags.provider.get_metadata().name == "yardarm"
    assert flags.get_boolean_value("b", False, user) is True
    assert flags.get_integer_value("i", 0, user) == 3
    assert flags.get_float_value("n", 0.0, user) == 1.5
    assert flags.get_object_value("o", {}, user) == {"a": 1}
    details = flags.get_string_details("split", "", user)
    assert (details.value, details.variant, details.reason) == ("A", "on", Reason.SPLIT)
    assert details.flag_metadata == {"version": "t:1"}
    missing = flags.get_string_details("none", "mine", user)
    assert (missing.value, missing.error_code and missing.error_code.value) == ("mine", "FLAG_NOT_FOUND")
    mismatch = flags.get_boolean_details("s", True, user)
    assert (mismatch.value, mismatch.error_code and mismatch.error_code.value) == (True, "TYPE_MISMATCH")


def test_states_become_events_and_events_are_tracked(connect: Callable[..., Client]) -> None:
    change, leave = threading.Event(), threading.Event()

    def answer(request: Request) -> Reply:
        if request.path == EVENTS:
            return status("202 Accepted")
        if request.nth:
            return status("401 Unauthorized")
        return stream(
            frame("put", ruleset("a:1", f="one")), change, frame("patch", patch("a:1", "a:2", f="two")), leave
        )

    with Server(answer) as server:
        client = connect(server, {"slow": 3600.0})
        told: list[str] = []

        def note(event: ProviderEvent) -> Callable[[EventDetails], None]:
            return lambda _: told.append(event.value)

        for event in ProviderEvent:
            api.add_handler(event, note(event))
        api.set_provider_and_wait(Provider(client), "events")
        flags = api.get_client("events")
        assert flags.get_provider_status() == ProviderStatus.READY
        flags.track("buy", EvaluationContext("u"), TrackingEventDetails(2.0, {"sku": "a"}))
        assert client.flush(LONG)
        assert b'"sku":"a"' in server.to(EVENTS)[0].body
        change.set()
        at(client, "a:2")
        until("the change is told", lambda: "PROVIDER_CONFIGURATION_CHANGED" in told)
        leave.set()
        until("the refusal is told", lambda: flags.get_provider_status() == ProviderStatus.ERROR)
        assert flags.get_string_value("f", "", EvaluationContext("u")) == "two"
        api.shutdown()


def test_a_provider_without_rules_is_not_ready(connect: Callable[..., Client]) -> None:
    provider = Provider(connect("http://127.0.0.1:9"), limit=0.05)
    api.set_provider(provider, "absent")
    flags = api.get_client("absent")
    until("it gives up waiting", lambda: flags.get_provider_status() == ProviderStatus.ERROR)
    assert flags.get_string_value("f", "mine", EvaluationContext("u")) == "mine"
