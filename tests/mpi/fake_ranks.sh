#!/usr/bin/env bash
# The same tables on 1, 2, 3 and 5 ranks and without a launcher; every rank has
# its share; failures at the start end all ranks.
# shellcheck source=tests/mpi/lib.sh
. "$RAMPART_SOURCE/tests/mpi/lib.sh"
fake=$1

for scenario in decidable tiny undecidable endless; do
  rm -f results.h5
  timeout 60 "$fake" $scenario . >alone.csv 2>/dev/null
  [ -s alone.csv ] || fail "$scenario: no rows"
  for n in 1 2 3 5; do
    rm -f results.h5
    ranks $n "$fake" $scenario . >ranks.csv 2>ranks.log ||
      fail "$scenario on $n ranks: $(cat ranks.log)"
    cmp alone.csv ranks.csv || fail "$scenario on $n ranks"
    [ "$(grep -c '^rank ' ranks.log)" = $n ] || fail "$n ranks: $(cat ranks.log)"
    ranks $n "$fake" $scenario . >again.csv 2>again.log ||
      fail "$scenario, complete, on $n ranks: $(cat again.log)"
    cmp ranks.csv again.csv || fail "$scenario, complete, on $n ranks"
  done
done

# Of two ranks each does between a third and two thirds.
rm -f results.h5
ranks 2 "$fake" decidable . >ranks.csv 2>ranks.log
awk '/^rank / {
  gsub(",", ""); tasks[$2] = $6; busy[$2] = $8; total += $6
} END {
  for (r in tasks) if (tasks[r] * 3 < total || busy[r] <= 0) exit 1
}' ranks.log || fail "uneven shares: $(cat ranks.log)"

# Two searches on five ranks ask several radii at once: the same rows sooner.
rm -f results.h5
timeout 60 "$fake" few . >alone.csv 2>alone.log
rm -f results.h5
ranks 5 "$fake" few . >ranks.csv 2>ranks.log || fail "few: $(cat ranks.log)"
cmp alone.csv ranks.csv || fail 'few: other tables'
cat alone.log ranks.log | awk '/^end / { end[++n] = $2 }
  END { exit !(end[2] < 0.75 * end[1]) }' ||
  fail "few: $(grep '^end ' alone.log ranks.log)"

# Four queries of six seconds come last: without subproblems the third rank would
# idle for half of its time. Busy time of subproblems does not add up to more.
rm -f results.h5
timeout 60 "$fake" tail . >alone.csv 2>alone.log
rm -f results.h5
ranks 3 "$fake" tail . >ranks.csv 2>ranks.log || fail "tail: $(cat ranks.log)"
cmp alone.csv ranks.csv || fail 'tail: other tables'
awk '/^end / { exit !($6 >= 2 && $4 > 0.7 * 3 * $2) }' ranks.log ||
  fail "tail: $(grep '^end ' alone.log ranks.log)"

# A job that cannot be run: one line, the same exit status, nobody waits.
[ "$(status ranks 3 "$fake" missing .)" = 2 ] || fail "missing: $(cat err)"
[ "$(grep -c '^fake_cluster: ' err)" = 1 ] || fail "missing: $(cat err)"
grep -q "found 100" err || fail "missing: $(cat err)"

# An engine that does not start on one rank.
rm -f results.h5
export FAKE_FAILS_ON=2
[ "$(status ranks 3 "$fake" decidable .)" = 2 ] || fail "start: $(cat err)"
grep -q 'rank 2 cannot start: out of memory' err || fail "start: $(cat err)"
