#!/usr/bin/env bash
# Runs a Rampart job on several numbers of ranks and compares the runs: on SLURM with
# one job for each number and a last one that compares, or here with mpirun.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: slurm/scaling.sh JOB --ranks LIST [OPTION]... [-- SBATCH-OPTION...]

Run a Rampart job file (see jobs/) on several numbers of ranks, compare the runs, and
print every command that does it. Results are FOLDER/ranks-N.h5; the
comparison is FOLDER/scaling.csv, scaling.svg and, as text, scaling.log.

  --ranks LIST           numbers of MPI ranks, such as 1,2,4,8
  --weak                 let the work grow with the ranks: the greatest number
                         of ranks decides the whole job, a fraction of it the
                         same fraction of the samples; it must be a multiple
                         of the others
  --output FOLDER        folder of the results (results/scaling-NAME)
  --threads N            cores and OpenMP threads per rank (1)
  --local                run here with mpirun, one after the other
  --rampart FILE         the program (build/bin/rampart, else the one in PATH)
  --dry-run              print the commands, do nothing
  --help                 print this text
On SLURM, for each of the runs (see slurm/submit.sh):
  --nodes N, --mem-per-cpu SIZE, --time TIME, --partition NAME,
  --account NAME, --launcher NAME

Options after -- go to sbatch as they are; --exclusive keeps other jobs from
disturbing the times. No run is continued or overwritten: files in the way are
an error. On SLURM the last line is the number of the comparing job. Exit
status: 2 for a wrong command line or a file in the way, 1 if a run or the
comparison failed.
TEXT
}

# shellcheck source=slurm/options.sh
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/options.sh"
ranks='' weak=false output='' threads=1 local=false dry_run=false
site=() # options of the comparing job and of the runs
size=() # options of the runs alone

take() { # OPTION [VALUE]
  case $1 in
  --dry-run) dry_run=true ;;
  --weak) weak=true ;;
  --local) local=true ;;
  --ranks) ranks=$2 ;;
  --output) output=$2 ;;
  --threads) threads=$2 ;;
  --rampart) rampart=$(path_of "$2") ;;
  --partition | --account) site+=("$1=$2") ;;
  --nodes | --mem-per-cpu | --time | --launcher) size+=("$1" "$2") ;;
  *) fail "unknown option '$1'; see --help" ;;
  esac
}
read_command_line '--dry-run --weak --local' "$@"

check_job_and_program
[[ $ranks =~ ^[1-9][0-9]{0,6}(,[1-9][0-9]{0,6})*$ ]] ||
  fail "--ranks: expected numbers such as 1,2,4, found '$ranks'"
need_whole --threads threads 1
mapfile -t counts < <(tr , '\n' <<<"$ranks" | sort -nu)
most=${counts[-1]}
if $weak; then
  for n in "${counts[@]}"; do
    [ $((most % n)) = 0 ] || fail "--weak: $most is not a multiple of $n"
  done
fi
name=$(name_of_job)
output=$(path_of "${output:-results/scaling-$name}")
files=()
for n in "${counts[@]}"; do files+=("$output/ranks-$n.h5"); done
for file in "${files[@]}" "$output"/scaling.{csv,svg,log}; do
  for taken in "$file" "$file.journal"; do
    [ ! -e "$taken" ] ||
      fail "$taken: exists; remove it, or name another folder by --output"
  done
done
$dry_run || mkdir -p "$output" || fail "$output: cannot be created"

# The part of the job that N ranks decide in a weak sweep.
part() { # N: in $shard
  shard=()
  ! $weak || shard=(--shard "1/$((most / $1))")
}
compare=("$rampart" scaling)
! $weak || compare+=(--weak)
compare+=("${files[@]}" -o "$output/scaling.csv" --plot "$output/scaling.svg")

# ---- Here.

if $local; then
  export OMPI_MCA_mpi_yield_when_idle=${OMPI_MCA_mpi_yield_when_idle:-1}
  for n in "${counts[@]}"; do
    part "$n"
    command=(mpirun -n "$n" --oversubscribe --bind-to none "$rampart" run "$job"
      --threads "$threads" --quiet --output "$output/ranks-$n.h5"
      "${shard[@]}")
    say_command "${command[@]}"
    $dry_run && continue
    status=0
    "${command[@]}" || status=$?
    # 3: some queries are unknown, which the comparison says, too.
    [ $status = 0 ] || [ $status = 3 ] || exit 1
  done
  say_command "${compare[@]}"
  $dry_run || "${compare[@]}" | tee "$output/scaling.log" || exit 1
  exit 0
fi

# ---- On SLURM.

numbers='' place=''
for n in "${counts[@]}"; do
  part "$n"
  command=("$here/submit.sh" "$job" --ntasks "$n" --threads "$threads"
    --restarts 0 --relaunches 0 --rampart "$rampart" --name "$name-$n"
    --results "$output/ranks-$n.h5" --log "$(pattern_of "$output/ranks-$n.log")"
    "${site[@]}" "${size[@]}" "${shard[@]}")
  ! $dry_run || command+=(--dry-run)
  said=$("${command[@]}" -- "${rest[@]}") || exit
  printf '%s\n' "$said"
  place=RUN-$n
  $dry_run || place=${said##*$'\n'}
  numbers+=:$place
done
# afterany, because runs with an unknown query end with status 3, and the comparison
# says which files of failed runs are missing.
command=(sbatch --parsable "--job-name=$name-scaling" "${site[@]}" --ntasks=1
  --time=30:00 "--output=$(pattern_of "$output/scaling.log")" "--dependency=afterany$numbers"
  "$here/step.sh" "${compare[@]}")
say_command "${command[@]}"
$dry_run || "${command[@]}"
