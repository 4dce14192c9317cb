#!/usr/bin/env bash
# Python: ours as the wheel that is published, and the peers from PyPI, in a private environment. Arguments go to bench.py.
set -euo pipefail
cd "$(dirname "$0")"
../../../sdks/python/run-tests.sh prepare >&2
if ! cmp -s requirements.txt .work/requirements; then
  rm -rf .work
  mkdir .work
  "${PYTHON:-python3}" -m venv .work/venv
  .work/venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
  # It asks for a newer certificate list than some registries have; it does not use one here.
  .work/venv/bin/pip install --quiet --disable-pip-version-check --no-deps launchdarkly-server-sdk==9.20.0
  cp requirements.txt .work/requirements
fi
.work/venv/bin/pip install --quiet --disable-pip-version-check --force-reinstall --no-deps ../../../sdks/python/.work/wheels/*.whl
exec .work/venv/bin/python bench.py "$@"
