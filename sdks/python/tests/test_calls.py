"""Flag calls: types, contexts, and that nothing ever escapes them."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted import flag, ruleset

from yardarm import Call, Client, Context, Details, Version
from yardarm.testing import TestClient

USER = {"targetingKey": "u"}


def asks(attribute: str, op: str, arg: Any = None, **more: Any) -> dict[str, Any]:
    leaf = {"attr": [attribute], "op": op, **({} if arg is None else {"arg": arg}), **more}
    rule = {"id": "r", "if": {"test": leaf}, "serve": {"variant": "on"}}
    variants = {"on": True, "off": False}
    off = {"serve": {"variant": "off"}}
    return {"on": True, "type": "boolean", "variants": variants, "rules": [rule], "off": off, "default": off}


def asking(condition: dict[str, Any]) -> TestClient:
    return TestClient(ruleset("t:1", f=condition))


def test_each_type_reads_its_own() -> None:
    client = (
        TestClient().set("b", True).set("s", "x").set("i", 42).set("w", 42.0).set("n", 1.5).set("o", {"a": [1, None]})
    )
    answers = {
        "boolean": {"b": True},
        "string": {"s": "x"},
        "integer": {"i": 42, "w": 42},
        "number": {"i": 42.0, "w": 42.0, "n": 1.5},
        "json": {"b": True, "s": "x", "i": 42, "w": 42.0, "n": 1.5, "o": {"a": [1, None]}},
    }
    default = object()
    for kind, expected in answers.items():
        for key in "bsiwno":
            value = getattr(client, kind)(key, USER, default)
            details = getattr(client, f"{kind}_details")(key, USER, default)
            assert details.value == value
            if key in expected:
                assert (value, type(value)) == (expected[key], type(expected[key])) or kind == "json"
                assert (details.variant, details.reason, details.error) == ("value", "STATIC", None)
            else:
                assert value is default
                assert (details.variant, details.reason, details.error) == (None, "ERROR", "TYPE_MISMATCH")
    assert type(client.number("i", USER, 0.0)) is float
    assert type(client.integer("w", USER, 0)) is int


def test_values_are_the_callers_to_change() -> None:
    client = TestClient().set("o", {"a": []})
    client.json("o", USER, {})["a"].append(1)
    assert client.json("o", USER, {}) == {"a": []}


@pytest.mark.parametrize("context", [None, 7, "u", [], object(), {"targetingKey": 1.5}, {"targetingKey": {}},
                                     {"user": {"key": True}}, Context({"key": []})])  # fmt: skip
def test_what_is_no_context(context: Any) -> None:
    client = TestClient().set("f", True)
    assert client.boolean("f", context, False) is False
    assert client.boolean_details("f", context, False).error == "INVALID_CONTEXT"
    assert client.all(context) == {}
    assert client.explain("f", context) is None


def test_flags_that_are_not_there() -> None:
    client = TestClient().set("f", True)
    for key in ("none", "", "\ud800", None, 3, b"f", []):
        assert client.boolean(key, USER, True) is True  # type: ignore[arg-type]
        assert client.boolean_details(key, USER, True).error == "FLAG_NOT_FOUND"  # type: ignore[arg-type]


class Plan(Enum):
    PRO = "pro"


class Mine(Mapping[str, Any]):
    def __getitem__(self, name: str) -> Any:
        return {"a": "x"}[name]

    def __iter__(self) -> Any:
        return iter("a")

    def __len__(self) -> int:
        return 1


@pytest.mark.parametrize(
    ("value", "op", "arg"),
    [
        ("x", "eq", "x"), (1, "eq", 1), (1.0, "eq", 1), (True, "eq", True), (Plan.PRO, "eq", "pro"),
        (Decimal("1.5"), "eq", 1.5), (2**70, "gt", 1e20), (["x", "y"], "contains", "x"), (("x",), "contains", "x"),
        ({"x"}, "contains", "x"), (uuid.UUID(int=1), "eq", "00000000-0000-0000-0000-000000000001"),
    ],
)  # fmt: skip
def test_pythons_own_types(value: Any, op: str, arg: Any) -> None:
    leaf = {"each": True, "op": "eq"} if op == "contains" else {"op": op}
    client = asking(asks("a", leaf.pop("op"), arg, **leaf))
    for context in ({"a": value}, Context({"a": value}), OrderedDict(a=value), MappingProxyType({"a": value})):
        assert client.boolean("f", context, False), context
    assert client.boolean("f", {"user": {"a": value}}, False)
    assert not client.boolean("f", {"user": {"a": value}, "a": None}, True)


def test_a_mapping_is_a_context() -> None:
    assert asking(asks("a", "eq", "x")).boolean("f", Mine(), False)


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), "\ud800", b"x", object(), 1j])
def test_what_json_cannot_say_is_absent(value: Any) -> None:
    client = asking(asks("a", "present"))
    assert client.boolean("f", {"a": value}, True) is False
    assert client.boolean("f", Context({"a": value}), True) is False


def test_instants() -> None:
    client = asking(asks("at", "lt", "2026-01-01T00:00:00Z", **{"as": "date:rfc3339_or_ms"}))
    new_year = datetime(2026, 1, 1, tzinfo=timezone.utc)
    for moment, before in [
        (new_year, False),
        (new_year - timedelta(seconds=1), True),
        (new_year.astimezone(timezone(timedelta(hours=5))) - timedelta(seconds=1), True),
        (datetime(2025, 12, 31, 23, 59), True),
        (datetime(2026, 1, 1), False),
    ]:
        assert client.boolean("f", {"at": moment}, not before) is before, moment


def test_only_what_a_flag_reads_is_touched() -> None:
    class Untouchable:
        def __getattribute__(self, name: str) -> Any:
            raise AssertionError(f"{name} was asked for")

    client = asking(asks("a", "eq", "x"))
    assert client.boolean("f", {"a": "x", "b": Untouchable()}, False)


def test_contexts_that_fight_back() -> None:
    client = asking({**asks("a", "present"), "rules": [
        {"id": "r", "if": {"compute": {"==": [{"var": "a"}, 1]}}, "serve": {"variant": "on"}}]})  # fmt: skip
    endless: list[Any] = []
    endless += [endless, endless]
    ring: dict[str, Any] = {}
    ring["a"] = ring

    class Bomb:
        def __getattribute__(self, name: str) -> Any:
            raise RuntimeError(name)

    for context in ({"a": endless}, ring, {"a": Bomb()}, Bomb(), {1: 2, "a": 1}, {"a" * 10_000: 1, "a": 1}):
        assert client.boolean("f", context, False) in (True, False)  # type: ignore[arg-type]
    assert client.boolean("f", {1: 2, "a": 1}, False)  # type: ignore[dict-item]

    shrinking: dict[str, Any] = {f"k{n}": n for n in range(20)}

    class Shrinks(str):
        def __str__(self) -> str:
            shrinking.clear()
            return "x"

    class Odd:
        def as_dict(self) -> dict[str, Any]:
            shrinking.clear()
            return {}

    shrinking["k3"] = Odd()
    shrinking["k4"] = Shrinks("x")
    assert client.boolean("f", shrinking, True) is False
    assert shrinking == {}


def test_details_are_values() -> None:
    client = TestClient().set("f", True)
    one, same = client.boolean_details("f", USER, False), client.boolean_details("f", USER, False)
    assert one == same
    assert hash(one) == hash(same)
    assert one != client.boolean_details("g", USER, False)
    assert one == Details(True, reason="STATIC", variant="value", version=one.version)
    assert "variant='value'" in repr(one)
    assert str(Version("e", 3)) == "e:3"
    assert Version("e", 3) == Version("e", 3) != Version("e", 4)
    assert Context({"a": 1}) == Context({"a": 1}) != Context({"a": 2})
    assert "secret" not in repr(Context({"a": "secret"}))
    assert Context({"a": (1, 2)}).as_dict() == {"a": [1, 2]}


def test_all_flags() -> None:
    client = TestClient(ruleset("t:1", b=True, a="x", c={**flag("y"), "default": {"serve": "caller_default"}}))
    assert client.all(USER) == {"a": "x", "b": True, "c": None}
    assert list(client.all(USER)) == ["a", "b", "c"]
    details = client.all_details(Context(USER))
    assert details["a"] == client.string_details("a", USER, "")
    assert (details["c"].value, details["c"].reason, details["c"].error) == (None, "STATIC", None)


def test_an_explanation_says_why() -> None:
    explained = asking(asks("country", "eq", "DE")).explain("f", {"country": "DE"})
    assert explained is not None
    assert (explained["value"], explained["rule"]) == (True, "r")
    assert "country" in str(explained["steps"])


def test_hooks_hear_calls_and_disturb_nothing() -> None:
    heard: list[Call] = []

    def throws(_: Call) -> None:
        raise RuntimeError

    client = TestClient(hooks=[throws, heard.append], private_attributes=["targetingKey"]).set("f", "x")
    assert client.string("f", {"targetingKey": "user-1"}, "") == "x"
    assert client.boolean("f", USER, True) is True
    assert client.all(USER) == {"f": "x"}
    assert [(call.flag, call.type, call.details.value, call.details.error) for call in heard] == [
        ("f", "string", "x", None),
        ("f", "boolean", True, "TYPE_MISMATCH"),
    ]
    assert (heard[0].unit, heard[0].set) == ("sha256:c6c289e49e9c05b2145860387b73bcb1", "test/test")


def test_ctrl_c_in_a_hook_gets_through() -> None:
    def interrupt(_: Call) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        TestClient(hooks=[interrupt]).set("f", True).boolean("f", USER, False)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.binary() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=400, deadline=None, database=None)
@given(
    key=st.sampled_from(["plain", "reads", "computes", "damaged", "none"]) | anything, context=anything, data=st.data()
)
def test_no_exception_escapes(key: Any, context: Any, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["boolean", "string", "integer", "number", "json"]))
    named = st.dictionaries(st.sampled_from(["targetingKey", "key", "user", "a", "b"]), anything)
    for asked in (context, data.draw(named)):
        default = object()
        details = getattr(CLIENT, f"{kind}_details")(key, asked, default)
        plain = getattr(CLIENT, kind)(key, asked, default)
        assert (plain is default) == (details.value is default)
        CLIENT.all(asked)
        CLIENT.explain(key, asked)
        CLIENT.track(key, asked, key, asked)
        assert getattr(NOT_READY, kind)(key, asked, default) is default


plain_values = st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.sampled_from(["", "x", "y"])


@settings(max_examples=400, deadline=None, database=None)
@given(
    context=st.dictionaries(st.sampled_from(["targetingKey", "key", "a", "z"]), plain_values | st.just(["x"])),
    user=st.dictionaries(st.sampled_from(["key", "a", "z"]), plain_values) | plain_values,
)
def test_a_dict_answers_like_itself_prepared(context: dict[str, Any], user: Any) -> None:
    for asked in (context, {**context, "user": user}):
        for key in ("reads", "reads-user"):
            of_dict, prepared = (CLIENT.string_details(key, one, "") for one in (asked, Context(asked)))
            assert of_dict == prepared, asked


def each_of(*names: str) -> dict[str, Any]:
    """Serves which of these attributes are `x`."""
    rules = [
        {"id": name, "if": {"test": {"attr": name.split("."), "as": "any", "op": "in", "arg": ["x", 1, True]}},
         "serve": {"variant": name}} for name in names
    ]  # fmt: skip
    return {"on": True, "type": "string", "variants": {name: name for name in ["none", *names]}, "rules": rules,
            "off": {"serve": {"variant": "none"}}, "default": {"serve": {"variant": "none"}}}  # fmt: skip


CLIENT = TestClient(
    ruleset(
        "t:1",
        plain=True,
        reads=each_of("a", "z"),
        **{"reads-user": each_of("user.a", "a", "z", "user")},
        computes={**flag(1), "rules": [{"id": "r", "if": {"compute": {"var": "a.b"}}, "serve": {"variant": "v"}}]},
        damaged={"on": 1},
    )
)
NOT_READY = Client("http://127.0.0.1:9", "yd_srv_test")
NOT_READY.close(0)
