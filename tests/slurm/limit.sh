#!/usr/bin/env bash
# The time limit of real jobs: one minute, SLURM's least. Nobody but SLURM signals
# them; it looks at limits every 30 s after its start.
# - A job, and one task of an array, are warned: they write everything, go back
#   to the queue and on from there to the end; by srun and by mpirun.
# - A job that may not go back ends with status 4; submitted again, it goes on.
# - A job without a warning, and of ranks that hear no signal, is killed at its
#   limit: it goes back all the same.
# The tables are always those of an undisturbed run, times aside.
# shellcheck source=tests/slurm/cluster.sh
. "${RAMPART_SOURCE:?the source folder}/tests/slurm/cluster.sh"
cluster_or_skip
cluster_up 6 2

for name in warned array barred killed alone; do radii_job $name 100-249; done
cat >deaf <<TEXT
#!/bin/sh
exec env --block-signal=TERM --block-signal=USR1 "$RAMPART" "\$@"
TEXT
chmod +x deaf

# Submits NAME.yaml, waits for some answers and stops the ranks of what has
# that TEXT in its command line, or they would be done long before the limit. The
# warning comes at the first look after 15 s: time to start on a busy machine.
declare -A job ranks
submit_and_stop() { # NAME RANKS TEXT OPTION...
  local name=$1
  "$RAMPART_SOURCE/slurm/submit.sh" --rampart "$RAMPART" "$name.yaml" --time 1:00 \
    --warn 15 --log "$name.log" "${@:4}" >out
  job[$name]=$(grep -xm 1 '[0-9]*' out)
  ranks[$name]=$(cluster_ranks "$2" "$3")
  cluster_answers "${results:-$name.h5}" 3
  # shellcheck disable=SC2086 # numbers
  kill -STOP ${ranks[$name]}
}
says() { grep -q -e "$2" "$1.log" || fail "does not say '$2': $(cat "$1.log")"; }
await() { # NAME TEXT SECONDS
  local until=$((SECONDS + $3))
  until grep -qs -e "$2" "$1.log"; do
    [ "$SECONDS" -lt $until ] || fail "no '$2': $(cat "$1.log")"
    sleep 0.1
  done
}
was_written() { # RESULTS LINES: everything, up to where it was stopped
  radii_table "$1" >part.csv
  [ "$(wc -l <part.csv)" = "$2" ] || fail "$1 is not written: $(cat part.csv)"
  grep -q interrupted part.csv || fail "$1 was stopped too late"
}
ends_as() { # NAME STATE
  local state
  state=$(cluster_wait "${job[$1]}" 90) || true
  [ "$state" = "$2" ] || fail "$1: $state, not $2: $(cat "$1.log")"
}
is_complete() { # NAME
  radii_table "$1.h5" >"$1.csv"
  diff alone.csv "$1.csv" >&2 || fail "$1: other answers"
  [ ! -e "$1.h5.journal" ] || fail "$1: the journal is still there"
}

submit_and_stop warned 4 warned.job- --ntasks 4 --nodes 2
results=array.1-of-2.h5 submit_and_stop array 2 --shard.1/2 --ntasks 2 \
  --shards 2 --launcher mpirun
merge=$(tail -n 1 out)
submit_and_stop barred 1 barred.job- --ntasks 1 --restarts 0
submit_and_stop killed 2 killed.job- --ntasks 2 --warn 0 --rampart ./deaf
scontrol update JobId="${job[killed]}" EndTime=now+1 # not in a minute
"$RAMPART" run --quiet --threads 1 alone.yaml
radii_table alone.h5 >alone.csv
[ "$(wc -l <alone.csv)" = 151 ] || fail "alone: $(cat alone.csv)"

for name in warned array barred; do
  await $name 'time is nearly over: asking the ranks to stop' 90
  # shellcheck disable=SC2086 # numbers
  kill -CONT ${ranks[$name]}
done
await killed 'time is over: waiting for the ranks' 60
# shellcheck disable=SC2086 # SLURM has woken them up
kill -STOP ${ranks[killed]} 2>/dev/null || true
cluster_requeued "${job[warned]}" 60
was_written warned.h5 151
cluster_requeued "${job[array]}_1" 60
was_written array.1-of-2.h5 76
cluster_requeued "${job[killed]}" 60
ends_as barred FAILED
was_written barred.h5 151
scontrol -o show job "${job[barred]}" | grep -q 'ExitCode=4:0' ||
  fail "no status 4: $(scontrol -o show job "${job[barred]}")"
says barred '--restarts 0'

"$RAMPART_SOURCE/slurm/submit.sh" --rampart "$RAMPART" barred.yaml --ntasks 2 \
  --log barred.log >out
job[barred]=$(tail -n 1 out)
for name in warned array barred killed; do
  ends_as $name COMPLETED
  says $name 'going on with [0-9]* answers'
done
says killed 'DUE TO TIME LIMIT'
for name in warned array killed; do says $name 'restarts so far: 1'; done
job[merge]=$merge
ends_as merge COMPLETED
for name in warned array barred killed; do is_complete $name; done
echo passed
