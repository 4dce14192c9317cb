#!/usr/bin/env bash
# The Python SDK's test service. `--prepare` only builds and installs it.
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
if [ "${1:-}" = --prepare ]; then exec "$root/sdks/python/run-tests.sh" prepare; fi
exec "$root/sdks/python/.work/venv/bin/python" "$root/sdks/python/contract/serve.py"
