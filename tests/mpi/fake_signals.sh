#!/usr/bin/env bash
# A signal ends a run cleanly: running queries are cut short, every row is
# there, the results file can be read.
# shellcheck source=tests/mpi/lib.sh
. "$RAMPART_SOURCE/tests/mpi/lib.sh"
fake=$1
fake_name=$(basename "$fake")

export FAKE_MARK=$PWD/under_way
under_way() {
  await under_way log
  rm under_way
}

check() {
  [ "$(wc -l <rows.csv)" = 180 ] || fail "$1: $(wc -l <rows.csv) rows"
  grep -q ',unknown,interrupted,' rows.csv || fail "$1: nothing interrupted"
  grep -q ',tree,' rows.csv || fail "$1: nothing proved before"
  "$RAMPART" show --csv --table queries results.h5 >shown.csv
  [ "$(wc -l <shown.csv)" = 161 ] || fail "$1: file has $(wc -l <shown.csv)"
  "$RAMPART" show --csv --table radii results.h5 >shown.csv
  [ "$(wc -l <shown.csv)" = 21 ] || fail "$1: file has $(wc -l <shown.csv)"
  [ -s results.h5.journal ] || fail "$1: no journal"
  rm results.h5*
  rm -f under_way # of another rank
}

for signal in TERM INT USR1; do
  timeout -k 5 60 "$fake" slow . >rows.csv 2>log &
  pid=$!
  under_way
  kill -$signal "$(children 1 $pid "$fake_name")"
  wait $pid || fail "alone, $signal: status $?: $(cat log)"
  check "alone, $signal"
done

# mpirun passes USR1 on.
start 3 "$fake" slow . >rows.csv 2>log
under_way
kill -USR1 "$(children 1 "$started" mpirun)"
wait "$started" || fail "mpirun: status $?: $(cat log)"
check 'mpirun, USR1'

# One rank alone gets the signal, and it is not rank 0.
start 3 "$fake" slow . >rows.csv 2>log
under_way
kill -TERM "$(children 3 "$(children 1 "$started" mpirun)" "$fake_name" |
  tail -n 1)"
wait "$started" || fail "one rank: status $?: $(cat log)"
check 'one rank, TERM'

# mpirun kills its ranks a while after TERM: by default a second, which is time
# enough to write unless the host is overloaded.
export OMPI_MCA_odls_base_sigkill_timeout=10
start 3 "$fake" slow . >rows.csv 2>log
under_way
kill -TERM "$(children 1 "$started" mpirun)"
wait "$started" && fail 'mpirun, TERM: status 0'
check 'mpirun, TERM'
