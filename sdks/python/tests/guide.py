"""Runs the programs of `docs/guides/python.md` and of the README, as printed, with the given Python."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from scripted import EVENTS, LONG, Reply, Request, Server, frame, ruleset, status, stream

HERE = Path(__file__).parent
GUIDE = HERE.parents[2] / "docs" / "guides" / "python.md"
README = HERE.parent / "README.md"


def programs(path: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", path.read_text(), re.MULTILINE | re.DOTALL)


def answer(request: Request) -> Reply:
    if request.path == EVENTS:
        return status("202 Accepted")
    return stream(frame("put", ruleset("a:1", **{"new-checkout": True})), None)


def main(python: str) -> None:
    shop, _follow, test = programs(GUIDE)
    _start, in_tests = programs(README)
    with Server(answer) as server, tempfile.TemporaryDirectory() as folder:
        own = {"YARDARM_URL": server.url, "YARDARM_SDK_KEY": "yd_srv_guide"}
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("YARDARM", "PYTHON"))}
        for program, expected in [(shop, "READY\nTrue\nSTATIC\n"), (test, ""), (in_tests, "")]:
            done = subprocess.run(
                [Path(python).absolute(), "-W", "error", "-c", program],
                env={**environment, **own}, cwd=folder, capture_output=True, text=True, timeout=LONG, check=False,
            )  # fmt: skip
            if (done.returncode, done.stdout) != (0, expected):
                raise SystemExit(f"the guide's program failed:\n{program}\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    main(sys.argv[1])
