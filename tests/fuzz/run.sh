#!/usr/bin/env bash
# Fuzz targets with libFuzzer, one after the other, in a build folder of the
# preset `fuzz`:   tests/fuzz/run.sh RUNS [TARGET]...   (all targets)
# Inputs that reach something new are kept in build-fuzz/corpus/TARGET, so that
# the next run goes on from there; a finding ends its target and is left in
# build-fuzz/found/TARGET. Exit status 1: there were findings.
set -u
source=$(cd "$(dirname "$0")/../.." && pwd)
build=${FUZZ_BUILD:-$source/build-fuzz}
runs=${1:?usage: run.sh RUNS [TARGET]...}
shift
if [ $# -eq 0 ]; then
  for driver in "$build"/bin/fuzz_*_driver; do
    name=${driver##*/fuzz_}
    set -- "$@" "${name%_driver}"
  done
fi
status=0
for target; do
  corpus=$build/corpus/$target found=$build/found/$target leaks=1 longest=4096
  mkdir -p "$corpus" "$found"
  "$build/bin/fuzz_${target}_driver" --seeds "$corpus" || exit 2
  folders=("$corpus")
  past=$source/tests/fuzz/findings/$target
  [ -d "$past" ] && folders+=("$past")
  case $target in # the checker leaves memory to the end of its process
  idx | csv | h5_*) leaks=0 longest=256 ;;
  esac
  ASAN_OPTIONS=detect_leaks=$leaks:allocator_may_return_null=1 \
    "$build/bin/fuzz_$target" -runs="$runs" -max_len=$longest -timeout=20 \
    -rss_limit_mb=4096 -print_final_stats=1 -artifact_prefix="$found/" \
    "${folders[@]}" >"$build/found/$target.log" 2>&1
  if [ $? -eq 0 ]; then
    echo "$target: no finding, $(grep -o 'executed_units: .*' "$build/found/$target.log" | tr -dc 0-9) runs"
  else
    echo "$target: FINDING, see $found and $build/found/$target.log"
    status=1
  fi
done
exit $status
