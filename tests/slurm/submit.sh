#!/usr/bin/env bash
# slurm/submit on a cluster of four pretended nodes: both launchers, the same
# verdicts as one rank gives, the warning signal, and wrong command lines.
set -euo pipefail

: "${RAMPART:?the program}" "${RAMPART_SOURCE:?the source folder}"
# shellcheck source=tests/slurm/cluster.sh
. "$RAMPART_SOURCE/tests/slurm/cluster.sh"
submit=$RAMPART_SOURCE/slurm/submit
if ! cluster_is_installed; then
  echo 'skipped: needs slurmctld, slurmd, slurm-client and munge'
  exit 77
fi
if [ "$(id -u)" != 0 ]; then
  echo 'skipped: needs root'
  exit 77
fi

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

work=$(mktemp -d)
chmod 755 "$work" # munge asks for it
cd "$work"
# shellcheck disable=SC2317 # called by the trap
clean_up() {
  cluster_down
  rm -rf "$work"
}

# ---- Wrong command lines: one line, exit status 2, nothing submitted.
for wrong in '' '--job nowhere.yaml' '--nonsense 1' '--job' \
  "--job $RAMPART_SOURCE/jobs/quickstart.yaml --ntasks none" \
  "--job $RAMPART_SOURCE/jobs/quickstart.yaml --launcher ssh"; do
  status=0
  # shellcheck disable=SC2086 # words
  "$submit" --rampart "$RAMPART" $wrong >out 2>err || status=$?
  [ $status = 2 ] || fail "'$wrong' ended with $status"
  [ "$(wc -l <err)" = 1 ] || fail "'$wrong' printed: $(cat err)"
done
"$submit" --rampart "$RAMPART" --dry-run --ntasks=3 \
  --job "$RAMPART_SOURCE/jobs/quickstart.yaml" >out
grep -q -- 'sbatch .*--ntasks=3 .*quickstart.yaml' out || fail 'no command printed'

# ---- A small job, and its verdicts on one rank without SLURM.
cat >small.yaml <<TEXT
title: Twelve digits
network: {file: "$RAMPART_SOURCE/data/digits_net.h5"}
dataset: {file: "$RAMPART_SOURCE/data/digits.h5"}
verify:
  - {samples: 0-11, radii: [1, 4]}
output: small.h5
TEXT
"$RAMPART" run --quiet --output alone.h5 small.yaml
verdicts() { "$RAMPART" show --csv --table queries "$1" | cut -d, -f1-5; }
verdicts alone.h5 >alone.csv
[ "$(wc -l <alone.csv)" = 25 ] || fail "alone: $(wc -l <alone.csv) lines"

trap clean_up EXIT
cluster_up "$work/cluster" 4 2

for launcher in srun mpirun; do
  "$submit" --rampart "$RAMPART" --job small.yaml --ntasks 4 --nodes 2 \
    --launcher $launcher --results $launcher.h5 --log $launcher.log >out
  state=$(cluster_wait "$(tail -n 1 out)" 60) || true
  [ "$state" = COMPLETED ] || fail "$launcher: $state: $(cat $launcher.log)"
  verdicts $launcher.h5 >$launcher.csv
  cmp alone.csv $launcher.csv || fail "$launcher: other verdicts than alone"
done

# ---- The warning signal ends a long job early, with what it has.
cat >long.yaml <<TEXT
network: {file: "$RAMPART_SOURCE/data/digits_deep.h5"}
dataset: {file: "$RAMPART_SOURCE/data/digits.h5"}
radius: {samples: all}
options: {time_limit: 600}
output: long.h5
TEXT
# Both ranks have been started, and some time ago.
ranks_are_running() {
  local k count
  for ((k = 0; k < 200; k++)); do
    count=$(pgrep -fc "^$(realpath "$RAMPART") run $work/long.yaml") || true
    if [ "$count" = 2 ]; then
      sleep 2
      return 0
    fi
    sleep 0.1
  done
  return 1
}

for launcher in srun mpirun; do
  "$submit" --rampart "$RAMPART" --job long.yaml --ntasks 2 \
    --launcher $launcher --results $launcher-long.h5 --log long.log >out
  job=$(tail -n 1 out)
  ranks_are_running || fail "$launcher: no ranks: $(cat long.log)"
  scancel --batch --signal=USR1 "$job"
  state=$(cluster_wait "$job" 60) || true
  case $state in
  COMPLETED | FAILED) ;; # FAILED: undecided queries are not exit status 0
  *) fail "$launcher, signal: $state: $(cat long.log)" ;;
  esac
  grep -q 'Time is nearly over' long.log || fail "$launcher: no signal came"
  "$RAMPART" show --rows 1 $launcher-long.h5 >out ||
    fail "$launcher: no results: $(cat long.log)"
  rm long.log
done
echo passed
