"""What the server, the network and the disk can do to a client, through its public interface.

`e2e/sdk-contract` plays all of `spec/sdk.md`; here is what is particular to Python, and enough to work without Node.
"""

from __future__ import annotations

import asyncio
import gc
import gzip
import json
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import at, until
from scripted import (
    EVENTS,
    LONG,
    RULESET,
    STREAM,
    Reply,
    Request,
    Server,
    frame,
    ok,
    patch,
    ruleset,
    split,
    status,
    stream,
)

from yardarm import Client, ConfigError, Status, Timing

USER = {"targetingKey": "u"}
Connect = Callable[..., Client]


def value(client: Client) -> str:
    return client.string("f", USER, "default")


def serving(at: str = "a:1", **flags: Any) -> Callable[[Request], Reply]:
    """A server that streams this ruleset and takes events."""

    def answer(request: Request) -> Reply:
        if request.path == EVENTS:
            return status("202 Accepted")
        return stream(frame("put", ruleset(at, **(flags or {"f": "one"}))), None)

    return answer


def test_a_server_that_is_absent_at_the_start_is_found_later(connect: Connect) -> None:
    with Server(lambda _: status("500 No")) as reserved:
        url = reserved.url
    client = connect(url)
    assert client.wait_ready(0.05) == "NOT_READY"
    details = client.string_details("f", USER, "default")
    assert (details.value, details.error, details.version) == ("default", "PROVIDER_NOT_READY", None)
    with Server(serving(), int(url.rstrip("/").rpartition(":")[2])):
        assert client.wait_ready(LONG) == "READY"
        assert value(client) == "one"
        assert client.status.failures == 0
    until("it is stale", lambda: client.status.state == "STALE")
    assert value(client) == "one"


@pytest.mark.parametrize(
    ("line", "headers", "state"),
    [
        ("503 Service Unavailable", {"Retry-After": "0"}, "NOT_READY"),
        ("500 Internal Server Error", {}, "NOT_READY"),
        ("400 Bad Request", {}, "NOT_READY"),
        ("302 Found", {"Location": "http://example.com/"}, "ERROR"),
        ("401 Unauthorized", {}, "ERROR"),
        ("404 Not Found", {}, "ERROR"),
    ],
)
def test_refusals_are_reported_and_outlived(connect: Connect, line: str, headers: dict[str, str], state: str) -> None:
    healed = threading.Event()
    heal = serving()
    with Server(lambda request: heal(request) if healed.is_set() else status(line, **headers)) as server:
        client = connect(server)
        until("three failures", lambda: client.status.failures >= 3)
        assert client.status.state == state
        assert line[:3] in (client.status.error or "")
        healed.set()
        until("it is ready", lambda: client.status.state == "READY")
        assert value(client) == "one"


def test_a_half_open_stream_is_given_up_and_resumed(connect: Connect) -> None:
    def answer(request: Request) -> Reply:
        if request.nth == 0:
            return stream(frame("put", ruleset("a:1", f="one")), None)
        return stream(frame("patch", patch("a:1", "a:2", f="two")), None)

    with Server(answer) as server:
        client = connect(server, {"heartbeat": 0.1, "response": 3600.0})
        at(client, "a:2")
        assert value(client) == "two"
        first, second = server.to(STREAM)[:2]
        assert "last-event-id" not in first.headers
        assert second.headers["last-event-id"] == "a:1"
        assert second.headers["authorization"] == "Bearer yd_srv_test"
        assert second.headers["user-agent"].startswith("yardarm-python/")


