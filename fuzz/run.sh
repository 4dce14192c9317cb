#!/usr/bin/env bash
# Runs every fuzz target for a while: fuzz/run.sh [seconds per target] [target…]
#
# Builds with the flags of `cargo fuzz --sanitizer none`, so stable Rust will do, and prints one line per target. What
# crashed, hung or took too much memory is kept in fuzz/artifacts/TARGET, and the exit code is 1. Inputs that reach new
# code are kept in fuzz/corpus/TARGET and are where the next run starts; seeds are made anew by fuzz/seeds.py.
# FUZZ_SEEDS names a folder of more seeds, FUZZ_SEEDS/TARGET/*.
set -euo pipefail
cd "$(dirname "$0")"

seconds=${1:-20}
shift || true
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(ruleset expressions documents importers)

# Bounds of one input: length, seconds (generous: the machine may be busy) and the memory of the process.
max_len=16384
timeout=30
rss_limit_mb=2048

host=$(rustc -vV | sed -n 's/^host: //p')
target_dir=${CARGO_TARGET_DIR:-$PWD/target}
flags="-Cpasses=sancov-module \
-Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
-Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares \
-Cllvm-args=-simplifycfg-branch-fold-threshold=0 -Cdebug-assertions --cfg fuzzing"
# Named with its target, so that build scripts and macros are not instrumented.
RUSTFLAGS="${RUSTFLAGS:-} $flags" CARGO_TARGET_DIR=$target_dir \
  cargo build --quiet --release --bins --target "$host"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 seeds.py "$work"

failed=0
for target in "${targets[@]}"; do
  mkdir -p "corpus/$target" "artifacts/$target"
  seeds=("$work/$target")
  [ -d "${FUZZ_SEEDS:-}/$target" ] && seeds+=("$FUZZ_SEEDS/$target")
  log=$work/$target.log
  code=0
  RUST_BACKTRACE=0 "$target_dir/$host/release/$target" "corpus/$target" "${seeds[@]}" \
    -max_total_time="$seconds" -max_len="$max_len" -timeout="$timeout" -rss_limit_mb="$rss_limit_mb" \
    -dict="$work/words.dict" -artifact_prefix="artifacts/$target/" -print_final_stats=1 \
    >"$log" 2>&1 || code=$?
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  slowest=$(sed -n 's/^stat::slowest_unit_time_sec: *//p' "$log")
  memory=$(sed -n 's/^stat::peak_rss_mb: *//p' "$log")
  coverage=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -1)
  crashes=0
  [ "$code" -eq 0 ] || crashes=1
  printf '%-12s %10s runs in %ss, coverage %s, slowest %ss, %s MB, crashes %s\n' \
    "$target" "${runs:-0}" "$seconds" "${coverage:-0}" "${slowest:-?}" "${memory:-?}" "$crashes"
  if [ "$code" -ne 0 ]; then
    failed=1
    grep -vE '^(#|stat::|INFO|	NEW_FUNC)' "$log" | tail -40 | cut -c 1-400
    echo "again: $target_dir/$host/release/$target fuzz/artifacts/$target/FILE"
  fi
done
exit "$failed"
