#!/usr/bin/env bash
# Packages and build of the TypeScript SDKs; quick when nothing changed but the TypeScript sources.
set -euo pipefail
cd "$(dirname "$0")"
[ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --no-audit --no-fund --silent
stamp=server/src/yardarm.wasm
if [ ! -e "$stamp" ] || [ -n "$(find wasm ../../crates/eval/src ../../Cargo.lock -newer "$stamp" -type f -print -quit)" ]; then
  node scripts/build.mjs
else
  node scripts/build.mjs --packages
fi