def test_versions_and_damage(connect: Connect) -> None:
    refetch = ruleset("a:5", f="five")
    steps = [
        [frame("put", ruleset("a:2", f="two")), frame("put", ruleset("a:1", f="one")),
         frame("patch", patch("a:1", "a:2", f="old")), frame("unknown", "…"), b": comment\n\n",
         frame("patch", patch("a:3", "a:4", f="four"))],
        [frame("put", ruleset("b:1", f="restored")), b"event: put\ndata: {\n\n", frame("put", ruleset("b:9", f="no"))],
        [b"data: \xff\n\n"],
        [frame("patch", patch("b:1", "b:2", f="fine")), None],
    ]  # fmt: skip

    def answer(request: Request) -> Reply:
        if request.path == RULESET:
            return ok(gzip.compress(json.dumps(refetch).encode()), **{"Content-Encoding": "gzip"})
        return stream(*steps[min(request.nth, 3)])

    with Server(answer) as server:
        client = connect(server)
        seen: list[str] = []
        client.observe(lambda now: seen.append(str(now.version)))
        at(client, "b:2")
        assert value(client) == "fine"
        assert [request.headers.get("last-event-id") for request in server.to(STREAM)][:4] == [
            None,
            "a:5",
            "b:1",
            "b:1",
        ]
        assert "b:9" not in seen
        assert len(server.to(RULESET)) == 1


def test_frames_cut_anywhere(connect: Connect) -> None:
    text = frame("put", ruleset("a:1", f="ünï")).replace(b"\n", b"\r\n")
    with Server(lambda _: stream(*(text[n : n + 1] for n in range(len(text))), None)) as server:
        client = connect(server)
        at(client, "a:1")
        assert value(client) == "ünï"


def test_what_is_too_large_is_not_read(connect: Connect) -> None:
    big = ruleset("a:1", f="x" * 5000)
    packed = gzip.compress(json.dumps(big).encode())

    def answer(request: Request) -> Reply:
        return (
            ok(packed, **{"Content-Encoding": "gzip"}) if request.path == RULESET else stream(frame("put", big), None)
        )

    with Server(answer) as server:
        for streaming in (True, False):
            client = connect(server, max_payload=2000, streaming=streaming)
            until("a failure", lambda client=client: client.status.failures)
            assert "larger than 2000" in (client.status.error or "")


def test_polling_beside_a_dead_stream_ends_with_its_first_frame(connect: Connect) -> None:
    alive = threading.Event()

    def answer(request: Request) -> Reply:
        if request.path == STREAM:
            return stream(frame("put", ruleset("a:2", f="two")), None) if alive.is_set() else status("503 No")
        if request.headers.get("if-none-match") == '"1"':
            return status("304 Not Modified")
        return ok(ruleset("a:1", f="one"), ETag='"1"')

    with Server(answer) as server:
        client = connect(server, {"poll_after": 0.01})
        at(client, "a:1")
        until("unchanged answers", lambda: sum("if-none-match" in one.headers for one in server.to(RULESET)) > 3)
        assert client.status.state == "READY"
        alive.set()
        at(client, "a:2")
        polls = len(server.to(RULESET))
        client.wait_ready(0.01)
        threading.Event().wait(0.2)
        assert len(server.to(RULESET)) <= polls + 1


def test_polling_only(connect: Connect) -> None:
    with Server(lambda request: ok(ruleset(f"a:{request.nth + 1}", f="x"))) as server:
        client = connect(server, streaming=False)
        at(client, "a:3")
        assert not server.to(STREAM)


def test_counts_exposures_and_events_are_delivered_once(connect: Connect) -> None:
    flags = {"f": "one", "s": split("A", "B")}

    def answer(request: Request) -> Reply:
        if request.path == EVENTS:
            return status("500 No" if request.nth == 0 else "202 Accepted")
        return stream(frame("put", ruleset("a:1", **flags)), None)

    with Server(answer) as server:
        client = connect(server, exposures=True, private_attributes=["email"])
        at(client, "a:1")
        for _ in range(3):
            client.string("f", USER, "")
            client.boolean("f", USER, False)
            client.string("s", {"key": 7}, "")
            client.string("none", USER, "")
            client.all(USER)
        client.track("buy", USER, 9.5, {"email": "x@y", "items": [{"email": 1, "sku": "a"}]})
        client.track("", USER)
        client.track("buy", {})
        client.track("buy", USER, float("nan"))
        client.track("buy", USER, None, {"much": "x" * 5000})
        assert client.dropped_events == 4
        assert client.flush(LONG) is False
        assert client.flush(LONG) is True
        first, second = (request.body for request in server.to(EVENTS))
        assert first == second
        batch = json.loads(first)
        counted = {(one["flag"], one["variant"], one["reason"]): one["count"] for one in batch["counts"]}
        assert counted == {("f", "v", "STATIC"): 3, ("f", "", "ERROR"): 3, ("s", "on", "SPLIT"): 3}
        assert all(one["start"] % 3_600_000 == 0 for one in batch["counts"])
        (exposure,) = batch["exposures"]
        assert {name: exposure[name] for name in ("flag", "variant", "unit", "version")} == {
            "flag": "s", "variant": "on", "unit": "7", "version": "a:1"}  # fmt: skip
        (event,) = batch["events"]
        assert (event["name"], event["unit"], event["value"]) == ("buy", "u", 9.5)
        assert event["data"] == {"items": [{"sku": "a"}]}
        assert batch["sdk"]["name"] == "python"
        client.string("f", USER, "")
        assert client.close(LONG)
        assert json.loads(server.to(EVENTS)[2].body)["counts"][0]["count"] == 1


