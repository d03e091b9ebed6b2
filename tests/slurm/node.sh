#!/usr/bin/env bash
# Nodes that die: the processes of one end all at once, its slurmd with them. SLURM
# notices such a thing within SlurmdTimeout, minutes as a rule; the test marks the
# node as down instead.
# - The node of other ranks than rank 0, under srun, which does not notice: the run
#   ends complete without them. Put back by SLURM, the job finds it so.
# - The first node, that of the script itself: SLURM puts the job back.
# - Only the slurmd, and the ranks: the script starts these anew, finds that the
#   node does not answer, and puts the job back.
# The jobs put back go on with other nodes and end complete, the tables being those
# of an undisturbed run, times aside.
# shellcheck source=tests/slurm/cluster.sh
. "${RAMPART_SOURCE:?the source folder}/tests/slurm/cluster.sh"
cluster_or_skip
cluster_up 8 2

for name in survived first silent alone; do
  radii_job $name 100-249 'options: {lost_after: 4}'
done

declare -A job
start() { # NAME OPTION...: sets ranks
  "$RAMPART_SOURCE/slurm/submit.sh" --rampart "$RAMPART" "$1.yaml" --ntasks 4 \
    --nodes 2 --log "$1.log" "${@:2}" >out
  job[$1]=$(tail -n 1 out)
  read -ra ranks < <(cluster_ranks 4 "$1.job-")
  cluster_answers "$1.h5" 3
}
says() { grep -q -e "$2" "$1.log" || fail "$1 does not say '$2': $(cat "$1.log")"; }
await() { # NAME TEXT: in its log, within two minutes
  local until=$((SECONDS + 120))
  until grep -q -e "$2" "$1.log"; do
    [ "$SECONDS" -lt $until ] || fail "no '$2': $(cat "$1.log")"
    sleep 0.1
  done
}
node_is_down() { # NAME NODE: says SLURM; the job is in the queue again
  scontrol update NodeName="$2" State=DOWN Reason=test
  cluster_requeued "${job[$1]}" 120
}

start survived
cluster_kill_node t2
start first
cluster_kill_node t3
start silent
kill -KILL "$(cat t6/slurmd.pid)" "${ranks[@]}"
node_is_down first t3
"$RAMPART" run --quiet --threads 1 alone.yaml
radii_table alone.h5 >alone.csv
[ "$(wc -l <alone.csv)" = 151 ] || fail "alone: $(cat alone.csv)"
await silent 'back to the queue'
for ((k = 0; k < 300; k++)); do # until SLURM was asked, and agreed
  ! scontrol -o show job "${job[silent]}" | grep -q ' Restarts=1 ' || break
  sleep 0.1
done
cluster_kill_node t6 # what is left, or it would be waited for
node_is_down silent t6
await survived '^ranks of the last run: 2, busy'
node_is_down survived t2

for name in survived first silent; do
  state=$(cluster_wait "${job[$name]}" 180) || true
  [ "$state" = COMPLETED ] || fail "$name: $state: $(cat $name.log)"
  says $name 'restarts so far: 1'
  radii_table $name.h5 >$name.csv
  diff alone.csv $name.csv >&2 || fail "$name: other answers"
  [ ! -e $name.h5.journal ] || fail "$name: the journal is still there"
done
says survived 'rank [23] is given up after'
says survived 'SLURM takes this job back into the queue'
says survived 'already complete'
says silent 'a node does not answer\|broke off twice' # SLURM knew, or not yet
for name in first silent; do
  says $name 'going on with [0-9]* answers'
done
echo passed
