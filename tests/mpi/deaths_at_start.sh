#!/usr/bin/env bash
# Ranks that die before the first task, under mpirun --enable-recovery: nobody can
# go on without them there, so the others wait as long as $RAMPART_START_WITHIN
# says, and end with one line. Killed are a rank before MPI starts, and a worker
# and rank 0 once it has. The next start is none the worse for it.
#   deaths_at_start.sh FAKE_CLUSTER
# shellcheck source=tests/mpi/lib.sh
. "$RAMPART_SOURCE/tests/mpi/lib.sh"
fake=$1
export RAMPART_START_WITHIN=8

cat >dies <<TEXT
#!/bin/sh
[ "\$OMPI_COMM_WORLD_RANK" != 1 ] || kill -KILL \$\$
exec "$fake" "\$@"
TEXT
chmod +x dies

recover() { # NAME PROGRAM: its number is in $started
  mkdir "$1"
  timeout -k 5 120 mpirun --enable-recovery -n 3 "$2" tiny "$1" >"$1.log" 2>&1 &
  started=$!
}
end_by_themselves() { # NAME NUMBER
  local st=0
  wait "$2" || st=$?
  [ $st != 124 ] || fail "$1: they wait for ever: $(cat "$1.log")"
  grep -q 'a rank does not answer; one may have died' "$1.log" ||
    fail "$1: nothing is said: $(cat "$1.log")"
  [ ! -e "$1/results.h5" ] || fail "$1: results of what?"
}

recover early ./dies
early=$started
FAKE_DIES=2 recover worker "$fake"
worker=$started
FAKE_DIES=0 recover first "$fake"
first=$started
mkdir alone
RAMPART_START_WITHIN=600 ranks 3 "$fake" tiny alone >alone.csv
end_by_themselves early $early
end_by_themselves worker $worker
end_by_themselves first $first
for name in early worker first; do
  RAMPART_START_WITHIN=60 ranks 3 "$fake" tiny $name >$name.csv
  cmp alone.csv $name.csv || fail "$name: other tables"
done

for wrong in 0 soon 5s; do
  [ "$(RAMPART_START_WITHIN=$wrong status ranks 1 "$fake" tiny alone)" = 2 ] ||
    fail "$wrong: $(cat err)"
  grep -q "RAMPART_START_WITHIN: .* found '$wrong'" err ||
    fail "$wrong: $(cat err)"
done
