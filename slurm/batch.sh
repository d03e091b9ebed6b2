#!/usr/bin/env bash
# The batch script of a Rampart job, which slurm/submit.sh submits. It runs on the
# job's first node.
#
#   batch.sh --launcher srun|mpirun --restarts N --relaunches N
#            --begin resume|fresh|retry --results FILE [--shards N]
#            PROGRAM ARGUMENT...
#
# It starts one rank per task with the launcher and keeps the run going until it is
# done. Every start continues from the journal beside the results file:
# - on SLURM's warning that time is nearly over, the ranks are asked to stop;
#   the run ends with status 4, and the job goes back to the queue;
# - when time is over without a warning, or the warning was too late, the job is
#   requeued while SLURM waits for its processes to end;
# - when a rank dies, the launcher ends all others; they are started again in the
#   same allocation;
# - when one of its nodes does not answer, which SLURM itself notices minutes
#   later, or its nodes are wanted for another job, it goes back to the queue.
# The numbers of these are limited, and they end early when they are useless: when no
# query ended or got on in a whole allocation, or in two consecutive starts. Bad input (status
# 2) is final, and so is a complete run, which leaves no journal. The status alone
# is not enough: srun may end with 0 when it could not start the ranks.
warned=false ended=false put_back=false pid=''
count=${SLURM_RESTART_COUNT:-0} results='' recorded_first=0
trap 'on_warning' USR1
trap 'on_end' TERM
set -euo pipefail

say() { printf 'slurm/batch.sh: %s\n' "$*"; }

on_warning() {
  warned=true
  say 'time is nearly over: asking the ranks to stop'
  [ -z "$pid" ] || kill -USR1 "$pid" 2>/dev/null || true
}

# SLURM signals the ranks itself, so this script only waits for them. It makes its
# requests to SLURM at once, because there may be no time later.
on_end() {
  ! $put_back || return 0
  ended=true
  if [ "$(field Reason)" = TimeLimit ]; then
    say 'time is over: waiting for the ranks'
    out_of_time
  elif [ "0$(field Restarts)" -gt "$count" ]; then
    put_back=true
    say 'SLURM takes this job back into the queue: waiting for the ranks'
  else
    say 'cancelled: waiting for the ranks'
  fi
}

shards=''
while [ $# -gt 0 ]; do
  case $1 in
  --launcher) launcher=$2 ;;
  --restarts) restarts=$2 ;;
  --relaunches) relaunches=$2 ;;
  --begin) begin=$2 ;;
  --results) results=$2 ;;
  --shards) shards=$2 ;;
  *) break ;;
  esac
  shift 2
done

id=$SLURM_JOB_ID # of an array, the number of its last task is that of them all
if [ -n "$shards" ]; then
  id=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
  stem=${results%.h5} # as rampart run --shard names it
  results=$stem.$SLURM_ARRAY_TASK_ID-of-$shards${results#"$stem"}
  set -- "$@" --shard "$SLURM_ARRAY_TASK_ID/$shards"
fi
[ "$count" = 0 ] || begin=resume
cpus=${SLURM_CPUS_PER_TASK:-1}
# The number of threads requested from SLURM overrides `threads` of the job file.
set -- "$@" --output "$results" --threads "$cpus"
export OMP_NUM_THREADS=$cpus
export OMPI_MCA_mpi_yield_when_idle=${OMPI_MCA_mpi_yield_when_idle:-1}
# Seconds from SIGTERM to SIGKILL for ranks of mpirun, time to write; mpirun
# always waits that long when a rank ends with another status than 0.
export OMPI_MCA_odls_base_sigkill_timeout=${OMPI_MCA_odls_base_sigkill_timeout:-5}
case $launcher in
srun)
  # Since 22.05 a step does not inherit the job's --cpus-per-task. And a rank
  # that dies on another node than rank 0 would leave the others waiting.
  command=(srun --mpi=pmix --kill-on-bad-exit=1 "--ntasks=$SLURM_NTASKS"
    "--cpus-per-task=$cpus" "$@")
  ;;
mpirun) command=(mpirun -n "$SLURM_NTASKS" --bind-to none "$@") ;;
*)
  say "unknown launcher '$launcher'"
  exit 2
  ;;
esac

