#!/usr/bin/env bash
# End to end: the real binary against clients and a browser that nobody here wrote. Installs what is missing, then runs
# every test file, or those given: `e2e/run.sh agreement faults/crash`. See README.md for the settings.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd .. && pwd)

export YARDARM_BIN=${YARDARM_BIN:-$root/target/debug/yardarm}
case $YARDARM_BIN in /*) ;; *) YARDARM_BIN=$root/$YARDARM_BIN ;; esac
[ -x "$YARDARM_BIN" ] || { echo "e2e: there is no binary at $YARDARM_BIN; build it or set YARDARM_BIN" >&2; exit 1; }
export YARDARM_PROBE=${YARDARM_PROBE:-$(dirname "$YARDARM_BIN")/examples/probe}
[ -x "$YARDARM_PROBE" ] || { echo "e2e: there is no $YARDARM_PROBE; run: cargo build -p yardarm --examples" >&2; exit 1; }

missing=()
chromium=$(command -v chromium || command -v chromium-browser || true)
[ -n "$chromium" ] || missing+=(chromium)
ls -d /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || missing+=(postgresql)
command -v curl >/dev/null || missing+=(curl)
command -v sqlite3 >/dev/null || missing+=(sqlite3)
if [ ${#missing[@]} -gt 0 ]; then
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || { echo "e2e: please install: ${missing[*]}" >&2; exit 1; }
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
  chromium=$(command -v chromium)
fi
export YARDARM_CHROMIUM=$chromium

mkdir -p .work/logs
if ! cmp -s package-lock.json node_modules/.e2e-lock; then
  npm install --no-audit --no-fund --ignore-scripts --loglevel=error
  cp package-lock.json node_modules/.e2e-lock
fi
if ! cmp -s requirements.txt .work/venv/.e2e-lock; then
  python3 -m venv .work/venv
  .work/venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
  cp requirements.txt .work/venv/.e2e-lock
fi

tests=(agreement.test.mjs changes.test.mjs console.test.mjs guides.test.mjs faults/crash.test.mjs faults/postgres.test.mjs)
if [ $# -gt 0 ]; then tests=(); for name in "$@"; do tests+=("${name%.test.mjs}.test.mjs"); done; fi
# One at a time: each of them wants the machine for itself.
exec node --test --test-concurrency=1 --test-reporter=spec "${tests[@]}"
