#!/usr/bin/env bash
# Submits a Rampart job file to SLURM, as one job or as an array over shards of its
# samples, followed by a merge and optionally a report.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: slurm/submit.sh JOB [OPTION]... [-- SBATCH-OPTION...]

Submit a Rampart job file (see jobs/) to SLURM and print every command that does it.
The job runs as it is now: its variables and paths are expanded (rampart job) and
kept in RESULTS.job-HASH.yaml.

Size of the job:
  --ntasks N             MPI ranks (4)
  --threads N            cores and OpenMP threads per rank (1)
  --nodes N              nodes; SLURM chooses if not given
  --mem-per-cpu SIZE     memory per core, such as 2G (the site's default)
  --time TIME            wall time, such as 30:00 or 1-00:00:00; 0: no limit
                         but the partition's (1:00:00)
  --partition NAME       partition (the site's default)
  --account NAME         account (the site's default)
  --launcher NAME        srun (PMIx) or mpirun (srun)
Until it is done:
  --warn SECONDS         stop the ranks this long before the time is over, so
                         that they write everything and the job is requeued;
                         0: let the time run out (60)
  --restarts N           how often the job may be requeued (20)
  --relaunches N         how often the ranks may be started again in an
                         allocation after one of them died (5)
  --fresh                compute everything anew; otherwise an unfinished run
                         continues, and a finished one is left unchanged
  --retry                ask again what was left unknown
Many jobs:
  --shards N             an array of N jobs of this size, one for each shard of
                         the samples, and a job that merges their results
  --only LIST            submit only these shards, such as 3,5-7, and merge
  --shard I/N            one job for the I-th of N shards, and no merge
  --report FILE          finally write the report FILE (HTML)
Names:
  --network NAME         the network to ask about, of a job about several: each
                         is submitted by itself
  --results FILE         results file (the job's output, else results/NAME.h5;
                         with --shard, I-of-N is added to the name)
  --log FILE             log file, with sbatch's fields such as %j
                         (NAME.JOBID.log)
  --name NAME            name in the queue (the job file's, without .yaml)
  --rampart FILE         the program (build/bin/rampart, else the one in PATH)
  --dry-run              print the commands, submit nothing
  --help                 print this text

Options after -- go to the sbatch of the job itself as they are. Each command
is followed by SLURM's job number; the last line is the number of the last job.
Exit status: 2 for a wrong command line or a missing file, else sbatch's.
TEXT
}

# shellcheck source=slurm/options.sh
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/options.sh"
ntasks=4 threads=1 nodes='' memory='' time=1:00:00 partition='' account=''
launcher=srun warn=60 restarts=20 relaunches=5 shards='' only='' report=''
shard='' network='' results='' log='' name='' begin=resume dry_run=false

take() { # OPTION [VALUE]
  case $1 in
  --dry-run) dry_run=true ;;
  --fresh | --retry) begin=${1#--} ;;
  --ntasks) ntasks=$2 ;;
  --threads) threads=$2 ;;
  --nodes) nodes=$2 ;;
  --mem-per-cpu) memory=$2 ;;
  --time) time=$2 ;;
  --partition) partition=$2 ;;
  --account) account=$2 ;;
  --launcher) launcher=$2 ;;
  --warn) warn=$2 ;;
  --restarts) restarts=$2 ;;
  --relaunches) relaunches=$2 ;;
  --shards) shards=$2 ;;
  --only) only=$2 ;;
  --shard) shard=$2 ;;
  --report) report=$2 ;;
  --network) network=$2 ;;
  --results) results=$2 ;;
  --log) log=$(path_of "$2") ;;
  --name) name=$2 ;;
  --rampart) rampart=$(path_of "$2") ;;
  *) fail "unknown option '$1'; see --help" ;;
  esac
}
read_command_line '--dry-run --fresh --retry' "$@"

# ---- All checks are made before a job waits for hours.

