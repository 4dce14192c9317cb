#!/usr/bin/env bash
# The Rust SDK's test service. `--prepare` only builds it.
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
if [ "${1:-}" = --prepare ]; then
  # All crates with all features, as `cargo test` of the workspace builds them: for this package alone, most of what it
  # depends on would have other features and be built again.
  exec cargo build --quiet --manifest-path "$root/Cargo.toml" --workspace --all-features --bins --examples
fi
exec "$target/debug/examples/contract"
