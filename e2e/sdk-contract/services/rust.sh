#!/usr/bin/env bash
# The Rust SDK's test service. `--prepare` only builds it.
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
if [ "${1:-}" = --prepare ]; then
  exec cargo build --quiet --manifest-path "$root/Cargo.toml" -p yardarm --example contract --features openfeature
fi
exec "$target/debug/examples/contract"
