"""Evaluation in Python against published SDKs, in one run: `make bench-sdk`.

CPU time of the thread, median of rounds in which everybody runs in turn; compare ratios, not absolutes. Everybody's
answers are checked before anybody is timed. `--json` prints what is also written to `bench/out/sdk-python.json`.
"""

from __future__ import annotations

import json
import logging
import statistics
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from time import thread_time_ns
from typing import Any

from contenders import CONTENDERS, OURS
from scenario import ROWS, USER, Shape, hundred

ROUNDS = 9
ROUND_NS = 20_000_000
OUT = Path(__file__).parents[2] / "out" / "sdk-python.json"


def measure(calls: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """Nanoseconds a call."""
    times = {name: calibrated(call) for name, call in calls.items()}
    rounds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            rounds[name].append(loop(call, times[name]) / times[name])
    return {name: statistics.median(taken) for name, taken in rounds.items()}


def loop(call: Callable[[], Any], times: int) -> int:
    before = thread_time_ns()
    for _ in range(times):
        call()
    return thread_time_ns() - before


def calibrated(call: Callable[[], Any]) -> int:
    """Repetitions that fill a round."""
    times = 1
    while (taken := loop(call, times)) < ROUND_NS / 10:
        times *= 2
    return max(1, int(times * ROUND_NS / taken))


def check(name: str, shape: Shape, ask: Callable[[str, str], Callable[[], bool]]) -> None:
    """Everybody gives the right answer: for other users, too, so that nobody answers the same to all."""
    if shape == "rollout":
        on = sum(ask("flag", f"user-{number}")() for number in range(2_000))
        good = 850 < on < 1150
    else:
        outsider = shape != "segment"
        good = ask("flag", USER)() is True and ask("flag", "nobody")() is outsider
    if not good:
        raise SystemExit(f"{name} answers {shape} wrongly")


def check_hundred(name: str, ask: Callable[[str, str], Callable[[], bool]]) -> None:
    expected = {"on": True, "rules": True, "off": False}
    for key, shape in hundred().items():
        if shape in expected and ask(key, USER)() is not expected[shape]:
            raise SystemExit(f"{name} answers {key} ({shape}) wrongly")


def main() -> None:
    logging.disable()
    table: dict[str, dict[str, float]] = {}
    for row, shape in ROWS.items():
        calls = {}
        for one in CONTENDERS:
            ask = one.make({"flag": shape})
            check(one.name, shape, ask)
            calls[one.name] = ask("flag", USER)
        table[row] = measure(calls)
    calls = {}
    for one in CONTENDERS:
        ask = one.make(hundred())
        check_hundred(one.name, ask)
        if one.bulk:
            calls[one.name] = one.bulk(hundred())(USER)
        else:
            each = [ask(key, USER) for key in hundred()]
            calls[one.name] = lambda each=each: [call() for call in each]
    table["e: 100 flags"] = measure(calls)
    report(table)


def report(table: dict[str, dict[str, float]]) -> None:
    rows = []
    for row, measured in table.items():
        ours = measured[OURS]
        for peer, ns in measured.items():
            if peer != OURS:
                rows.append({"row": row, "ours": round(ours), "unit": "ns", "peer": peer, "peer_value": round(ns),
                             "ratio": round(ns / ours, 2)})  # fmt: skip
    versions = {one.package: version(one.package) for one in CONTENDERS}
    said = json.dumps({"versions": {**versions, "python": sys.version.split()[0]}, "rows": rows}, indent=2)
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(said + "\n")
    if "--json" in sys.argv:
        print(said)
        return
    names = list(table)
    print(f"{'ns':28}" + "".join(f"{name.partition(':')[0]:>12}" for name in names))
    for one in CONTENDERS:
        package = f"{one.name} {versions[one.package]}" if one.name == one.package else one.name
        print(f"{package:28.34}" + "".join(f"{table[name][one.name]:12,.0f}" for name in names))


if __name__ == "__main__":
    main()
