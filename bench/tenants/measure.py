"""One tenant floods at fifty times its limit; another one asks now and then. What does it notice?

Rounds alternate between quiet and flood, so that whatever else the machine does falls on both; the ratio is between the
99th percentiles over all rounds. The flood comes from processes of its own, paced, because it is its rate that matters
and not how fast the machine can be made to refuse.
"""

import asyncio
import atexit
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

LIMIT = 40
TIMES = 50
ASKED = 40
ROUNDS = 6
SECONDS = 8
CONNECTIONS = 20
FLOODERS = 2
FLAG = "/ofrep/v1/evaluate/flags/checkout"


def call(url: str, body: object, cookie: str = "") -> tuple[dict, str]:
    request = urllib.request.Request(url, method="POST", data=json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    if cookie:
        request.add_header("Cookie", cookie)
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.loads(response.read() or b"{}"), (response.headers["Set-Cookie"] or "").split(";")[0]


def stock(url: str, cookie: str) -> str:
    """A project with a flag in the open tenant; its SDK key."""
    call(f"{url}/api/v1/projects", {"key": "shop", "name": "Shop"}, cookie)
    call(f"{url}/api/v1/projects/shop/flags", {"key": "checkout"}, cookie)
    body = {"name": "bench", "environment": "production", "audience": "server"}
    return call(f"{url}/api/v1/projects/shop/keys", body, cookie)[0]["key"]


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> int:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    await reader.readexactly(length)
    return int(head[9:12])


def request(key: str) -> bytes:
    body = b'{"context":{"targetingKey":"user-1"}}'
    head = f"POST {FLAG} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n"
    return head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body


async def paced(address: tuple[str, int], key: str, rate: float, connections: int, until: float) -> list[tuple[int, float]]:
    """Statuses and milliseconds of `rate` requests a second over some connections."""
    answers: list[tuple[int, float]] = []
    text = request(key)

    async def one(first: float) -> None:
        reader, writer = await asyncio.open_connection(*address)
        due = first
        while due < until:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            begun = time.perf_counter()
            status = await ask(reader, writer, text)
            answers.append((status, (time.perf_counter() - begun) * 1_000))
            due += connections / rate
        writer.close()

    now = time.perf_counter()
    await asyncio.gather(*(one(now + n / rate) for n in range(connections)))
    return answers


def flood(address: tuple[str, int], key: str, rate: float, seconds: float, counts: multiprocessing.Queue) -> None:
    answers = asyncio.run(paced(address, key, rate, CONNECTIONS, time.perf_counter() + seconds))
    counts.put((len(answers), sum(status == 200 for status, _ in answers)))


def p99(milliseconds: list[float]) -> float:
    return statistics.quantiles(milliseconds, n=100)[98]


def main() -> None:
    binary = Path(sys.argv[1]).resolve()
    os.environ["YARDARM_RATE_LIMITS"] = f"evaluate.key={LIMIT}/s,evaluate.tenant={LIMIT}/s"
    with tempfile.TemporaryDirectory() as directory:
        command = [str(binary), "serve", "--json", "--listen", "127.0.0.1:0", "--data-dir", directory]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        atexit.register(server.kill)
        first = json.loads(server.stdout.readline())
        url = first["url"]
        link = urllib.parse.parse_qs(urllib.parse.urlparse(first["setup_url"]).query)["token"][0]
        owner = {"token": link, "tenant": {"key": "loud", "name": "Loud"}, "name": "Ana", "email": "ana@example.com",
                 "password": "correct horse battery"}
        _, cookie = call(f"{url}/api/v1/setup", owner)
        loud = stock(url, cookie)
        call(f"{url}/api/v1/tenants", {"key": "quiet", "name": "Quiet"}, cookie)
        _, cookie = call(f"{url}/api/v1/session/tenant", {"tenant": "quiet"}, cookie)
        quiet = stock(url, cookie)
        host, port = url.removeprefix("http://").split(":")
        address = (host, int(port))
        # A little below its own limit, so that every 429 would be somebody else's.
        rate = ASKED * 0.75
        asyncio.run(paced(address, quiet, rate, 4, time.perf_counter() + 2))
        alone, beside, sent, passed = [], [], 0, 0
        for _ in range(ROUNDS):
            alone += asyncio.run(paced(address, quiet, rate, 4, time.perf_counter() + SECONDS))
            counts: multiprocessing.Queue = multiprocessing.Queue()
            each = LIMIT * TIMES / FLOODERS
            flooders = [multiprocessing.Process(target=flood, args=(address, loud, each, SECONDS + 2, counts)) for _ in range(FLOODERS)]
            for flooder in flooders:
                flooder.start()
            time.sleep(1)
            beside += asyncio.run(paced(address, quiet, rate, 4, time.perf_counter() + SECONDS))
            for flooder in flooders:
                some, good = counts.get(timeout=60)
                sent, passed = sent + some, passed + good
                flooder.join()
        server.terminate()
        server.wait(timeout=30)
    version = subprocess.run([str(binary), "--version"], capture_output=True, text=True, check=True).stdout.strip()
    refused = sum(status != 200 for status, _ in alone + beside)
    alone_ms, beside_ms = p99([ms for _, ms in alone]), p99([ms for _, ms in beside])
    flooded = ROUNDS * (SECONDS + 2)
    nobody = {"peer": None, "peer_value": None, "ratio": None}
    rows = [
        {"row": f"p99 of a tenant beside one that floods at {TIMES}× its limit", "ours": round(beside_ms, 2), "unit": "ms",
         "peer": "the same without the flood", "peer_value": round(alone_ms, 2), "ratio": round(alone_ms / beside_ms, 2)},
        {"row": "its median", "ours": round(statistics.median(ms for _, ms in beside), 2), "unit": "ms",
         "peer": "the same without the flood", "peer_value": round(statistics.median(ms for _, ms in alone), 2), "ratio": None},
        {"row": f"its requests refused, of {len(alone) + len(beside)}", "ours": refused, "unit": "requests"} | nobody,
        {"row": "sent by the flood", "ours": round(sent / flooded), "unit": "requests/s"} | nobody,
        {"row": f"let through of it, at a limit of {LIMIT}/s", "ours": round(passed / flooded, 1), "unit": "requests/s"} | nobody,
    ]
    for row in rows:
        beside_it = f"  ({row['peer']}: {row['peer_value']})" if row["peer"] else ""
        print(f"{row['row']:<58} {row['ours']:>10} {row['unit']}{beside_it}")
    out = Path(__file__).parent.parent / "out"
    out.mkdir(exist_ok=True)
    (out / "tenants.json").write_text(json.dumps({"versions": {"yardarm": version}, "rows": rows}, indent=1) + "\n")
    if refused:
        raise SystemExit("the quiet tenant was refused something")


main()