# Convert M, M:S, H:M:S, D-H, D-H:M, D-H:M:S to seconds; nothing for an unlimited
# time, also written as 0.
seconds_of() { # TIME
  local days=0 clock=$1 part
  local -i h m s
  case ${1,,} in unlimited | infinite) return ;; esac
  [[ $1 =~ ^([0-9]+-)?[0-9]+(:[0-9]+){0,2}$ ]] ||
    fail "--time: expected minutes, H:M:S or D-H:M:S, found '$1'"
  [ "${1%-*}" = "$1" ] || { days=${1%-*} && clock=${1#*-}; }
  IFS=: read -ra part <<<"$clock"
  if [ "$clock" != "$1" ] || [ ${#part[@]} = 3 ]; then
    h=10#${part[0]} m=10#${part[1]:-0} s=10#${part[2]:-0}
  else
    h=0 m=10#${part[0]} s=10#${part[1]:-0}
  fi
  s=$((((10#$days * 24 + h) * 60 + m) * 60 + s))
  [ $s = 0 ] || echo $s
}

# The results file of a shard, as rampart run --shard names it.
results_of_shard() { # FILE I N
  local stem=${1%.h5}
  printf '%s\n' "$stem.$2-of-$3${1#"$stem"}"
}

check_job_and_program
need_whole --ntasks ntasks 1
need_whole --threads threads 1
need_whole --warn warn 0
need_whole --restarts restarts 0
need_whole --relaunches relaunches 0
[ -z "$nodes" ] || need_whole --nodes nodes 1
[ -z "$shards" ] || need_whole --shards shards 1
case $launcher in
srun | mpirun) ;;
*) fail "--launcher: expected srun or mpirun, found '$launcher'" ;;
esac
seconds=$(seconds_of "$time")
[ -z "$seconds" ] || [ "$warn" -lt "$seconds" ] ||
  fail "--warn: $warn s before the end of $seconds s leaves no time to work"
if [ -n "$shard" ]; then
  [ -z "$shards" ] || fail '--shard and --shards cannot be combined'
  [[ $shard =~ ^([0-9]{1,9})/([0-9]{1,9})$ ]] ||
    fail "--shard: expected a part such as 1/4, found '$shard'"
  i=$((10#${BASH_REMATCH[1]})) n=$((10#${BASH_REMATCH[2]}))
  if [ $i -lt 1 ] || [ $i -gt $n ]; then
    fail "--shard: expected a part from 1 to $n, found '$shard'"
  fi
  shard=$i/$n
fi
if [ -n "$only" ]; then
  [ -n "$shards" ] || fail '--only: needs --shards'
  [[ $only =~ ^[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*$ ]] ||
    fail "--only: expected shards such as 3,5-7, found '$only'"
  while [[ $only =~ (^|[,-])0+([0-9]) ]]; do
    only=${only/"${BASH_REMATCH[0]}"/"${BASH_REMATCH[1]}${BASH_REMATCH[2]}"}
  done
  for part in ${only//[,-]/ }; do
    if [ "$part" -lt 1 ] || [ "$part" -gt "$shards" ]; then
      fail "--only: expected shards from 1 to $shards, found $part"
    fi
  done
fi

base=$(name_of_job)
name=${name:-$base}
name=${name//[[:cntrl:]]/_}
expand_job
instances=$("$rampart" job --get instances -- "$job") || exit 2
if [ -n "$instances" ]; then # as rampart run would refuse it, hours later
  [ -z "$shards" ] || fail '--shards: has no meaning for a job with instances'
  [ -z "$shard" ] || fail '--shard: has no meaning for a job with instances'
  [ -z "$network" ] || fail '--network: has no meaning for a job with instances'
  [ -z "$report" ] || fail '--report: has no meaning for a job with instances'
  [ "$begin" != fresh ] || fail '--fresh: has no meaning for a job with instances'
fi
chosen=()
[ -z "$network" ] || chosen=("--name=$network")
names=$("$rampart" job --get name "${chosen[@]}" -- "$job") || exit 2
[[ $names != *$'\n'* ]] ||
  fail "the job is about several networks: --network NAME submits one of" $names
if [ -n "$results" ]; then
  results=$("$rampart" job --get output --output "$results" "${chosen[@]}" -- \
    "$job") || exit 2
else
  results=$("$rampart" job --get output "${chosen[@]}" -- "$job") || exit 2
  results=${results:-results/$base${network:+.$network}.h5}
  [ -z "$shard" ] ||
    results=$(results_of_shard "$results" "$i" "$n")
fi
[ -d "$(dirname -- "$results")" ] || $dry_run || mkdir -p "$(dirname -- "$results")" ||
  fail "$(dirname -- "$results"): cannot be created"
results=$(realpath -m -- "$results")
[ -z "$report" ] || report=$(realpath -m -- "$(path_of "$report")")

# The copy lies beside the results under a name that depends on its content, so that a
# waiting job is not changed when another one is submitted.
hash=$(sha256sum <<<"$expanded")
job=${results%.h5}.job-${hash:0:12}.yaml
write_job() {
  local part
  part=$(mktemp "$job.XXXXXX") || return
  printf '%s\n' "$expanded" >"$part" && chmod 644 "$part" && mv "$part" "$job"
}
$dry_run || write_job || fail "$job: cannot be written"

# ---- The jobs.

submitted='' # SLURM's number of the job submitted last
submit() { # PLACEHOLDER COMMAND...: a number that a dry run does not know
  submitted=$1
  shift
  say_command "$@"
  $dry_run && return
  submitted=$("$@") || exit
  submitted=${submitted%%;*} # NUMBER;CLUSTER
  echo "$submitted"
}

logs=$(pattern_of "${name//\//_}")
site=() # what all jobs have in common
[ -z "$partition" ] || site+=("--partition=$partition")
[ -z "$account" ] || site+=("--account=$account")

command=(sbatch --parsable "--job-name=$name" "${site[@]}" "--ntasks=$ntasks"
  "--cpus-per-task=$threads" "--time=$time" --requeue --open-mode=append
  "--comment=$results") # by which rampart watch finds it in the queue
[ -z "$nodes" ] || command+=("--nodes=$nodes")
[ -z "$memory" ] || command+=("--mem-per-cpu=$memory")
# The signal goes only to the batch script, which passes it on to all ranks.
[ "$warn" = 0 ] || command+=("--signal=B:USR1@$warn")
if [ -n "$shards" ]; then
  command+=("--array=${only:-1-$shards}" "--output=${log:-$logs.%A_%a.log}")
else
  command+=("--output=${log:-$logs.%j.log}")
fi
command+=("${rest[@]}" "$here/batch.sh" --launcher "$launcher" --restarts "$restarts"
  --relaunches "$relaunches" --begin "$begin" --results "$results")
[ -z "$shards" ] || command+=(--shards "$shards")
[ -z "$shard" ] || shard="--shard=$shard"
submit JOB "${command[@]}" "$rampart" run "$job" "${chosen[@]}" ${shard:+"$shard"}

# The following steps are one process each, in the batch step itself.
submit_step() { # PLACEHOLDER DEPENDENCY NAME ARGUMENT...
  local place=$1 dependency=$2 step=$3
  shift 3
  submit "$place" sbatch --parsable "--job-name=$name.$step" "${site[@]}" \
    --ntasks=1 --time=30:00 "--output=$logs.$step.%j.log" \
    "--dependency=$dependency:$submitted" --kill-on-invalid-dep=yes \
    "$here/step.sh" "$rampart" "$@"
}

# afterany, not afterok, because shards with an unknown query end with status 3, and
# the merge says which failed shards are missing. The report needs the merge.
needed=afterany
if [ -n "$shards" ]; then
  parts=()
  for ((i = 1; i <= shards; i++)); do
    parts+=("$(results_of_shard "$results" "$i" "$shards")")
  done
  submit_step MERGE afterany merge merge "${parts[@]}" -o "$results"
  needed=afterok
fi
[ -z "$report" ] ||
  submit_step REPORT $needed report report "$results" -o "$report"
