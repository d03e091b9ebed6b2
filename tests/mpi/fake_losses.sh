#!/usr/bin/env bash
# Ranks that are killed, stopped, or left alone, under mpirun --enable-recovery:
# - one is killed: after a short silence its tasks go to the others, and the
#   tables are those of an undisturbed run;
# - one is stopped and wakes up later: it is given up, nothing it says counts;
# - one is killed that runs a subproblem of a query which was split: likewise;
# - rank 0 is killed, under slurm/keep-going.sh: it ends with all ranks, status 1,
#   and the next start goes on.
# What mpirun itself prints or returns after a death is of no account: it may
# complain about the lost process. The tables are what counts.
# shellcheck source=tests/mpi/lib.sh
. "$RAMPART_SOURCE/tests/mpi/lib.sh"
fake=$1
fake_name=$(basename "$fake")

timeout 100 "$fake" losses . >alone.csv 2>/dev/null &
alone=$!
mkdir split split_alone
timeout 120 "$fake" tail split_alone >split_alone.csv 2>/dev/null &
split_alone=$!
export FAKE_MARK=$PWD/under_way

# recover FOLDER SECONDS: starts three ranks, waits until they are under way;
# their numbers are in $ranks, rank 0 first.
recover() {
  mkdir -p "$1"
  export FAKE_LOST_AFTER=$2
  rm -f under_way
  timeout -k 5 150 mpirun --enable-recovery -n 3 "$fake" losses "$1" \
    >"$1.csv" 2>"$1.log" &
  started=$!
  await under_way "$1.log"
  mpirun=$(children 1 "$started" mpirun)
  mapfile -t ranks < <(children 3 "$mpirun" "$fake_name")
}

# is_complete FOLDER: the tables are there, and they are the right ones.
is_complete() {
  wait "$started" || echo "$1: mpirun ended with status $?: $(tail -n 3 "$1.log")"
  cmp alone.csv "$1.csv" || fail "$1: other tables: $(cat "$1.log")"
  [ ! -e "$1/results.h5.journal" ] || fail "$1: the journal is still there"
}

recover killed 5
kill -KILL "${ranks[2]}"
wait "$alone"
is_complete killed
grep -q 'rank 2 is given up after' killed.log ||
  fail "nobody was missed: $(cat killed.log)"
[ "$(grep -c '^rank ' killed.log)" = 2 ] || fail "counters: $(cat killed.log)"

recover stopped 2
kill -STOP "${ranks[1]}"
for ((i = 0; i < 600; i++)); do
  ! grep -q 'given up' stopped.log || break
  sleep 0.1
done
kill -CONT "${ranks[1]}"
is_complete stopped
grep -q 'rank 1 is given up after' stopped.log ||
  fail "nobody was missed: $(cat stopped.log)"

# under_keep_going SHELL_TOO: on ranks started by slurm/keep-going.sh rank 0 is
# killed; with `true`, so is what waits for it there, and knows its status.
under_keep_going() {
  local shell pids i st=0
  rm -f under_way
  FAKE_LOST_AFTER=1 timeout -k 5 150 "$RAMPART_SOURCE/slurm/keep-going.sh" \
    mpirun -n 3 -- "$fake" losses orphans >orphans.csv 2>orphans.log &
  started=$!
  await under_way orphans.log
  shell=$(pgrep -f "^bash .*keep-going.sh --rank $work/")
  pids=$(pgrep -P "$shell" "$fake_name")
  ! $1 || pids="$shell $pids"
  # shellcheck disable=SC2086 # numbers
  kill -KILL $pids
  wait "$started" || st=$?
  [ $st = 1 ] || fail "keep-going: status $st: $(cat orphans.log)"
  grep -q 'keep-going.sh: .*: start again' orphans.log ||
    fail "keep-going: nothing is said: $(cat orphans.log)"
  for ((i = 0; i < 300; i++)); do
    pgrep -f "^$fake losses orphans" >/dev/null || break
    sleep 0.1
  done
  [ $i -lt 300 ] || fail "keep-going: still running: $(cat orphans.log)"
  [ -s orphans/results.h5.journal ] || fail 'no journal'
}
mkdir orphans
under_keep_going false
grep -q 'rank 0 died (status 137)' orphans.log || fail "$(cat orphans.log)"
under_keep_going true
grep -q 'going on with' orphans.log || fail "from the start: $(cat orphans.log)"
ranks 3 "$fake" losses orphans >again.csv 2>again.log ||
  fail "again: $(cat again.log)"
grep -q 'going on with' again.log || fail "from the start: $(cat again.log)"
cmp alone.csv again.csv || fail 'again: other tables'
[ -z "$(find . -maxdepth 1 -name '.keep-going*')" ] || fail 'a file stayed'

rm -f subproblem
FAKE_LOST_AFTER=5 FAKE_SUBPROBLEM=$PWD/subproblem timeout -k 5 100 \
  mpirun --enable-recovery -n 3 "$fake" tail split >split.csv 2>split.log &
started=$!
await subproblem split.log
kill -KILL "$(cat subproblem)"
wait "$started" || true
wait "$split_alone"
cmp split_alone.csv split.csv || fail "split: other tables: $(cat split.log)"
grep -q 'is given up after' split.log || fail "split: $(cat split.log)"
