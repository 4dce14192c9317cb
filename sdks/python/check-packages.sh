#!/usr/bin/env bash
# The packages as users get them: the source distribution built and installed, and the wheel, each in an environment with
# nothing else in it, and the program of the guide run on them.
set -euo pipefail
cd "$(dirname "$0")"
venv=$PWD/.work/venv
dist=$PWD/.work/dist
rm -rf "$dist" .work/clean
# The source distribution is unpacked elsewhere: what it needs of this repository is inside, or it does not build. What it
# needs of others was built for the wheel.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/native/target}
"$venv/bin/maturin" sdist --out "$dist" 2>/dev/null
cp .work/wheels/*.whl "$dist"
for package in "$dist"/*.whl "$dist"/*.tar.gz; do
  rm -rf .work/clean
  "${PYTHON:-python3}" -m venv .work/clean
  .work/clean/bin/pip install --quiet --disable-pip-version-check "$package"
  "$venv/bin/python" tests/guide.py .work/clean/bin/python
  echo "$(basename "$package"): installs and runs the guide"
done
rm -rf .work/clean
