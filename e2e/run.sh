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

../scripts/install-tools
export YARDARM_CHROMIUM=$(command -v chromium || command -v chromium-browser)

mkdir -p .work/logs
if ! cmp -s package-lock.json node_modules/.e2e-lock; then
  npm ci --no-audit --no-fund --ignore-scripts --loglevel=error
  cp package-lock.json node_modules/.e2e-lock
fi
if ! cmp -s requirements.txt .work/venv/.e2e-lock; then
  python3 -m venv .work/venv
  .work/venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
  cp requirements.txt .work/venv/.e2e-lock
fi

tests=(agreement.test.mjs changes.test.mjs console.test.mjs people.test.mjs control.test.mjs guides.test.mjs scim.test.mjs sso.test.mjs faults/crash.test.mjs faults/postgres.test.mjs)
if [ $# -gt 0 ]; then tests=(); for name in "$@"; do tests+=("${name%.test.mjs}.test.mjs"); done; fi
# One at a time: each of them wants the machine for itself.
exec node --test --test-concurrency=1 --test-reporter=spec "${tests[@]}"
