#!/usr/bin/env bash
# Rank 0 writes for longer than the others bear its silence, which is five times
# $FAKE_LOST_AFTER: it is not silent, nobody is given up, and the run ends
# complete. Where rank 0 is killed while it writes the others end by themselves,
# and the next start has the answers.
# shellcheck source=tests/mpi/lib.sh
. "$RAMPART_SOURCE/tests/mpi/lib.sh"
fake=$1
fake_name=$(basename "$fake")
export FAKE_LOST_AFTER=1

mkdir alone slow killed
timeout 60 "$fake" tiny alone >alone.csv 2>/dev/null

FAKE_SLOW_WRITE=7 timeout -k 5 100 mpirun --enable-recovery -n 3 \
  "$fake" tiny slow >slow.csv 2>slow.log &
slow=$!
FAKE_MARK=$PWD/writing FAKE_SLOW_WRITE=60 timeout -k 5 100 \
  mpirun --enable-recovery -n 3 "$fake" tiny killed >killed.csv 2>killed.log &
killed=$!
mpirun=$(children 1 $killed mpirun)
mapfile -t ranks < <(children 3 "$mpirun" "$fake_name")
await writing killed.log
kill -KILL "${ranks[0]}"
wait $killed || true
[ "$(grep -c 'rank 0 fell silent at the end' killed.log)" = 2 ] ||
  fail "rank 0 was not missed: $(cat killed.log)"
[ ! -e killed/results.h5 ] || fail 'killed: there are results'
ranks 3 "$fake" tiny killed >again.csv 2>again.log ||
  fail "again: $(cat again.log)"
grep -q 'going on with 400 answers' again.log ||
  fail "answers were lost: $(cat again.log)"
cmp alone.csv again.csv || fail 'again: other tables'

wait $slow || fail "slow: status $?: $(cat slow.log)"
! grep -qE 'given up|fell silent' slow.log || fail "slow: $(cat slow.log)"
cmp alone.csv slow.csv || fail "slow: other tables: $(cat slow.log)"
[ ! -e slow/results.h5.journal ] || fail 'slow: the journal is still there'
