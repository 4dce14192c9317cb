#!/usr/bin/env bash
# Everything about the TypeScript SDKs, from a fresh clone with Rust (and its wasm32-unknown-unknown target) and Node.js.
set -euo pipefail
cd "$(dirname "$0")"
./prepare.sh
npm run --silent lint
npm run --silent types
npm test --silent
npm run --silent bundles
