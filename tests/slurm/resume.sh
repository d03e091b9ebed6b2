#!/usr/bin/env bash
# Nothing is lost on a cluster when a rank dies or the job is cancelled. Whatever
# came in between, the tables are those of an undisturbed run, times aside.
# shellcheck source=tests/slurm/cluster.sh
. "${RAMPART_SOURCE:?the source folder}/tests/slurm/cluster.sh"
cluster_or_skip
cluster_up 4 2

radii_job radii 100-299
"$RAMPART" run --quiet --threads 1 --output undisturbed.h5 radii.yaml
radii_table undisturbed.h5 >undisturbed.csv
[ "$(wc -l <undisturbed.csv)" = 201 ] || fail "undisturbed: $(cat undisturbed.csv)"

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

# By both launchers, of one run: a rank dies, and the others are started anew in
# the same allocation; cancelled, all is written. Submitted once more it goes on
# to the end.
for launcher in mpirun srun; do
  start_job $launcher
  read -ra ranks < <(cluster_ranks 4 radii.job-)
  cluster_answers radii.h5 3
  kill -KILL "${ranks[RANDOM % 4]}"
  cluster_gone "${ranks[@]}"
  cluster_ranks 4 radii.job- >/dev/null
  cluster_answers radii.h5 3
  scancel "$job"
  ends_as CANCELLED
  says 'broke off (status 137): starting the ranks anew'
  says 'going on with [0-9]* answers'
  says 'cancelled: waiting for the ranks'
  radii_table radii.h5 >radii.csv
  [ "$(wc -l <radii.csv)" = 201 ] || fail "cancelled: $(cat radii.csv)"
  grep -q interrupted radii.csv || fail 'cancelled too late'
done
start_job srun
ends_as COMPLETED
says 'going on with [0-9]* answers'
radii_table radii.h5 >radii.csv
diff undisturbed.csv radii.csv >&2 || fail 'other answers'
[ ! -e radii.h5.journal ] || fail 'the journal is still there'
echo passed
