#!/usr/bin/env bash
# A question that kills its process unless it has a node's memory for itself, as
# the kernel and SLURM do for lack of memory:
# - with mpirun as it is, all ranks end; the next start asks it alone, at the end,
#   and decides it: the tables are those of an undisturbed run;
# - with mpirun --enable-recovery the run goes on without that rank, and decides it
#   at its second try;
# - a question that kills its process even then is given up after three deaths, and
#   all other rows are there.
# shellcheck source=tests/mpi/lib.sh
. "$RAMPART_SOURCE/tests/mpi/lib.sh"
fake=$1

timeout 100 "$fake" decidable . >alone.csv 2>/dev/null || fail 'undisturbed'
export FAKE_KILLER='7 6' FAKE_LOST_AFTER=2

# dies FOLDER RANKS: a start that ends with its ranks.
dies() {
  [ "$(status ranks "$2" "$fake" decidable "$1")" != 0 ] || fail "$1: no death"
  [ -s "$1/results.h5.journal" ] || fail "$1: no journal: $(cat err)"
  [ -s "$1/results.h5.running" ] || fail "$1: nobody was running"
}

# is_decided FOLDER: the last start ended with the right tables.
is_decided() {
  cmp alone.csv "$1.csv" || fail "$1: other tables: $(cat "$1.log")"
  [ ! -e "$1/results.h5.journal" ] || fail "$1: the journal is still there"
  [ ! -e "$1/results.h5.running" ] || fail "$1: notes are still there"
}

for count in 1 3; do
  mkdir "second$count"
  dies "second$count" $count
  ranks $count "$fake" decidable "second$count" >"second$count.csv" \
    2>"second$count.log" || fail "second try: $(cat "second$count.log")"
  is_decided "second$count"
done

mkdir recovered
timeout -k 5 120 mpirun --enable-recovery -n 3 "$fake" decidable recovered \
  >recovered.csv 2>recovered.log || echo "mpirun ended with status $?"
if grep -q 'rank [12] is given up' recovered.log; then
  is_decided recovered
else # rank 0 died itself
  echo 'rank 0 was the one: the next start decides it'
  ranks 3 "$fake" decidable recovered >recovered.csv 2>recovered.log ||
    fail "after rank 0: $(cat recovered.log)"
  is_decided recovered
fi

export FAKE_KILLS_ALWAYS=1
mkdir never
for _ in 1 2 3; do dies never 1; done
ranks 1 "$fake" decidable never >never.csv 2>never.log ||
  fail "the fourth start: $(cat never.log)"
grep -q 'given up for lack of memory' never.log || fail "$(cat never.log)"
diff alone.csv never.csv >changes || true
[ "$(grep -c '^>' changes)" = 1 ] || fail "other rows changed: $(cat changes)"
grep -q '^> 7,1,6,unknown,memory,' changes || fail "$(cat changes)"
