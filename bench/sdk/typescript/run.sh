#!/usr/bin/env bash
# The TypeScript SDK against the published ones, in one run. `--json` writes bench/out/sdk-typescript.json.
set -euo pipefail
cd "$(dirname "$0")"
../../../sdks/typescript/prepare.sh >&2
[ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --no-audit --no-fund --silent
exec node run.mjs "$@"
