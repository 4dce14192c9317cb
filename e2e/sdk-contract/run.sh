#!/usr/bin/env bash
# The contract of spec/sdk.md against every SDK that has a test service, or those named. See PROTOCOL.md.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)

names=()
for word in "$@"; do
  [ "$word" = -- ] && break
  [ -e "services/$word.sh" ] && names+=("$word")
done
if [ ${#names[@]} -eq 0 ]; then for file in services/*.sh; do names+=("$(basename "$file" .sh)"); done; fi

../../scripts/install-tools
export YARDARM_BIN=${YARDARM_BIN:-${CARGO_TARGET_DIR:-$root/target}/debug/yardarm}
case $YARDARM_BIN in /*) ;; *) YARDARM_BIN=$root/$YARDARM_BIN ;; esac
[ -x "$YARDARM_BIN" ] || { echo "sdk-contract: there is no binary at $YARDARM_BIN; build it or set YARDARM_BIN" >&2; exit 1; }
mkdir -p ../.work/logs
for name in "${names[@]}"; do "services/$name.sh" --prepare; done
exec node run.mjs "$@"
