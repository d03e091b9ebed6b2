#!/usr/bin/env bash
# A rank is killed: under --enable-recovery its tasks go to the others after a
# minute of silence, and the tables are those of an undisturbed run.
# shellcheck source=tests/mpi/lib.sh
. "$RAMPART_SOURCE/tests/mpi/lib.sh"
fake=$1

timeout 100 "$fake" slow . >alone.csv 2>/dev/null &
alone=$!
mkdir ranks
export FAKE_MARK=$PWD/under_way
timeout -k 5 150 mpirun --enable-recovery -n 3 "$fake" slow ranks \
  >ranks.csv 2>log &
started=$!
for ((i = 0; i < 600; i++)); do
  [ -e under_way ] && break
  sleep 0.1
done
kill -KILL "$(children 3 "$(children 1 "$started" mpirun)" \
  "$(basename "$fake")" | tail -n 1)"
wait "$alone"
wait "$started" || fail "status $?: $(cat log)"
cmp alone.csv ranks.csv || fail 'other tables'
grep -q 'silent for 60 s: given up' log || fail "nobody was missed: $(cat log)"
[ "$(grep -c '^rank ' log)" = 2 ] || fail "counters: $(cat log)"
