"""What happens to a client when its process forks, ends, or goes on for long."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

from conftest import at, until
from scripted import EVENTS, LONG, STREAM, Reply, Request, Server, frame, ruleset, status, stream
from test_client import USER, Connect

HERE = Path(__file__).parent


def answer(request: Request) -> Reply:
    if request.path == EVENTS:
        return status("202 Accepted")
    return stream(frame("put", ruleset("a:1", f="one")), None)


def run(server: Server, program: str) -> subprocess.CompletedProcess[str]:
    """A program of its own, with `client` connected."""
    begin = f"""
        import os, sys, time
        from yardarm import Client
        USER = {USER!r}
        client = Client({server.url!r}, "yd_srv_test")
        assert client.wait_ready({LONG}) == "READY"
    """
    text = textwrap.dedent(begin) + textwrap.dedent(program)
    return subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=2 * LONG, check=False)


def counts(server: Server) -> list[int]:
    return [one["count"] for request in server.to(EVENTS) for one in json.loads(request.body).get("counts", [])]


def test_a_child_answers_and_lives_on_its_own(connect: Connect) -> None:
    with Server(answer) as server:
        client = connect(server)
        at(client, "a:1")
        client.string("f", USER, "")
        over = threading.Event()
        busy = [threading.Thread(target=lambda: [client.string("f", USER, "") for _ in iter(over.is_set, True)])]
        busy[0].start()
        child = os.fork()
        if child == 0:
            good = False
            try:
                good = client.string("f", USER, "") == "one"
                # Its own stream: the parent's is not touched.
                good = good and client.wait_ready(LONG) == "READY" and client.flush(LONG)
            finally:
                os._exit(0 if good else 1)
        over.set()
        busy[0].join()
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert counts(server) == [1], "the child sent its own call and nothing of its parent's"
        assert len(server.to(STREAM)) == 2
        assert client.status.state == "READY"
        assert client.flush(LONG)
        assert sum(counts(server)) > 1


def test_workers_of_a_preloaded_application(connect: Connect) -> None:
    """As gunicorn does with `--preload`: the master never asks a flag, its workers fork at once, and again later."""
    with Server(answer) as server:
        done = run(
            server,
            """
            workers = []
            for _ in range(3):
                if (child := os.fork()) == 0:
                    good = client.string("f", USER, "") == "one" and client.close(60)
                    os._exit(0 if good else 1)
                workers.append(child)
            assert [os.waitpid(child, 0)[1] for child in workers] == [0, 0, 0]
            """,
        )
        assert done.returncode == 0, done.stderr
        assert counts(server) == [1, 1, 1]


def test_the_end_of_the_interpreter_delivers_what_waits() -> None:
    with Server(answer) as server:
        done = run(server, 'client.string("f", USER, "")')
        assert (done.returncode, done.stderr) == (0, "")
        assert counts(server) == [1]


def test_a_client_does_not_keep_a_process_alive() -> None:
    silent = threading.Event()

    def deaf(request: Request) -> Reply:
        return Reply(steps=[silent]) if request.path == EVENTS else answer(request)

    with Server(deaf) as server:
        done = run(server, 'client.string("f", USER, "")')
        assert done.returncode == 0, done.stderr
        silent.set()


def test_memory_is_flat_while_the_server_is_away(connect: Connect) -> None:
    client = connect("http://127.0.0.1:9", {"flush": 0.05}, bootstrap=ruleset("a:1", f="one"), exposures=True)
    context = {"targetingKey": "u", "groups": ["a", "b"], "account": {"plan": "pro"}}

    def evaluate(times: int) -> None:
        for _ in range(times):
            client.string("f", context, "")
            client.string_details("none", context, "")
            client.json("f", context, None)

    evaluate(50_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    evaluate(300_000)
    client.all(context)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 4096, f"{grown} KiB more after 900,000 calls"
    assert client.status.failures > 0


def test_queues_are_bounded(connect: Connect) -> None:
    client = connect("http://127.0.0.1:9", bootstrap=ruleset("a:1", f="one"))
    for number in range(10_050):
        client.track("buy", {"targetingKey": str(number)})
    assert client.dropped_events == 50
    until("a failure", lambda: client.status.failures > 0)