# An identifier of the results file, which changes whenever they are written.
inode() { stat -c %i "$results" 2>/dev/null || true; }
is_complete() { [ ! -e "$results.journal" ] && [ "$(inode)" != "$stale" ]; }
# The bytes that the journal has had so far: what does not count any more is
# dropped from it, and it says how much that was.
recorded() {
  local size dropped
  size=$(stat -c %s "$results.journal" 2>/dev/null) || size=0
  dropped=$(grep -aos 'bytes dropped: [0-9]\{20\}' "$results.journal" |
    sed -n '$s/.*: 0*//p') || true
  echo $((size + ${dropped:-0}))
}

# What SLURM says about this job.
field() { # NAME
  scontrol -o show job "$id" 2>/dev/null | sed -n "s/.* $1=\([^ ]*\).*/\1/p"
}

# Whether a node died; SLURM marks it by a star when it did not respond.
a_node_is_silent() {
  sinfo --noheader --Node --nodes="$SLURM_JOB_NODELIST" --format=%T |
    grep -q -e '\*$' -e '^down'
}

# Before SLURM takes nodes away for a job with precedence, it may allow time, and
# signals only the ranks.
is_preempted() {
  case $(field PreemptTime) in '' | None) return 1 ;; esac
}

# Start the ranks and wait for their end; sets status. Not by `wait` alone: of
# one that a signal interrupts, bash 5.2 may lose the status.
run_ranks() { # OPTION
  status=0
  "${command[@]}" "$1" &
  pid=$!
  ! $warned || kill -USR1 "$pid" # came before there was anyone to tell
  while kill -0 "$pid" 2>/dev/null; do sleep 0.2 || true; done
  wait "$pid" || status=$?
  pid=''
}

stop() { # STATUS, which is of no account any more if the job was put back
  $put_back || say 'what was found is kept; submit the same job again to continue'
  exit "$1"
}
give_up() { # STATUS MESSAGE
  say "$2"
  stop "$1"
}

brought_something() { [ "$(recorded)" -gt "$recorded_first" ]; }

go_back() { # if it may
  if [ "$count" -ge "$restarts" ]; then
    say "back to the queue $count times already (--restarts $restarts)"
    return
  fi
  say "back to the queue: restart $((count + 1)) of $restarts"
  put_back=true
  scontrol requeue "$id" && return
  put_back=false
  say 'SLURM does not put this job back'
}

out_of_time() {
  if brought_something; then
    go_back
  else
    say 'no query ended or got on in this allocation: it needs a longer --time, or the job a smaller time_limit'
  fi
}

printf 'Job %s on %s: ranks: %s, cores per rank: %s, restarts so far: %s\n  ' "$id" \
  "$SLURM_JOB_NODELIST" "$SLURM_NTASKS" "$cpus" "$count"
LC_ALL=C printf '%q ' "${command[@]}" "--$begin"
printf '\n'

# A journal's own heading passes for an answer once; that costs one start more.
stale='' in_vain=0
if [ "$begin" = fresh ]; then stale=$(inode); else recorded_first=$(recorded); fi
recorded_before=$recorded_first
for ((launch = 0; ; launch++)); do
  run_ranks "--$begin"
  begin=resume
  [ "$status" != 2 ] || exit 2
  case $status in [013]) ! is_complete || exit "$status" ;; esac
  ! $ended || give_up "$status" "the ranks ended with status $status"
  if $warned; then
    out_of_time
    stop 4
  fi
  reason=''
  ! a_node_is_silent || reason='a node does not answer'
  ! is_preempted || reason='SLURM needs the nodes for another job'
  if [ -n "$reason" ]; then
    say "broke off (status $status): $reason"
    go_back
    stop "$status"
  fi
  case $status in
  0) status=1 ;; # but it is not
  4) give_up 4 'the ranks were told to stop, by someone else' ;;
  esac
  if [ "$(recorded)" -gt "$recorded_before" ]; then
    in_vain=0
  elif [ $((++in_vain)) -ge 2 ]; then
    say "broke off twice (status $status) before any query ended"
    ! brought_something || go_back # other nodes may do better
    stop "$status"
  fi
  recorded_before=$(recorded)
  [ "$launch" -lt "$relaunches" ] || give_up "$status" \
    "broke off (status $status); started anew $launch times (--relaunches $relaunches)"
  say "the run broke off (status $status): starting the ranks anew"
done
