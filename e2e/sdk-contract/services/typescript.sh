#!/usr/bin/env bash
# The test service of @yardarm/server. `--prepare` only builds it.
set -euo pipefail
folder=$(cd "$(dirname "$0")/../../../sdks/typescript" && pwd)
if [ "${1:-}" = --prepare ]; then
  exec "$folder/prepare.sh" >&2
fi
exec node "$folder/contract/server.mjs"
