#!/usr/bin/env bash
# rampart-check in a batch job, by both launchers, says what it says alone; srun
# without MPI is an error.
# shellcheck source=tests/slurm/cluster.sh
. "${RAMPART_SOURCE:?the source folder}/tests/slurm/cluster.sh"
: "${RAMPART_CHECK:?the checker}"
cluster_or_skip
cluster_up 2 2
"$RAMPART" verify --quiet --network "$RAMPART_SOURCE/data/digits_net.h5" \
  --dataset "$RAMPART_SOURCE/data/digits.h5" --samples 0-99 --radius 1,4 \
  --evidence full --output good.h5
"$RAMPART_CHECK" good.h5 >alone

# check WAY STATE COMMAND: as a job of four tasks on two nodes.
check() {
  local job
  job=$(sbatch --parsable --nodes 2 --ntasks 4 --time 5:00 --output "$1.log" \
    --wrap "$3 $RAMPART_CHECK good.h5")
  [ "$(cluster_wait "$job" 120)" = "$2" ] || fail "$1: $(cat "$1.log")"
}
check srun COMPLETED 'srun --mpi=pmix'
grep -v '^srun\|^slurm' srun.log | cmp - alone || fail "srun: $(cat srun.log)"
check mpirun COMPLETED mpirun
cmp mpirun.log alone || fail "mpirun: $(cat mpirun.log)"
check lonely FAILED 'srun --mpi=none'
grep -q 'started several processes without MPI' lonely.log ||
  fail "srun without MPI: $(cat lonely.log)"
