# shellcheck shell=bash
# A private SLURM cluster of pretended nodes on this host, for tests; sourced.
#
#   cluster_up FOLDER NODES CPUS   start it; exports SLURM_CONF
#   cluster_wait JOB SECONDS       until a job has ended; prints its state
#   cluster_down                   stop what cluster_up started, by process id
#
# Needs root (slurmd starts steps as the job's user). It has its own munge key
# and ports; a SLURM that the machine already runs is not touched. Every wait
# is bounded.

cluster_is_installed() {
  local tool
  for tool in munged slurmctld slurmd sbatch srun scontrol; do
    command -v $tool >/dev/null || return 1
  done
}

cluster_write_conf() { # NODES CPUS PORT
  local user host node
  user=$(id -un) host=$(hostname)
  cat <<TEXT
ClusterName=rampart-test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$3
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$cluster/munge/socket
CredType=cred/munge
MpiDefault=pmix
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=100000
SwitchType=switch/none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=5
MessageTimeout=10
StateSaveLocation=$cluster/state
SlurmdSpoolDir=$cluster/%n/spool
SlurmctldPidFile=$cluster/slurmctld.pid
SlurmdPidFile=$cluster/%n/slurmd.pid
SlurmctldLogFile=$cluster/slurmctld.log
SlurmdLogFile=$cluster/%n/slurmd.log
TmpFS=$cluster/%n/tmp
TaskProlog=$cluster/prolog
TEXT
  for ((node = 1; node <= $1; node++)); do
    echo "NodeName=t$node NodeHostname=$host NodeAddr=127.0.0.1" \
      "Port=$(($3 + node)) CPUs=$2 State=UNKNOWN"
  done
  echo "PartitionName=test Nodes=ALL Default=YES MaxTime=INFINITE State=UP"
}

# Nodes of one host share /tmp and /dev/shm: a folder of its own for each, or
# the shared-memory files of Open MPI collide. In a step only: mpirun would
# take the batch script's to the other nodes.
cluster_write_prolog() {
  cat <<TEXT
#!/bin/sh
echo "export TMPDIR=$cluster/\$SLURMD_NODENAME/tmp"
if [ -n "\$SLURM_STEP_ID" ]; then
  echo "export OMPI_MCA_btl_vader_backing_directory=$cluster/\$SLURMD_NODENAME/tmp"
fi
TEXT
}

cluster_up() {
  local nodes=$2 cpus=$3 port=$((20000 + $$ % 20000)) node k
  cluster=$1
  mkdir -p "$cluster/munge" "$cluster/state"
  chmod 755 "$cluster" "$cluster/munge"
  (umask 077 && head -c 64 /dev/urandom >"$cluster/munge/key")
  munged --key-file="$cluster/munge/key" --socket="$cluster/munge/socket" \
    --pid-file="$cluster/munge/pid" --log-file="$cluster/munge/log" \
    --seed-file="$cluster/munge/seed"
  cluster_write_conf "$nodes" "$cpus" "$port" >"$cluster/slurm.conf"
  echo 'CgroupPlugin=cgroup/v1' >"$cluster/cgroup.conf" # unused, but asked for
  cluster_write_prolog >"$cluster/prolog"
  chmod 755 "$cluster/prolog"
  export SLURM_CONF=$cluster/slurm.conf
  slurmctld -c
  for ((node = 1; node <= nodes; node++)); do
    mkdir -p "$cluster/t$node/spool" "$cluster/t$node/tmp"
    slurmd -N "t$node"
  done
  for ((k = 0; k < 200; k++)); do
    [ "$(timeout 5 sinfo -h -N -t idle -o %N 2>/dev/null | wc -l)" != "$nodes" ] ||
      return 0
    sleep 0.1
  done
  echo 'The cluster did not come up:' >&2
  tail -n 3 "$cluster"/*.log "$cluster"/t*/slurmd.log >&2
  return 1
}

cluster_wait() { # sbatch --wait looks only every few seconds
  local k state
  for ((k = 0; k < 5 * $2; k++)); do
    state=$(scontrol -o show job "$1" | grep -o ' JobState=[A-Z_]*')
    state=${state#*=}
    case $state in
    PENDING | RUNNING | COMPLETING | CONFIGURING) sleep 0.2 ;;
    *) echo "$state" && return 0 ;;
    esac
  done
  echo "still $state"
  return 1
}

cluster_stop() { # PIDFILE NAME: end one daemon, if it is still that daemon
  local pid k
  pid=$(cat "$1" 2>/dev/null) || return 0
  case $(cat "/proc/$pid/comm" 2>/dev/null) in
  "$2"*) kill "$pid" ;;
  *) return 0 ;;
  esac
  for ((k = 0; k < 100; k++)); do
    grep -qs '^State:.[^ZX]' "/proc/$pid/status" || return 0 # or a zombie
    sleep 0.05
  done
  kill -KILL "$pid"
}

cluster_down() {
  local file
  timeout 10 scancel --user="$(id -un)" 2>/dev/null || true
  for ((k = 0; k < 50; k++)); do
    [ -n "$(timeout 5 squeue -h 2>/dev/null)" ] || break
    sleep 0.1
  done
  for file in "$cluster"/t*/slurmd.pid; do cluster_stop "$file" slurmd; done
  cluster_stop "$cluster/slurmctld.pid" slurmctld
  cluster_stop "$cluster/munge/pid" munged
}
