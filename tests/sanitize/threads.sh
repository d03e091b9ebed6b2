#!/usr/bin/env bash
# usage: threads.sh BUILD-FOLDER
# Build the tests in which threads share something with clang's thread sanitizer
# and run them: no race may be reported. Skipped without clang, its OpenMP with
# Archer (which tells the sanitizer how OpenMP synchronizes) or its run-time.
set -euo pipefail
build=$1
tests=(unit/tree_search soundness/verify_threads unit/run_compute)

skip() {
  echo "skipped: $*"
  exit 77
}

command -v clang >/dev/null || skip 'no clang'
archer=$(find /usr/lib -name libarcher.so 2>/dev/null | head -n 1)
[ -n "$archer" ] || skip 'no libarcher.so (Debian: libomp-dev)'
probe=$(mktemp -d)
trap 'rm -rf "$probe"' EXIT
echo 'int main(void) { return 0; }' >"$probe/probe.c"
clang -fsanitize=thread -fopenmp "$probe/probe.c" -o "$probe/probe" \
  2>/dev/null && "$probe/probe" ||
  skip 'clang cannot link the thread sanitizer (Debian: libclang-rt-dev)'

targets=("${tests[@]/#/test_}")
{
  cmake -S "$RAMPART_SOURCE" -B "$build" -DCMAKE_C_COMPILER=clang \
    -DCMAKE_BUILD_TYPE=RelWithDebInfo -DRAMPART_SANITIZE_THREADS=ON
  cmake --build "$build" --target "${targets[@]//\//_}" --parallel 2
} >"$probe/log" 2>&1 || {
  tail -n 40 "$probe/log"
  exit 1
}
export OMP_TOOL_LIBRARIES=$archer
export TSAN_OPTIONS="ignore_noninstrumented_modules=1 exitcode=66"
for target in "${targets[@]//\//_}"; do
  echo "== $target"
  "$build/bin/$target"
done
