"""The parts that have no I/O."""

from __future__ import annotations

import json
from typing import Any

import pytest
from scripted import patch, ruleset

from yardarm import Client, Timing
from yardarm._backoff import Backoff, Failure, Left, Lost, Refused, retry_after
from yardarm._held import Held, Origin, Taken
from yardarm._native import Flags, Patch
from yardarm._privacy import Privacy
from yardarm._records import MAX_WAITING, Exposures, Queue, Version
from yardarm._sse import Event, Malformed, Parser
from yardarm._status import Board
from yardarm.testing import TestClient


def seconds(failure: Failure, random: float, times: int) -> list[int]:
    backoff = Backoff()
    return [int(backoff.after(failure, Timing(), random)) for _ in range(times)]


def test_lost_connections_back_off_to_half_a_minute_with_full_jitter() -> None:
    assert seconds(Lost(""), 0.9999, 9) == [2, 1, 3, 7, 15, 29, 29, 29, 29]
    assert seconds(Lost(""), 0.5, 9) == [1, 1, 2, 4, 8, 15, 15, 15, 15]
    assert Backoff().after(Lost(""), Timing(), 0.0) == Timing().retry_floor
    assert seconds(Refused(""), 0.0, 3) == [300] * 3
    assert seconds(Refused(""), 1.0, 3) == [150] * 3
    assert seconds(Lost("", 10.0), 0.0, 2) == [8, 8]
    assert seconds(Lost("", 1e9), 1.0, 1) == [360]
    assert seconds(Left("", 2.0), 0.5, 1) == [2]


def test_which_rulesets_are_taken() -> None:
    board = Board()
    held = Held(Flags()._set_up(counts=False), board, keep=False)

    def put(at: str, origin: Origin = Origin.STREAM) -> Taken:
        return held.put(held.load(json.dumps(ruleset(at, f="x")).encode()), origin)

    def patched(start: str, end: str) -> Taken:
        return held.patch(Patch.load(json.dumps(patch(start, end, f="y")).encode()))

    assert patched("a:1", "a:2") is Taken.NEEDS_WHOLE
    assert put("a:3", Origin.POLL) is Taken.YES
    assert put("a:3") is Taken.NO
    assert put("a:2") is Taken.NO
    assert put("a:9", Origin.POLL) is Taken.NO, "the stream is back"
    assert patched("a:2", "a:3") is Taken.NO
    assert patched("a:2", "a:4") is Taken.NEEDS_WHOLE
    assert patched("a:3", "b:4") is Taken.NEEDS_WHOLE
    assert str(board.now.version) == "a:3"
    assert patched("a:3", "a:4") is Taken.YES
    assert put("b:1") is Taken.YES
    assert str(board.now.version) == "b:1"


def test_retry_after_reads_seconds_only() -> None:
    for text, expected in [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("-1", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        (None, None),
    ]:
        assert retry_after(text) == expected


def test_events_are_the_same_however_the_bytes_are_cut() -> None:
    text = (
        '\ufeff: hello\n\nevent: put\ndata: {"a":\ndata:1}\nid: x\n\nretry: 5\r\nevent: ping\r\ndata\r\n\r\n'
        "data: ü\rfoo: bar\r\revent: lost\n\ndata: unfinished"
    ).encode()
    expected = [Event("put", b'{"a":\n1}'), Event("ping", b""), Event("", "ü".encode())]
    for size in range(1, len(text)):
        parser = Parser(1000)
        events = [event for at in range(0, len(text), size) for event in parser.push(text[at : at + size])]
        assert events == expected, f"in chunks of {size}"


@pytest.mark.parametrize("text", [b"data: " + b"x" * 100, b"data: 12345678\n" * 20, b"data: \xff\n"])
def test_what_ends_a_stream(text: bytes) -> None:
    with pytest.raises(Malformed):
        list(Parser(64).push(text))


def test_queues_give_the_oldest_up() -> None:
    queue = Queue()
    for number in range(MAX_WAITING + 3):
        queue.add({"n": number})
    assert queue.dropped == 3
    assert queue.take(2, 1000) == ['{"n":3}', '{"n":4}']
    assert queue.take(10, 1) == ['{"n":5}'], "one at least"


def test_a_unit_is_exposed_once_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    exposures = Exposures(Privacy(frozenset()))
    for now in (0, 1, 86_399_999, 86_400_000):
        monkeypatch.setattr("yardarm._records.now_ms", lambda now=now: now)
        exposures.add("f", "on", "u", Version("a", 1), None)
    assert len(exposures.queue) == 2


@pytest.mark.parametrize(
    ("context", "ttl"),
    [
        ({}, 60),
        ({"targetingKey": ""}, 60),
        ({"targetingKey": 7}, 60),
        ("u", 60),
        ({"targetingKey": "u", "text": "é" * 2_034}, 60),
        ({"targetingKey": "u", "n": float("nan")}, 60),
        ({"targetingKey": "\ud800"}, 60),
        ({"targetingKey": "u"}, 0.999),
        ({"targetingKey": "u"}, 86_400.1),
        ({"targetingKey": "u"}, float("nan")),
    ],
)
def test_a_context_that_cannot_be_signed(context: Any, ttl: float) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 each has its own words
        TestClient().attest(context, ttl)


def test_only_a_server_key_signs() -> None:
    client = Client("http://127.0.0.1:9", "yd_cli_test")
    with client, pytest.raises(ValueError, match="server key"):
        client.attest({"targetingKey": "u"}, 60)
