#!/usr/bin/env bash
# Server CPU of an OFREP evaluation against a hello route of the same server, and the time until a change is visible.
# Prints a table and writes bench/out/server.json.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v wrk >/dev/null || { [ "$(id -u)" = 0 ] && apt-get install -y -qq wrk; } || { echo "install wrk first" >&2; exit 1; }
exec python3 bench/server/measure.py "${YARDARM_BIN:-target/release/yardarm}" "$@"
