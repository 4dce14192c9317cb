#!/usr/bin/env bash
# The contract of spec/sdk.md against every SDK that has a test service, or those named. See PROTOCOL.md.
set -euo pipefail
cd "$(dirname "$0")"

names=()
for word in "$@"; do [ "$word" = -- ] && break; case $word in --*) ;; *) [ -e "services/$word.sh" ] && names+=("$word") ;; esac; done
if [ ${#names[@]} -eq 0 ]; then for file in services/*.sh; do names+=("$(basename "$file" .sh)"); done; fi

if ! ls /usr/lib/*/faketime/libfaketime.so.1 >/dev/null 2>&1; then
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || { echo "sdk-contract: please install libfaketime" >&2; exit 1; }
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libfaketime >/dev/null
fi
for name in "${names[@]}"; do "services/$name.sh" --prepare; done
exec node run.mjs "$@"
