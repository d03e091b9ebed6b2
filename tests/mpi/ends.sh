#!/usr/bin/env bash
# How a run ends that does not run to its end: unusable jobs on several ranks
# give one line and exit status 2, a signal gives exit status 4 and results that
# can be read. What a launcher reports as an abort is explained by one line.
# shellcheck source=tests/mpi/lib.sh
. "$RAMPART_SOURCE/tests/mpi/lib.sh"

write_job() { # NETWORK SAMPLES
  cat >job.yaml <<TEXT
network: {file: "$1"}
dataset: {file: "$RAMPART_SOURCE/data/digits.h5"}
radius: {samples: "$2", cap: 40}
options: {time_limit: 1000, attack_moves: 100000000}
output: results.h5
TEXT
}

refused() { # WHAT TEXT
  [ "$(status ranks 3 "$RAMPART" run --quiet job.yaml)" = 2 ] ||
    fail "$1: $(cat err)"
  [ "$(grep -c '^rampart' err)" = 1 ] || fail "$1: $(cat err)"
  grep -q "$2" err || fail "$1: $(cat err)"
  [ ! -e results.h5 ] || fail "$1: left a file"
}

write_job nowhere.h5 0-9
refused 'no network' nowhere.h5
write_job "$RAMPART_SOURCE/data/digits_net.h5" 0-1000
refused 'no such sample' 1000
echo 'radius: [' >job.yaml
refused 'no YAML' job.yaml
rm job.yaml
refused 'no job' job.yaml

# srun without MPI would start ranks that know nothing of each other.
write_job "$RAMPART_SOURCE/data/digits_net.h5" 0-9
st=0
SLURM_STEP_NUM_TASKS=4 timeout 20 "$RAMPART" run --quiet job.yaml 2>err || st=$?
[ $st = 2 ] || fail "srun without MPI: status $st"
grep -q -- '--mpi=pmix' err || fail "srun without MPI: $(cat err)"

# Undecided rows: exit status 3. Who started the program alone knows that.
ask=(verify --network "$RAMPART_SOURCE/data/digits_net.h5" --rows 0
  --dataset "$RAMPART_SOURCE/data/digits.h5" --samples 115,133 --radius 9
  --attack-moves 0 --node-limit 1)
explained="^rampart: finished with 2 of 2 rows undecided: exit status 3, "
for count in 1 2; do
  [ "$(status ranks $count "$RAMPART" "${ask[@]}")" = 3 ] || fail "$(cat err)"
  [ "$(grep -c "$explained" err)" = 1 ] || fail "$count ranks: $(cat err)"
done
[ "$(status "$RAMPART" "${ask[@]}")" = 3 ] || fail "$(cat err)"
[ ! -s err ] || fail "$(cat err)"

# 1000 searches that take hours: interrupted, all rows are there.
interrupted() {
  [ "$1" = 4 ] || fail "$2: status $1: $(cat log)"
  "$RAMPART" show --csv --table radii results.h5 >shown.csv
  [ "$(wc -l <shown.csv)" = 1001 ] || fail "$2: $(wc -l <shown.csv) rows"
  grep -q ',0,40,interrupted,' shown.csv || fail "$2: nothing interrupted"
  rm results.h5*
}

write_job "$RAMPART_SOURCE/data/digits_net.h5" all
timeout -k 5 60 "$RAMPART" run --quiet job.yaml >log 2>&1 &
pid=$!
handles_signals "$(children 1 $pid rampart)"
await results.h5.journal log
kill -TERM $pid # timeout passes it on
st=0
wait $pid || st=$?
interrupted $st alone

start 3 "$RAMPART" run --rows 0 job.yaml >log 2>&1
mpirun=$(children 1 "$started" mpirun)
for rank in $(children 3 "$mpirun" rampart); do handles_signals "$rank"; done
await results.h5.journal log
kill -USR1 "$mpirun"
st=0
wait "$started" || st=$?
grep -q '^rampart: stopped by a signal with [0-9]* of 1000 rows undecided' log ||
  fail "not explained: $(cat log)"
interrupted $st 'three ranks'
