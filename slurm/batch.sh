#!/usr/bin/env bash
# What a Rampart job runs on its first node; submitted by slurm/submit.sh.
#
#   batch.sh --launcher srun|mpirun --restarts N --relaunches N
#            --begin resume|fresh|retry --results FILE [--shards N]
#            PROGRAM ARGUMENT...
#
# Starts one rank a task with the launcher, and keeps the run going until it is
# done. Every start continues from the journal beside the results file:
# - on SLURM's warning that time is nearly over, the ranks are asked to stop;
#   the run ends with status 4, and the job goes back to the queue;
# - when a rank dies, the launcher takes all others down with it; they are
#   started anew in the same allocation.
# Both are bounded, and end early when they bring nothing: when no query ended
# in a whole allocation, or in two starts one after the other. Bad input (status
# 2) is final, and a run that is complete: one that left no journal. The status
# alone does not tell: srun may end with 0 when it could not start the ranks.
warned=false cancelled=false pid=''
trap 'on_warning' USR1
trap 'on_cancel' TERM
set -euo pipefail

say() { printf 'slurm/batch.sh: %s\n' "$*"; }

on_warning() {
  warned=true
  say 'time is nearly over: asking the ranks to stop'
  [ -z "$pid" ] || kill -USR1 "$pid" 2>/dev/null || true
}

# SLURM signals the ranks itself; here it only has to be waited for.
on_cancel() {
  cancelled=true
  say 'told to end (cancelled, or out of time): waiting for the ranks'
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
  results=${results%.h5}.$SLURM_ARRAY_TASK_ID-of-$shards.h5
  set -- "$@" --shard "$SLURM_ARRAY_TASK_ID/$shards"
fi
[ "${SLURM_RESTART_COUNT:-0}" = 0 ] || begin=resume
cpus=${SLURM_CPUS_PER_TASK:-1}
# The job file's own `threads` gives way to what was asked of SLURM.
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

# The results as a file: another one whenever they are written.
inode() { stat -c %i "$results" 2>/dev/null || true; }
is_complete() { [ ! -e "$results.journal" ] && [ "$(inode)" != "$stale" ]; }
recorded() { stat -c %s "$results.journal" 2>/dev/null || echo 0; }

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

give_up() { # STATUS MESSAGE
  say "$2"
  say "what was found is kept; submit the same job again to continue"
  exit "$1"
}

back_to_the_queue() {
  local count=${SLURM_RESTART_COUNT:-0}
  [ "$(recorded)" -gt "$recorded_first" ] ||
    give_up 4 'no query ended in this allocation: it needs a longer --time, or the job a smaller time_limit'
  [ "$count" -lt "$restarts" ] ||
    give_up 4 "back to the queue $count times already (--restarts $restarts)"
  say "back to the queue, for the $((count + 1)). time of $restarts"
  scontrol requeue "$id" || give_up 4 'SLURM does not put this job back'
  exit 4 # of no account any more
}

printf 'Job %s on %s, %s ranks of %s cores, started %s times before:\n  ' "$id" \
  "$SLURM_JOB_NODELIST" "$SLURM_NTASKS" "$cpus" "${SLURM_RESTART_COUNT:-0}"
printf '%q ' "${command[@]}" "--$begin"
printf '\n'

# A journal's own heading passes for an answer once; that costs one start more.
stale='' recorded_first=0 in_vain=0
if [ "$begin" = fresh ]; then stale=$(inode); else recorded_first=$(recorded); fi
recorded_before=$recorded_first
for ((launch = 0; ; launch++)); do
  run_ranks "--$begin"
  begin=resume
  [ "$status" != 2 ] || exit 2
  case $status in [013]) ! is_complete || exit "$status" ;; esac
  ! $cancelled || give_up "$status" "the ranks ended with status $status"
  ! $warned || back_to_the_queue
  case $status in
  0) status=1 ;; # but it is not
  4) give_up 4 'the ranks were told to stop, by someone else' ;;
  esac
  if [ "$(recorded)" -gt "$recorded_before" ]; then
    in_vain=0
  elif [ $((++in_vain)) -ge 2 ]; then
    give_up "$status" "broke off twice (status $status) before any query ended"
  fi
  recorded_before=$(recorded)
  [ "$launch" -lt "$relaunches" ] || give_up "$status" \
    "broke off (status $status); started anew $launch times (--relaunches $relaunches)"
  say "the run broke off (status $status): starting the ranks anew"
done
