#!/usr/bin/env bash
# The Python SDK's checks. Needs Rust and Python 3.10 or later; everything else goes into a private environment in .work.
#   run-tests.sh            lints, types, tests, and the packages in clean environments
#   run-tests.sh quick      the same without the packages
#   run-tests.sh prepare    only builds and installs
set -euo pipefail
cd "$(dirname "$0")"
what=${1:-all}
python=${PYTHON:-python3}
venv=$PWD/.work/venv

prepare() {
  if ! cmp -s requirements-dev.txt .work/requirements; then
    rm -rf "$venv"
    mkdir -p .work
    "$python" -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r requirements-dev.txt
    cp requirements-dev.txt .work/requirements
  fi
  # Reinstalled only when something changed: several test suites may ask for this one after another.
  local now
  now=$(cat pyproject.toml native/Cargo.* native/src/*.rs src/yardarm/*.py* ../../crates/eval/Cargo.toml $(find ../../crates/eval/src -name '*.rs' | sort) | sha256sum)
  if [ "$now" != "$(cat .work/installed 2>/dev/null)" ]; then
    rm -rf .work/wheels
    "$venv/bin/maturin" build --release --quiet --locked --interpreter "$venv/bin/python" --out .work/wheels
    "$venv/bin/pip" install --quiet --disable-pip-version-check --force-reinstall --no-deps .work/wheels/*.whl
    echo "$now" > .work/installed
  fi
}

lints() {
  cargo fmt --manifest-path native/Cargo.toml --check
  cargo clippy --quiet --manifest-path native/Cargo.toml --locked --all-targets -- -D warnings
  "$venv/bin/ruff" format --check --quiet src tests contract
  "$venv/bin/ruff" check --quiet src tests contract
  "$venv/bin/mypy"
  # The stubs say what the extension module has.
  "$venv/bin/python" -m mypy.stubtest --mypy-config-file pyproject.toml --allowlist stubtest-allowlist.txt yardarm._native >/dev/null
}

prepare
[ "$what" = prepare ] && exit 0
lints
"$venv/bin/pytest" -q
[ "$what" = quick ] || ./check-packages.sh
echo 'sdks/python: all green'
