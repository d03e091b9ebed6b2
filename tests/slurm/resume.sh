#!/usr/bin/env bash
# Nothing is lost on a cluster: a dead rank, the time limit, scancel. Whatever
# came in between, the tables are those of an undisturbed run, times aside.
# shellcheck source=tests/slurm/cluster.sh
. "${RAMPART_SOURCE:?the source folder}/tests/slurm/cluster.sh"
cluster_or_skip
cluster_up 4 2

cat >radii.yaml <<TEXT
title: Many radii
network: {file: "$RAMPART_SOURCE/data/digits_net.h5"}
dataset: {file: "$RAMPART_SOURCE/data/digits.h5"}
radius: {samples: 100-249}
output: radii.h5
TEXT
table() { "$RAMPART" show --csv --table radii "$1" | cut -d, -f1-6; }
"$RAMPART" run --quiet --threads 1 --output undisturbed.h5 radii.yaml
table undisturbed.h5 >undisturbed.csv
[ "$(wc -l <undisturbed.csv)" = 151 ] || fail "undisturbed: $(cat undisturbed.csv)"

start_job() { # LAUNCHER OPTION...: sets job and log
  log=$1-$RANDOM.log
  "$RAMPART_SOURCE/slurm/submit.sh" --rampart "$RAMPART" radii.yaml \
    --ntasks 4 --nodes 2 --launcher "$1" --log "$log" "${@:2}" >out
  job=$(tail -n 1 out)
}
says() { grep -q -e "$1" "$log" || fail "does not say '$1': $(cat "$log")"; }
ends_as() { # STATE
  local state
  state=$(cluster_wait "$job" 60) || true
  [ "$state" = "$1" ] || fail "$state, not $1: $(cat "$log")"
}
is_complete() { # WHAT
  table radii.h5 >radii.csv
  diff undisturbed.csv radii.csv >&2 || fail "$1: other answers"
  [ ! -e radii.h5.journal ] || fail "$1: the journal is still there"
  rm radii.h5
}

for launcher in srun mpirun; do
  # A rank dies: the others are started anew in the same allocation. Then time
  # is nearly over: the job goes back to the queue, and on with what is left.
  start_job $launcher
  read -ra ranks < <(cluster_ranks 4 radii.yaml)
  cluster_answers radii.h5 500
  kill -KILL "${ranks[RANDOM % 4]}"
  cluster_gone "${ranks[@]}"
  cluster_ranks 4 radii.yaml >/dev/null
  cluster_answers radii.h5 500
  scancel --batch --signal=USR1 "$job"
  cluster_requeued "$job" 60
  ends_as COMPLETED
  says 'broke off (status 137): starting the ranks anew'
  says 'time is nearly over'
  says 'started 1 times before'
  is_complete $launcher
done

# Not more often than wanted; submitted again, it goes on. Cancelled, all is
# written, and submitted once more it goes on to the end.
start_job srun --restarts 0
cluster_ranks 4 radii.yaml >/dev/null
cluster_answers radii.h5 500
scancel --batch --signal=USR1 "$job"
ends_as FAILED
says '--restarts 0'
scontrol -o show job "$job" | grep -q 'ExitCode=4:0' ||
  fail "no status 4: $(scontrol -o show job "$job")"
for launcher in mpirun srun; do
  start_job $launcher
  cluster_ranks 4 radii.yaml >/dev/null
  cluster_answers radii.h5 500
  scancel "$job"
  ends_as CANCELLED
  table radii.h5 >radii.csv
  [ "$(wc -l <radii.csv)" = 151 ] || fail "cancelled: $(cat radii.csv)"
  grep -q interrupted radii.csv || fail 'cancelled too late'
done
start_job srun
ends_as COMPLETED
is_complete cancelled
echo passed
