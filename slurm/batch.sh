#!/usr/bin/env bash
# What a Rampart job runs on its first node; submitted by slurm/submit.
#   batch.sh srun|mpirun PROGRAM ARGUMENT...
# Starts one rank a task with the launcher, prints the exact command, and hands
# SLURM's warning signal on to all ranks, which then write what they have.
set -euo pipefail

launcher=$1
shift
cpus=${SLURM_CPUS_PER_TASK:-1}
export OMP_NUM_THREADS=$cpus
export OMPI_MCA_mpi_yield_when_idle=${OMPI_MCA_mpi_yield_when_idle:-1}

# The job file's own `threads` gives way to what was asked of SLURM.
command=("$@" --threads "$cpus")
case $launcher in
srun)
  # Since 22.05 a step does not inherit the job's --cpus-per-task.
  command=(srun --mpi=pmix "--ntasks=$SLURM_NTASKS" "--cpus-per-task=$cpus"
    "${command[@]}")
  ;;
mpirun)
  command=(mpirun -n "$SLURM_NTASKS" --bind-to none "${command[@]}")
  ;;
*)
  printf "batch.sh: unknown launcher '%s'\n" "$launcher" >&2
  exit 2
  ;;
esac

printf 'Job %s on %s, %s ranks of %s cores:\n  ' "$SLURM_JOB_ID" \
  "$SLURM_JOB_NODELIST" "$SLURM_NTASKS" "$cpus"
printf '%q ' "${command[@]}"
printf '\n'

# shellcheck disable=SC2317 # called by the trap
warn_ranks() {
  printf 'Time is nearly over: asking the ranks to stop.\n'
  if [ "$launcher" = srun ]; then
    scancel --signal=USR1 "$SLURM_JOB_ID.0"
  else
    kill -USR1 "$pid" # mpirun passes it to all ranks
  fi
}

"${command[@]}" &
pid=$!
trap warn_ranks USR1

# A signal ends `wait` early: wait until the launcher itself has ended.
while kill -0 "$pid" 2>/dev/null; do wait "$pid" || true; done
status=0
wait "$pid" || status=$?
exit "$status"
