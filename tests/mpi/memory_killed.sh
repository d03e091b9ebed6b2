#!/usr/bin/env bash
# A question whose process the kernel really kills, because the memory that the
# ranks' group of processes may have is used up, is decided at its second try:
# - of one process, and of ranks that mpirun ends with it, by the next start;
# - with mpirun --enable-recovery in the same run, unless it was rank 0.
# fake_memory.sh has what cannot be arranged with real memory.
# shellcheck source=tests/mpi/lib.sh
. "$RAMPART_SOURCE/tests/mpi/lib.sh"
group() { python3 "$RAMPART_SOURCE/tests/memory_cgroup.py" "$@"; }

confined=$(group make 512) || exit
trap 'group remove "$confined"; rm -rf "$work"' EXIT
query=(verify --network "$RAMPART_SOURCE/data/digits_deep.h5" --dataset
  "$RAMPART_SOURCE/data/digits.h5" --samples 118 --radius 13 --threads 1)

# begin NAME COMMAND...: a start in the background, whose rank 1, or only process,
# may have only so much memory.
begin() {
  local name=$1
  shift
  timeout -k 5 120 "$@" python3 "$RAMPART_SOURCE/tests/memory_cgroup.py" \
    enter "$confined" 1 "$RAMPART" "${query[@]}" --output "$name.h5" \
    >"$name.out" 2>"$name.log" &
  started=$!
}

# dies NAME RANK: when that rank works on something.
dies() {
  group fill "$confined" "$1.h5" "$2" || fail "$1: $(cat "$1.out" "$1.log")"
}

# is_decided NAME: the last start ended with its answer.
is_decided() {
  "$RAMPART" show --csv --table queries --rows all "$1.h5" >"$1.csv"
  grep -q ',118,0,13,robust,' "$1.csv" || fail "$1: $(cat "$1.csv" "$1.log")"
  [ ! -e "$1.h5.journal" ] || fail "$1: the journal is still there"
  [ ! -e "$1.h5.running" ] || fail "$1: notes are still there"
}

begin single env
dies single 0
st=0
wait $started || st=$?
[ $st = 137 ] || fail "single: status $st: $(cat single.log)"
begin single env
wait $started || fail "single: the second try: $(cat single.log)"
grep -q 'asked alone, at the end: 1 question' single.log ||
  fail "single: $(cat single.log)"
is_decided single

begin ranks mpirun -n 2
dies ranks 1
! wait $started || fail "ranks: no death: $(cat ranks.log)"
begin ranks mpirun -n 2
wait $started || fail "ranks: the second try: $(cat ranks.log)"
grep -q 'asked alone, at the end: 1 question' ranks.log ||
  fail "ranks: $(cat ranks.log)"
is_decided ranks

query+=(--lost-after 2)
begin recovered mpirun --enable-recovery -n 3
dies recovered 1
wait $started || echo "mpirun ended with status $?"
grep -q 'rank 1 is given up' recovered.log || fail "$(cat recovered.log)"
is_decided recovered