def test_a_batch_that_is_wrong_is_given_up(connect: Connect) -> None:
    def answer(request: Request) -> Reply:
        return status("422 Wrong") if request.path == EVENTS else stream(frame("put", ruleset("a:1", f="one")), None)

    with Server(answer) as server:
        client = connect(server)
        at(client, "a:1")
        value(client)
        client.track("buy", USER)
        assert client.flush(LONG)
        assert (client.dropped_counts, client.dropped_events) == (1, 1)


def test_the_cache_file_outlives_server_and_damage(connect: Connect, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "flags"
    more = threading.Event()

    def answer(_: Request) -> Reply:
        return stream(frame("put", ruleset("a:1", f="one")), more, frame("patch", patch("a:1", "a:2", f="two")), None)

    with Server(answer) as server:
        client = connect(server, cache_file=path)
        until("it is written", path.exists)
        more.set()
        at(client, "a:2")
        assert client.close(LONG)
    assert path.stat().st_mode & 0o077 == 0
    for damaged, version, answered in [(False, "a:2", "two"), (True, "a:1", "one")]:
        if damaged:
            path.write_bytes(path.read_bytes()[:-2] + b"!}")
        client = connect("http://127.0.0.1:9", cache_file=path)
        assert (client.status.state, str(client.status.version)) == ("STALE", version)
        assert value(client) == answered
    other = Client("http://127.0.0.1:9", "yd_srv_other", cache_file=path)
    assert other.status.state == "NOT_READY"
    other.close(0)


def test_bootstrap_and_offline(connect: Connect, tmp_path: Path) -> None:
    client = connect("http://127.0.0.1:9", bootstrap=ruleset("a:1", f="boot"))
    assert (client.status.state, value(client)) == ("STALE", "boot")
    path = tmp_path / "ruleset.json"
    path.write_text(json.dumps(ruleset("a:1", f="file")))
    threads = threading.active_count()
    with Client(offline_file=path) as offline:
        assert (offline.status.state, value(offline)) == ("READY", "file")
        offline.track("buy", USER)
        assert offline.flush()
    assert threading.active_count() == threads


@pytest.mark.parametrize(
    "settings",
    [
        {"url": "ftp://example.com"}, {"url": "http://"}, {"url": "http://h:99999"}, {"url": ""}, {"sdk_key": ""},
        {"url": "http://user:pw@h"}, {"sdk_key": "a\r\nb: c"}, {"sdk_key": "ü"}, {"offline_file": "/none"},
        {"bootstrap": "{}"}, {"bootstrap": {"a": {1}}}, {"unknown": 1},
    ],
)  # fmt: skip
def test_settings_that_cannot_work(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as raised:
        Client(**{"url": "http://h", "sdk_key": "yd_srv_secret", **settings})
    assert "secret" not in str(raised.value)
    assert "pw" not in str(raised.value)


def test_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("URL", "SDK_KEY", "STREAMING", "OFFLINE_FILE"):
        monkeypatch.delenv(f"YARDARM_{name}", raising=False)
    with pytest.raises(ConfigError, match="YARDARM_URL is not set"):
        Client.from_environment()
    monkeypatch.setenv("YARDARM_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("YARDARM_SDK_KEY", "yd_srv_x")
    Client.from_environment().close(0)
    monkeypatch.setenv("YARDARM_STREAMING", "yes")
    with pytest.raises(ConfigError, match="YARDARM_STREAMING"):
        Client.from_environment()
    Client.from_environment(streaming=True).close(0)


def test_a_new_key_is_used_at_once(connect: Connect) -> None:
    def answer(request: Request) -> Reply:
        if request.headers["authorization"] != "Bearer yd_srv_new":
            return status("401 Unauthorized")
        return stream(frame("put", ruleset("a:1", f="one")), None)

    with Server(answer) as server:
        client = connect(server, {"slow": 3600.0})
        until("it is refused", lambda: client.status.state == "ERROR")
        with pytest.raises(ConfigError):
            client.set_sdk_key("n\nw")
        client.set_sdk_key("yd_srv_new")
        at(client, "a:1")


def test_a_new_key_replaces_a_stream_that_is_well(connect: Connect) -> None:
    with Server(serving()) as server:
        client = connect(server, {"first_retry": 3600.0})
        at(client, "a:1")
        client.set_sdk_key("yd_srv_new")
        until("a second stream", lambda: len(server.to(STREAM)) == 2)
        assert server.to(STREAM)[1].headers["authorization"] == "Bearer yd_srv_new"
        assert (client.status.failures, value(client)) == (0, "one")


def test_a_reader_that_was_too_slow_fetches_the_whole(connect: Connect) -> None:
    def answer(request: Request) -> Reply:
        if request.path == RULESET:
            return ok(ruleset("a:7", f="seven"))
        return stream(frame("put", ruleset("a:1", f="one")), frame("resync", {}), None)

    with Server(answer) as server:
        client = connect(server)
        at(client, "a:7")
        until("it came back", lambda: len(server.to(STREAM)) > 1)
        assert server.to(STREAM)[1].headers["last-event-id"] == "a:7"


def test_asyncio(connect: Connect) -> None:
    async def use(server: Server) -> None:
        async with connect(server) as client:
            assert client.status.state == "READY"
            assert value(client) == "one"
        assert await connect("http://127.0.0.1:9").ready(0.05) == "NOT_READY"

    with Server(serving()) as server:
        asyncio.run(use(server))


def test_observers_are_told_the_last_status(connect: Connect) -> None:
    told: list[Status] = []

    def throws(_: Status) -> None:
        raise RuntimeError

    go = threading.Event()
    changes = [frame("patch", patch(f"a:{n}", f"a:{n + 1}", f=str(n))) for n in range(1, 50)]
    with Server(lambda _: stream(frame("put", ruleset("a:1", f="one")), go, *changes, None)) as server:
        client = connect(server)
        at(client, "a:1")
        client.observe(throws)
        stop = client.observe(told.append)
        go.set()
        until("the last is told", lambda: told and str(told[-1].version) == "a:50")
        stop()


def test_clients_that_nobody_knows_leave_nothing_behind() -> None:
    def threads() -> int:
        return sum(thread.name.startswith("yardarm-") for thread in threading.enumerate())

    until("earlier ones are gone", lambda: threads() == 0)
    with Server(serving()) as server:
        client = Client(server.url, "yd_srv_test", timing=Timing())
        assert client.wait_ready(LONG) == "READY"
        assert threads() > 0
        del client
        gc.collect()
        until("no thread is left", lambda: threads() == 0)


def test_logs_keep_secrets(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Server(lambda request: status("401 No") if request.path == STREAM else status("500 No")) as server:
        client = connect(server, {"poll_after": 0.0}, hooks=[lambda _: 1 / 0])
        until("failures", lambda: client.status.failures > 3)
        client.string("f", {"targetingKey": "canary"}, "canary")
        client.track("", {"targetingKey": "canary"}, None, {"canary": 1})
        client.flush(LONG)
        client.close(LONG)
    assert "401" in caplog.text
    assert "yd_srv_test" not in caplog.text
    assert "canary" not in caplog.text
