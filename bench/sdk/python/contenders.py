"""Ours and the published SDKs: each builds what asks one flag, and what asks a hundred, for a user."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scenario import ATTRIBUTES, COUNTRIES, MEMBERS, Shape

Flags = dict[str, Shape]
Ask = Callable[[], bool]


@dataclass
class Contender:
    """A name and package, and how to ask."""

    name: str
    package: str
    make: Callable[[Flags], Callable[[str, str], Ask]]
    """For flags: for (flag, user): the call that is timed."""
    bulk: Callable[[Flags], Callable[[str], Callable[[], Any]]] | None = None
    """For flags: for a user: the call that gives all answers at once, if there is one."""


# Ours


def ours(shape: Shape) -> dict[str, Any]:
    def test(name: str, reader: str, op: str, arg: Any) -> dict[str, Any]:
        return {"test": {"attr": [name], "as": reader, "op": op, "arg": arg}}

    def rule(number: int, condition: Any) -> dict[str, Any]:
        return {"id": f"r{number}", "if": condition, "serve": {"variant": "on"}}

    default: dict[str, Any] = {"variant": "off" if shape in ("rules", "segment") else "on"}
    rules = []
    if shape == "rollout":
        default = {"split": {"bucket": "main", "ranges": [[0, 1 << 31, "on"]], "rest": {"variant": "off"}}}
    if shape == "segment":
        rules = [rule(1, {"segment": "beta"})]
    if shape == "rules":
        last = [
            test("country", "string", "in", COUNTRIES),
            test("appVersion", "version:loose", "gt", "5.0.0"),
            test("age", "number", "gte", 18),
        ]
        rules = [
            rule(1, test("country", "string", "in", ["SE", "DE", "FR"])),
            rule(2, test("plan", "string", "in", ["team", "enterprise"])),
            rule(3, test("appVersion", "version:loose", "lt", "2.0.0")),
            rule(4, test("age", "number", "gt", 65)),
            rule(5, {"all": last}),
        ]
    bucket = {"hash": "murmur3_32", "prefix": "b3f1c2d4:", "unit": ["targetingKey"]}
    return {"on": shape != "off", "type": "boolean", "variants": {"on": True, "off": False}, "rules": rules,
            "off": {"serve": {"variant": "off"}}, "default": {"serve": default}, "buckets": {"main": bucket}}  # fmt: skip


def our_client(flags: Flags) -> Any:
    """A client as an application has one: counting its evaluations. Its server is away, its rules are the bootstrap."""
    from yardarm import Client

    ruleset = {
        "format": 1, "project": "p", "environment": "e", "version": {"epoch": "e", "rev": 1},
        "flags": {key: ours(shape) for key, shape in flags.items()},
        "segments": {"beta": {"if": {"list": {"attr": ["targetingKey"], "lists": ["beta"]}}}}, "lists": {"beta": MEMBERS},
    }  # fmt: skip
    client = Client("http://127.0.0.1:9", "yd_srv_bench", bootstrap=ruleset)
    client.close(0)
    return client


def dict_context(flags: Flags) -> Callable[[str, str], Ask]:
    boolean = our_client(flags).boolean

    def ask(flag: str, user: str) -> Ask:
        # A dict for each call, as an application writes it.
        return lambda: boolean(flag, {"targetingKey": user, **ATTRIBUTES}, False)

    return ask


def same_dict(flags: Flags) -> Callable[[str, str], Ask]:
    boolean = our_client(flags).boolean

    def ask(flag: str, user: str) -> Ask:
        context = {"targetingKey": user, **ATTRIBUTES}
        return lambda: boolean(flag, context, False)

    return ask


def prepared(flags: Flags) -> Callable[[str, str], Ask]:
    from yardarm import Context

    boolean = our_client(flags).boolean

    def ask(flag: str, user: str) -> Ask:
        context = Context({"targetingKey": user, **ATTRIBUTES})
        return lambda: boolean(flag, context, False)

    return ask


def all_at_once(flags: Flags) -> Callable[[str], Callable[[], Any]]:
    every = our_client(flags).all

    def ask(user: str) -> Callable[[], Any]:
        context = {"targetingKey": user, **ATTRIBUTES}
        return lambda: every(context)

    return ask


# LaunchDarkly


def launchdarkly(flags: Flags) -> Callable[[str, str], Ask]:
    import ldclient
    from ldclient.config import Config
    from ldclient.feature_store import InMemoryFeatureStore
    from ldclient.versioned_data_kind import FEATURES, SEGMENTS

    def clause(attribute: str, op: str, values: list[Any]) -> dict[str, Any]:
        return {"attribute": attribute, "op": op, "values": values, "negate": False}

    def flag(key: str, shape: Shape) -> dict[str, Any]:
        rule = lambda *clauses: {"id": "r", "clauses": list(clauses), "variation": 0}  # noqa: E731
        rules, fallthrough = [], {"variation": 1 if shape in ("rules", "segment") else 0}
        if shape == "rollout":
            weights = [{"variation": 0, "weight": 50_000}, {"variation": 1, "weight": 50_000}]
            fallthrough = {"rollout": {"variations": weights}}
        if shape == "segment":
            rules = [rule(clause("", "segmentMatch", ["beta"]))]
        if shape == "rules":
            rules = [
                rule(clause("country", "in", ["SE", "DE", "FR"])),
                rule(clause("plan", "in", ["team", "enterprise"])),
                rule(clause("appVersion", "semVerLessThan", ["2.0.0"])),
                rule(clause("age", "greaterThan", [65])),
                rule(
                    clause("country", "in", COUNTRIES),
                    clause("appVersion", "semVerGreaterThan", ["5.0.0"]),
                    clause("age", "greaterThanOrEqual", [18]),
                ),
            ]
        return {"key": key, "version": 1, "on": shape != "off", "targets": [], "rules": rules, "prerequisites": [],
                "fallthrough": fallthrough, "offVariation": 1, "variations": [True, False], "salt": "b3f1c2d4"}  # fmt: skip

    segment = {"key": "beta", "version": 1, "included": MEMBERS, "excluded": [], "rules": [], "salt": "s"}
    store = InMemoryFeatureStore()
    store.init({FEATURES: {key: flag(key, shape) for key, shape in flags.items()}, SEGMENTS: {"beta": segment}})
    client = ldclient.LDClient(Config("key", feature_store=store, use_ldd=True, send_events=False))

    def ask(flag: str, user: str) -> Ask:
        builder = ldclient.Context.builder(user)
        for name, value in ATTRIBUTES.items():
            builder.set(name, value)
        context = builder.build()
        return lambda: client.variation(flag, context, False)

    return ask


# Unleash


def unleash(flags: Flags) -> Callable[[str, str], Ask]:
    from yggdrasil_engine.engine import UnleashEngine

    def test(name: str, operator: str, values: list[str]) -> dict[str, Any]:
        return {"contextName": name, "operator": operator, "values": values}

    def compare(name: str, operator: str, value: str) -> dict[str, Any]:
        return {"contextName": name, "operator": operator, "values": [], "value": value}

    def feature(key: str, shape: Shape) -> dict[str, Any]:
        strategy = lambda *tests: {"name": "default", "parameters": {}, "constraints": list(tests)}  # noqa: E731
        strategies = [strategy()]
        if shape == "rollout":
            parameters = {"rollout": "50", "stickiness": "userId", "groupId": key}
            strategies = [{"name": "flexibleRollout", "parameters": parameters}]
        if shape == "segment":
            strategies = [{"name": "default", "parameters": {}, "segments": [1]}]
        if shape == "rules":
            strategies = [
                strategy(test("country", "IN", ["SE", "DE", "FR"])),
                strategy(test("plan", "IN", ["team", "enterprise"])),
                strategy(compare("appVersion", "SEMVER_LT", "2.0.0")),
                strategy(compare("age", "NUM_GT", "65")),
                strategy(
                    test("country", "IN", COUNTRIES),
                    compare("appVersion", "SEMVER_GT", "5.0.0"),
                    compare("age", "NUM_GTE", "18"),
                ),
            ]
        return {"name": key, "enabled": shape != "off", "strategies": strategies}

    features = [feature(key, shape) for key, shape in flags.items()]
    segment = {"id": 1, "constraints": [test("userId", "IN", MEMBERS)]}
    engine = UnleashEngine()
    engine.take_state(json.dumps({"version": 2, "features": features, "segments": [segment]}))

    def ask(flag: str, user: str) -> Ask:
        properties = {name: str(value) for name, value in ATTRIBUTES.items()}
        context = {"userId": user, "properties": properties}
        return lambda: engine.is_enabled(flag, context).is_enabled

    return ask


# Eppo


def eppo(flags: Flags) -> Callable[[str, str], Ask]:
    import eppo_client
    from eppo_client.config import AssignmentLogger

    def flag(key: str, shape: Shape) -> dict[str, Any]:
        def when(attribute: str, operator: str, value: Any) -> dict[str, Any]:
            return {"attribute": attribute, "operator": operator, "value": value}

        def allocation(name: str, rules: list[Any], ranges: list[Any]) -> dict[str, Any]:
            shards = [{"salt": "b3f1c2d4", "ranges": ranges}] if ranges else []
            split = {"variationKey": "on", "shards": shards}
            return {"key": name, "rules": rules, "splits": [split], "doLog": False}

        rules = []
        if shape == "segment":
            rules = [{"conditions": [when("id", "ONE_OF", MEMBERS)]}]
        if shape == "rules":
            rules = [
                {"conditions": [when("country", "ONE_OF", ["SE", "DE", "FR"])]},
                {"conditions": [when("plan", "ONE_OF", ["team", "enterprise"])]},
                {"conditions": [when("appVersion", "LT", "2.0.0")]},
                {"conditions": [when("age", "GT", 65)]},
                {
                    "conditions": [
                        when("country", "ONE_OF", COUNTRIES),
                        when("appVersion", "GT", "5.0.0"),
                        when("age", "GTE", 18),
                    ]
                },
            ]
        half = [{"start": 0, "end": 5_000}] if shape == "rollout" else []
        variations = {"on": {"key": "on", "value": True}, "off": {"key": "off", "value": False}}
        return {"key": key, "enabled": shape != "off", "variationType": "BOOLEAN", "variations": variations,
                "allocations": [allocation("main", rules, half)], "totalShards": 10_000}  # fmt: skip

    whole = {
        "createdAt": "2026-01-01T00:00:00.000Z", "format": "SERVER", "environment": {"name": "production"},
        "flags": {key: flag(key, shape) for key, shape in flags.items()},
    }  # fmt: skip
    configuration = eppo_client.Configuration(flags_configuration=json.dumps(whole).encode())
    config = eppo_client.ClientConfig(
        api_key="key", base_url="http://127.0.0.1:9", assignment_logger=AssignmentLogger(),
        initial_configuration=configuration, poll_interval_seconds=None,
    )  # fmt: skip
    client = eppo_client.init(config)

    def ask(flag: str, user: str) -> Ask:
        return lambda: client.get_boolean_assignment(flag, user, ATTRIBUTES, False)

    return ask


# flagd


def flagd(flags: Flags) -> Callable[[str, str], Ask]:
    from openfeature.contrib.tools.flagd.core import FlagdCore
    from openfeature.evaluation_context import EvaluationContext

    def flag(shape: Shape) -> dict[str, Any]:
        var = lambda name: {"var": name}  # noqa: E731
        targeting: dict[str, Any] = {}
        if shape == "rollout":
            targeting = {"fractional": [["on", 50], ["off", 50]]}
        if shape == "segment":
            targeting = {"if": [{"in": [var("targetingKey"), MEMBERS]}, "on", "off"]}
        if shape == "rules":
            last = {
                "and": [
                    {"in": [var("country"), COUNTRIES]},
                    {"sem_ver": [var("appVersion"), ">", "5.0.0"]},
                    {">=": [var("age"), 18]},
                ]
            }
            targeting = {
                "if": [
                    {"in": [var("country"), ["SE", "DE", "FR"]]}, "on",
                    {"in": [var("plan"), ["team", "enterprise"]]}, "on",
                    {"sem_ver": [var("appVersion"), "<", "2.0.0"]}, "on",
                    {">": [var("age"), 65]}, "on",
                    last, "on", "off",
                ]
            }  # fmt: skip
        state = "DISABLED" if shape == "off" else "ENABLED"
        return {"state": state, "variants": {"on": True, "off": False}, "defaultVariant": "on", "targeting": targeting}

    core = FlagdCore()
    core.set_flags(json.dumps({"flags": {key: flag(shape) for key, shape in flags.items()}}))

    def ask(flag: str, user: str) -> Ask:
        context = EvaluationContext(user, dict(ATTRIBUTES))
        return lambda: core.resolve_boolean_value(flag, False, context).value

    return ask


# GrowthBook


def growthbook(flags: Flags) -> Callable[[str, str], Ask]:
    from growthbook import GrowthBook

    def feature(shape: Shape) -> dict[str, Any]:
        conditions: list[Any] = []
        if shape == "rollout":
            return {"defaultValue": False, "rules": [{"coverage": 0.5, "hashAttribute": "id", "force": True}]}
        if shape == "segment":
            conditions = [{"id": {"$in": MEMBERS}}]
        if shape == "rules":
            conditions = [
                {"country": {"$in": ["SE", "DE", "FR"]}},
                {"plan": {"$in": ["team", "enterprise"]}},
                {"appVersion": {"$vlt": "2.0.0"}},
                {"age": {"$gt": 65}},
                {"country": {"$in": COUNTRIES}, "appVersion": {"$vgt": "5.0.0"}, "age": {"$gte": 18}},
            ]
        rules = [{"condition": condition, "force": True} for condition in conditions]
        return {"defaultValue": shape == "on", "rules": rules}

    features = {key: feature(shape) for key, shape in flags.items()}

    def ask(flag: str, user: str) -> Ask:
        client = GrowthBook(attributes={"id": user, **ATTRIBUTES}, features=features)
        return lambda: client.is_on(flag)

    return ask


# Flagsmith


def flagsmith(flags: Flags) -> Callable[[str, str], Ask]:
    from flag_engine.engine import get_evaluation_result

    def rules(shape: Shape) -> list[Any]:
        is_ = lambda name, operator, value: {"property": name, "operator": operator, "value": value}  # noqa: E731
        every = lambda *conditions: {"type": "ALL", "conditions": list(conditions)}  # noqa: E731
        if shape == "rollout":
            return [every(is_("$.identity.key", "PERCENTAGE_SPLIT", "50"))]
        if shape == "segment":
            return [every(is_("$.identity.identifier", "IN", MEMBERS))]
        parts = [
            every(is_("country", "IN", ["SE", "DE", "FR"])),
            every(is_("plan", "IN", ["team", "enterprise"])),
            every(is_("appVersion", "LESS_THAN", "2.0.0:semver")),
            every(is_("age", "GREATER_THAN", "65")),
            every(
                is_("country", "IN", COUNTRIES),
                is_("appVersion", "GREATER_THAN", "5.0.0:semver"),
                is_("age", "GREATER_THAN_INCLUSIVE", "18"),
            ),
        ]
        return [{"type": "ANY", "conditions": [], "rules": parts}]

    features, segments = {}, {}
    for key, shape in flags.items():
        ruled = shape in ("rules", "rollout", "segment")
        features[key] = {"key": key, "name": key, "enabled": shape == "on", "value": None}
        if ruled:
            override = {"key": key, "name": key, "enabled": True, "value": None}
            segments[key] = {"key": key, "name": key, "rules": rules(shape), "overrides": [override]}

    def ask(flag: str, user: str) -> Ask:
        # It always evaluates the whole environment: alone there is this flag only.
        identity = {"identifier": user, "key": f"env_{user}", "traits": ATTRIBUTES}
        context = {"environment": {"key": "env", "name": "env"}, "identity": identity,
                   "features": {flag: features[flag]},
                   "segments": {key: segment for key, segment in segments.items() if key == flag}}  # fmt: skip
        return lambda: get_evaluation_result(context)["flags"][flag]["enabled"]

    return ask


OURS = "yardarm"
CONTENDERS = [
    Contender(OURS, "yardarm", dict_context, all_at_once),
    Contender("yardarm, the same dict", "yardarm", same_dict),
    Contender("yardarm, prepared context", "yardarm", prepared),
    Contender("eppo-server-sdk", "eppo-server-sdk", eppo),
    Contender("flagd-core", "openfeature-flagd-core", flagd),
    Contender("flagsmith-flag-engine", "flagsmith-flag-engine", flagsmith),
    Contender("growthbook", "growthbook", growthbook),
    Contender("launchdarkly-server-sdk", "launchdarkly-server-sdk", launchdarkly),
    Contender("yggdrasil-engine (Unleash)", "yggdrasil-engine", unleash),
]
