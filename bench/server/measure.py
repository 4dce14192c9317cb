"""Server figures as ratios in one run: CPU of an OFREP request over a hello route, and the delay of one change.

CPU is user + system time of the server process over the requests it answered, which is steadier on a shared machine
than requests a second. Rounds alternate between the routes; the median counts.
"""

import atexit
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROUNDS = 5
SECONDS = 3
CHANGES = 40
FLAGS = 10_000


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid: int) -> float:
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()).group(1)) / 1024


def call(method: str, url: str, token: str, body: object = None, headers: dict | None = None) -> dict:
    request = urllib.request.Request(url, method=method, data=None if body is None else json.dumps(body).encode())
    request.add_header("Authorization", f"Bearer {token}")
    request.add_header("Content-Type", "application/json")
    for name, value in (headers or {}).items():
        request.add_header(name, value)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            text = response.read()
            return json.loads(text) if text else {}
    except urllib.error.HTTPError as error:
        raise SystemExit(f"{method} {url}: {error.read().decode()}") from error


def load(url: str, pid: int, key: str, script: str | None) -> tuple[float, float]:
    """CPU microseconds a request and requests a second."""
    command = ["wrk", "-t1", "-c64", f"-d{SECONDS}s"] + (["-s", script] if script else []) + [url]
    before = cpu_seconds(pid)
    out = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | {"BENCH_KEY": key}).stdout
    spent = cpu_seconds(pid) - before
    requests = int(re.search(r"(\d+) requests in", out).group(1))
    if re.search(r"Non-2xx", out):
        raise SystemExit(f"{url} answered errors:\n{out}")
    return spent / requests * 1e6, requests / SECONDS


def many_flags(url: str, token: str) -> None:
    """A project with FLAGS flags, made by one import."""
    call("POST", f"{url}/api/v1/projects", token, {"key": "many", "name": "Many flags"})
    flags = []
    for n in range(FLAGS):
        on_off = [{"key": "on", "value": True}, {"key": "off", "value": False}]
        rule = {
            "id": "r1",
            "if": {"attribute": "user.country", "operator": "in", "values": ["NO", "DE", "AT"]},
            "serve": {"rollout": {"variant": "on", "percent": 50, "bucket_by": "user.key"}},
        }
        production = {"on": True, "rules": [rule], "default": {"variant": "off"}, "off_variant": "off"}
        flags.append(
            {"key": f"flag-{n:05}", "name": f"Flag {n}", "type": "boolean", "variants": on_off, "salt": f"s{n}",
             "created_at": 0, "environments": {"production": production}}
        )
    for start in range(0, FLAGS, 500):
        body = {"format": 1, "flags": flags[start : start + 500]}
        call("POST", f"{url}/api/v1/projects/many/import", token, body)


def change_delays(url: str, token: str, key: str) -> list[float]:
    """Milliseconds from the answer of the write to the patch in an open stream (negative: the patch was first)."""
    stream = subprocess.Popen(
        ["curl", "-sN", f"{url}/sdk/v1/stream", "-H", f"Authorization: Bearer {key}"], stdout=subprocess.PIPE
    )
    assert stream.stdout
    patches: list[tuple[float, bytes]] = []
    import threading

    def read() -> None:
        event = b""
        for line in stream.stdout:
            if line.startswith(b"event:"):
                event = line
            elif line.startswith(b"data:") and b"patch" in event:
                patches.append((time.perf_counter(), line))

    threading.Thread(target=read, daemon=True).start()
    time.sleep(2)
    delays = []
    path = f"{url}/api/v1/projects/many/flags/flag-00042/environments/production"
    for n in range(CHANGES):
        seen = len(patches)
        call("PATCH", path, token, {"on": n % 2 == 1})
        answered = time.perf_counter()
        deadline = answered + 5
        while len(patches) <= seen and time.perf_counter() < deadline:
            time.sleep(0.0002)
        delays.append((patches[seen][0] - answered) * 1000)
    stream.kill()
    return delays


def main() -> None:
    binary = Path(sys.argv[1]).resolve()
    here = Path(__file__).parent
    with tempfile.TemporaryDirectory() as directory:
        started = time.perf_counter()
        command = [str(binary), "demo", "--json", "--listen", "127.0.0.1:0", "--data-dir", directory]
        # The limiter does its work, but one key may ask for as much as the machine can do.
        os.environ["YARDARM_RATE_LIMITS"] = "evaluate.key=100000000/s,evaluate.tenant=100000000/s"
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        atexit.register(server.kill)
        first = json.loads(server.stdout.readline())
        seeded_s = time.perf_counter() - started
        server.terminate()
        server.wait(timeout=30)
        started = time.perf_counter()
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        atexit.register(server.kill)
        demo = json.loads(server.stdout.readline())
        warm_s = time.perf_counter() - started
        time.sleep(3)
        idle = resident_mib(server.pid)
        url, token, key = demo["url"], demo["token"], demo["server_key"]
        hello, ofrep = [], []
        for _ in range(ROUNDS):
            hello.append(load(f"{url}/healthz", server.pid, key, None))
            flag = f"{url}/ofrep/v1/evaluate/flags/new-checkout"
            ofrep.append(load(flag, server.pid, key, str(here / "ofrep.lua")))
        hello_us = statistics.median(h[0] for h in hello)
        ofrep_us = statistics.median(o[0] for o in ofrep)
        many_flags(url, token)
        made = call("POST", f"{url}/api/v1/projects/many/keys", token,
                    {"name": "bench", "environment": "production", "audience": "server"})
        delays = change_delays(url, token, made["key"])
        server.terminate()
        server.wait(timeout=30)
    version = subprocess.run([str(binary), "--version"], capture_output=True, text=True, check=True).stdout.strip()
    visible = statistics.median(delays)
    rows = [
        {"row": "OFREP single, CPU", "ours": round(ofrep_us, 1), "unit": "µs/request", "peer": "hello route of the same server",
         "peer_value": round(hello_us, 1), "ratio": round(hello_us / ofrep_us, 2)},
        {"row": "OFREP single, throughput", "ours": round(statistics.median(o[1] for o in ofrep)), "unit": "requests/s",
         "peer": "hello route of the same server", "peer_value": round(statistics.median(h[1] for h in hello)), "ratio": None},
        {"row": f"change visible in {FLAGS} flags, after the write's answer", "ours": round(visible, 2), "unit": "ms",
         "peer": None, "peer_value": None, "ratio": None},
        {"row": "first start, seeded", "ours": round(seeded_s, 2), "unit": "s", "peer": None, "peer_value": None, "ratio": None},
        {"row": "warm start until serving", "ours": round(warm_s, 2), "unit": "s", "peer": None, "peer_value": None, "ratio": None},
        {"row": "idle memory of the demo", "ours": round(idle, 1), "unit": "MiB", "peer": None, "peer_value": None, "ratio": None},
    ]
    for row in rows:
        beside = f"  ({row['peer']}: {row['peer_value']})" if row["peer"] else ""
        print(f"{row['row']:<58} {row['ours']:>10} {row['unit']}{beside}")
    out = here.parent / "out"
    out.mkdir(exist_ok=True)
    (out / "server.json").write_text(json.dumps({"versions": {"yardarm": version}, "rows": rows}, indent=1) + "\n")


main()
