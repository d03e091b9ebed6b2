# shellcheck shell=bash
# A private SLURM cluster of pretended nodes on this host, for tests; sourced.
#
#   cluster_or_skip                ends the test where there can be no cluster
#   cluster_up NODES CPUS          start it in a fresh folder, and go there;
#                                  exports SLURM_CONF
#   cluster_wait JOB SECONDS       until a job (or array) has ended; prints its
#                                  state, or the states of its tasks; jobs that
#                                  went back to the queue go on at once meanwhile
#   cluster_requeued JOB SECONDS   until a job is back in the queue
#   cluster_ranks COUNT TEXT       until so many processes with that text in
#                                  their command line can be asked to stop
#   cluster_gone PID...            until these processes have ended
#   cluster_kill_node NODE         all that runs on it, as if its power had failed
#   cluster_answers FILE NUMBER    until the journal of these results has so many
#                                  records more, not counting its head
#   radii_job NAME SAMPLES [LINE]  a job file with something to do
#   radii_table RESULTS            what it found
#
# Needs root (slurmd starts steps as the job's user). It has its own munge key
# and ports; a SLURM that the machine already runs is not touched. Every wait
# is bounded. Whatever becomes of the test, nothing of it stays: its own EXIT
# trap stops the daemons, and after a SIGKILL a guard does.
set -euo pipefail

: "${RAMPART:?the program}" "${RAMPART_SOURCE:?the source folder}"
RAMPART=$(realpath "$RAMPART")

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# Job NAME.yaml, results NAME.h5: searches, of a hundredth of a second in the mean.
radii_job() { # NAME SAMPLES [LINE]
  cat >"$1.yaml" <<TEXT
network: {file: "$RAMPART_SOURCE/data/digits_net.h5"}
dataset: {file: "$RAMPART_SOURCE/data/digits.h5"}
radius: {samples: $2}
output: $1.h5
${3:-}
TEXT
}
radii_table() { # RESULTS: without times
  "$RAMPART" show --csv --table radii "$1" | cut -d, -f1-6
}

