from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from scripted import LONG, Server

from yardarm import Client, Timing

QUICK = {
    "first_retry": 0.02, "retry_base": 0.005, "retry_max": 0.04, "retry_floor": 0.002, "slow": 0.05,
    "poll_after": 3600.0, "poll_interval": 0.02, "flush": 3600.0,
}  # fmt: skip
"""Short waits between attempts, no polling, no deliveries by themselves, patience with a busy machine."""


@pytest.fixture
def connect() -> Iterator[Callable[..., Client]]:
    """Makes clients of a server that are closed at the end."""
    clients: list[Client] = []

    def make(server: Server | str, timing: dict[str, float] | None = None, **settings: Any) -> Client:
        url = server if isinstance(server, str) else server.url
        client = Client(url, "yd_srv_test", timing=Timing(**{**QUICK, **(timing or {})}), **settings)
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close(0)


def until(what: str, done: Callable[[], object]) -> None:
    end = time.monotonic() + LONG
    while not done():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.002)


def at(client: Client, version: str) -> None:
    """Waits for a version."""
    until(f"version {version}, but {client.status}", lambda: str(client.status.version) == version)
