#!/usr/bin/env bash
# One tenant floods at fifty times its limit: what another one notices of it.
# Prints a table and writes bench/out/tenants.json.
set -euo pipefail
cd "$(dirname "$0")/.."
exec python3 bench/tenants/measure.py "${YARDARM_BIN:-target/release/yardarm}" "$@"
