#!/usr/bin/env bash
# The test service of @yardarm/web. `--prepare` only builds it.
set -euo pipefail
folder=$(cd "$(dirname "$0")/../../../sdks/typescript" && pwd)
if [ "${1:-}" = --prepare ]; then
  exec "$folder/prepare.sh" >&2
fi
# Its connections are those of `fetch`, which a browser ends with the page.
exec node "$folder/contract/web.mjs"