cluster_or_skip() {
  local tool missing=()
  for tool in munged slurmctld slurmd sbatch srun scontrol mpirun pgrep; do
    command -v $tool >/dev/null || missing+=("$tool")
  done
  if [ ${#missing[@]} -gt 0 ]; then
    echo "skipped: needs ${missing[*]} (./quickstart --test installs them)"
    exit 77
  fi
  if [ "$(id -u)" != 0 ]; then
    echo 'skipped: needs root'
    exit 77
  fi
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
JobRequeue=1
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

cluster_start() { # NODES CPUS PORT
  local node k
  cluster_write_conf "$@" >slurm.conf
  slurmctld -c
  for ((node = 1; node <= $1; node++)); do
    mkdir -p "t$node/spool" "t$node/tmp"
    slurmd -N "t$node" || return
  done
  for ((k = 0; k < 200; k++)); do
    [ "$(timeout 5 sinfo -h -N -t idle -o %N 2>/dev/null | wc -l)" != "$1" ] ||
      return 0
    sleep 0.1
  done
  return 1
}

cluster_up() { # NODES CPUS
  local try
  cluster=$(mktemp -d)
  export SLURM_CONF=$cluster/slurm.conf
  # Else mpirun lingers for as long whenever a rank's status is not 0.
  export OMPI_MCA_odls_base_sigkill_timeout=2
  trap cluster_down EXIT
  cluster_guard
  chmod 755 "$cluster" # munge asks for it
  cd "$cluster"
  mkdir -m 755 munge state
  (umask 077 && head -c 64 /dev/urandom >munge/key)
  munged --key-file="$cluster/munge/key" --socket="$cluster/munge/socket" \
    --pid-file="$cluster/munge/pid" --log-file="$cluster/munge/log" \
    --seed-file="$cluster/munge/seed"
  echo 'CgroupPlugin=cgroup/v1' >cgroup.conf # unused, but asked for
  cluster_write_prolog >prolog
  chmod 755 prolog
  for try in 1 2 3; do # the ports may be taken
    ! cluster_start "$1" "$2" $((20000 + RANDOM % 600 * 20)) || return 0
    echo "The cluster did not come up (try $try):"
    tail -n 3 ./*.log t*/slurmd.log
    cluster_stop_daemons
  done
  fail 'no cluster'
}

# Of what `scontrol -o show job` prints, one line a job or task.
field() { # NAME LINE
  [[ $2 =~ (^| )$1=([^ ]*) ]] && echo "${BASH_REMATCH[2]}"
}

step_processes() { # JOB; another cluster may have one of that number
  local pid
  for pid in $(pgrep -f "^slurmstepd: \\[$1\\." || true); do
    ! grep -qsz "^SLURM_CONF=$cluster/" "/proc/$pid/environ" || echo "$pid"
  done
}

# Whether a job that is in the queue again still has processes of its last start.
# Those of PMIx may wait for ever for a node that has died: after five seconds they
# are killed, as SLURM itself does after UnkillableStepTimeout.
declare -A lingers_since
has_steps() { # JOB
  local pids
  mapfile -t pids < <(step_processes "$1")
  if [ ${#pids[@]} = 0 ]; then
    unset "lingers_since[$1]" # what its next start leaves has time of its own
    return 1
  fi
  : "${lingers_since[$1]:=$SECONDS}"
  if [ "$SECONDS" -gt $((lingers_since[$1] + 5)) ]; then
    kill -KILL "${pids[@]}" 2>/dev/null || true
    unset "lingers_since[$1]"
  fi
}

# SLURM lets jobs that were put back wait for two minutes, which has reasons:
# slurmd refuses one within the second in which it was ended, and its steps have
# the numbers of the old ones, which may still be about.
cluster_shorten_pauses() {
  local line id ids=()
  while read -r line; do
    [[ $line == *" JobState=PENDING Reason=BeginTime "* ]] || continue
    id=$(field JobId "$line")
    ! has_steps "$id" || continue
    # A step of the old number that was killed leaves this, and none could begin.
    rm -f "$cluster"/t*/spool/stepd.slurm.pmix."$id".*
    [[ $line != *" ArrayTaskId="* ]] ||
      id=$(field ArrayJobId "$line")_$(field ArrayTaskId "$line")
    ids+=("$id")
  done < <(scontrol -o show job)
  [ ${#ids[@]} != 0 ] || return 0
  sleep 1.2
  for id in "${ids[@]}"; do scontrol update JobId="$id" StartTime=now; done
}

cluster_wait() { # JOB SECONDS; sbatch --wait looks only every few seconds
  local line states until=$((SECONDS + $2))
  while [ "$SECONDS" -lt $until ]; do
    cluster_shorten_pauses
    states=$(scontrol -o show job "$1" |
      while read -r line; do field JobState "$line"; done |
      sort -u | tr '\n' ' ')
    case $states in
    '' | *PENDING* | *RUNNING* | *COMPLETING* | *CONFIGURING* | *REQUEUE*)
      sleep 0.2
      ;;
    *) echo "${states% }" && return 0 ;;
    esac
  done
  echo "still $states"
  return 1
}

cluster_requeued() { # JOB SECONDS
  local now until=$((SECONDS + $2))
  while [ "$SECONDS" -lt $until ]; do
    now=$(scontrol -o show job "$1")
    ! grep -q ' JobState=PENDING .*Restarts=[1-9]' <<<"$now" || return 0
    sleep 0.2
  done
  fail "job $1 is not back in the queue: $now"
}

catches_usr1() { # PID
  local caught
  caught=$(awk '/^SigCgt/ { print $2 }' "/proc/$1/status" 2>/dev/null) || true
  ((16#${caught:-0} >> 9 & 1))
}

cluster_ranks() { # COUNT TEXT; prints their process ids
  local k pid pids
  for ((k = 0; k < 300; k++)); do
    pids=()
    for pid in $(pgrep -f "^$RAMPART run $cluster/.*$2" || true); do
      ! catches_usr1 "$pid" || pids+=("$pid")
    done
    if [ ${#pids[@]} = "$1" ]; then
      echo "${pids[@]}"
      return
    fi
    sleep 0.1
  done
  fail "no $1 ranks of $2, but ${#pids[@]}"
}

cluster_gone() { # PID...
  local k pid
  for pid in "$@"; do
    for ((k = 0; k < 300; k++)); do # or a zombie
      grep -qs '^State:.[^ZX]' "/proc/$pid/status" || continue 2
      sleep 0.1
    done
    fail "process $pid does not end"
  done
}

count_records() { # JOURNAL: its head, which comes first, is one of them
  local n
  n=$(grep -aos RPJR "$1" | wc -l) || true
  echo $((n > 1 ? n : 1))
}

cluster_answers() { # RESULTS NUMBER
  local k first now
  first=$(count_records "$1.journal")
  for ((k = 0; k < 600; k++)); do
    now=$(count_records "$1.journal")
    [ "$now" -lt $((first + $2)) ] || return 0
    sleep 0.05
  done
  fail "no answers: $1.journal has $now records, before $first"
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

cluster_stop_daemons() {
  local file
  for file in "$cluster"/t*/slurmd.pid; do cluster_stop "$file" slurmd; done
  cluster_stop "$cluster/slurmctld.pid" slurmctld
}

# Processes of the cluster that have a variable in their environment.
cluster_processes() { # VARIABLE=VALUE
  local env="/proc/[0-9]*/environ"
  # shellcheck disable=SC2086 # a pattern
  env --unset=SLURM_CONF grep -lsz "^SLURM_CONF=$cluster/" $env |
    xargs -r grep -lsz "^$1" | tr -dc '0-9\n'
}

# Its daemon and its steps' own processes first, so that none of them lives to
# report how the others end; then what these have started.
cluster_kill_node() { # NODE
  local pid steps=() pids
  for pid in $(pgrep -f '^slurmstepd: ' || true); do
    [ "$(readlink "/proc/$pid/cwd")" != "$cluster/$1" ] || steps+=("$pid")
  done
  mapfile -t pids < <(cluster_processes "SLURMD_NODENAME=$1\$")
  kill -KILL "$(cat "$1/slurmd.pid")" "${steps[@]}" "${pids[@]}" 2>/dev/null ||
    true
}

# Steps and their ranks that outlive the daemons, known by their environment.
cluster_kill_steps() {
  local pids
  mapfile -t pids < <(cluster_processes SLURM_CONF)
  [ ${#pids[@]} = 0 ] || kill -KILL "${pids[@]}" 2>/dev/null
}

cluster_down() {
  local status=$? k
  set +e
  timeout 10 scancel --user="$(id -un)" 2>/dev/null
  for ((k = 0; k < 50; k++)); do
    [ -n "$(timeout 5 squeue -h 2>/dev/null)" ] || break
    sleep 0.1
  done
  cluster_stop_daemons
  cluster_stop "$cluster/munge/pid" munged
  cluster_kill_steps
  cd / && rm -rf "$cluster"
  return $status
}

# A test that takes too long is killed and cannot clean up: this one outlives it.
cluster_guard() {
  local test=$$
  (
    trap - EXIT
    cd / && exec </dev/null >/dev/null 2>&1
    # shellcheck disable=SC2016 # for the shell that is started
    setsid env --unset=SLURM_CONF bash -c '
      while kill -0 "$1" && [ -d "$2" ]; do sleep 1; done
      [ -d "$2" ] || exit 0
      . "$0"
      cluster=$2 SLURM_CONF=$2/slurm.conf
      export SLURM_CONF
      cluster_down' "$RAMPART_SOURCE/tests/slurm/cluster.sh" $test "$cluster" &
  )
}
