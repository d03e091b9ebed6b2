#!/usr/bin/env bash
# slurm/submit.sh on a cluster of four pretended nodes: wrong command lines,
# what it prints, both launchers, and the same verdicts as one rank gives.
# shellcheck source=tests/slurm/cluster.sh
. "${RAMPART_SOURCE:?the source folder}/tests/slurm/cluster.sh"
cluster_or_skip
cluster_up 4 2
submit=$RAMPART_SOURCE/slurm/submit.sh
quickstart=$RAMPART_SOURCE/jobs/quickstart.yaml

# ---- Wrong command lines: one line, exit status 2, nothing submitted.
# shellcheck disable=SC2016 # written as it is
sed 's/^output:.*/output: ${FOLDER}\/x.h5/' "$quickstart" >variable.yaml
printf 'instances: list.csv\noutput: answers\n' >list.yaml
for wrong in '' 'nowhere.yaml' '--nonsense 1' '--ntasks' "$quickstart again" \
  "$quickstart --ntasks none" "$quickstart --nodes 0" variable.yaml \
  "$quickstart --launcher ssh" "$quickstart --time soon" \
  "$quickstart --time 0:30" "$quickstart --only 2" \
  "$quickstart --shards 4 --only 3-5" "$quickstart --shard 5/4" \
  "$quickstart --shard 0/4" "$quickstart --results null" \
  "$quickstart --results=~nobody/x.h5" "$quickstart --shards 00" "$quickstart --rampart ./rampart" \
  'list.yaml --shards 2' 'list.yaml --shard 1/2' 'list.yaml --report x.html' \
  'list.yaml --fresh' 'list.yaml --network a'; do
  status=0
  # shellcheck disable=SC2086 # words
  "$submit" --rampart "$RAMPART" $wrong >out 2>err || status=$?
  [ $status = 2 ] || fail "'$wrong' ended with $status"
  [ "$(wc -l <err)" = 1 ] || fail "'$wrong' printed: $(cat err)"
  [ ! -s out ] || fail "'$wrong' printed: $(cat out)"
done
[ -z "$(squeue -h)" ] || fail "something was submitted: $(squeue)"
"$submit" --help >out
grep -q '^usage: slurm/submit.sh JOB' out || fail 'no help'

# ---- A dry run prints every command, and submits nothing.
prints() { # TEXT... one of the lines of a dry run has all of these words
  local text lines
  lines=$(cat out)
  for text in "$@"; do
    lines=$(grep -F -e "$text" <<<"$lines") || fail "no '$*' in: $(cat out)"
  done
}
"$submit" --rampart "$RAMPART" "$quickstart" --dry-run --ntasks=3 --threads 2 \
  --nodes 3 --time 1-2 --partition test --warn 100 -- --exclusive >out
prints 'sbatch --parsable ' ' --ntasks=3 ' ' --cpus-per-task=2 ' ' --nodes=3 ' \
  ' --time=1-2 ' ' --partition=test ' ' --signal=B:USR1@100 ' ' --exclusive ' \
  "/slurm/batch.sh " " --results $PWD/results/quickstart.h5 " \
  "$RAMPART run $PWD/results/quickstart.job-"
"$submit" --rampart "$RAMPART" "$quickstart" --dry-run --shards 2 \
  --report all.html --results r.h5 --partition test >out
[ "$(wc -l <out)" = 3 ] || fail "array, merge, report: $(cat out)"
prints ' --array=1-2 ' "--shards 2 $RAMPART run $PWD/r.job-"
prints ' --dependency=afterany:JOB --kill-on-invalid-dep=yes ' --partition=test \
  "merge $PWD/r.1-of-2.h5 $PWD/r.2-of-2.h5 -o $PWD/r.h5"
prints ' --dependency=afterok:MERGE --kill-on-invalid-dep=yes ' \
  --partition=test "report $PWD/r.h5 -o $PWD/all.html"
"$submit" --rampart "$RAMPART" list.yaml --dry-run >out
prints " --results $PWD/answers $RAMPART run $PWD/answers.job-"
for time in 0 0:00 0-0 unlimited; do
  "$submit" --rampart "$RAMPART" "$quickstart" --dry-run --time $time >out
  prints " --time=$time "
done
"$submit" --rampart "$RAMPART" "$quickstart" --dry-run --shards 08 --only 07-08 \
  --ntasks 010 --threads 02 --restarts 00 >out
prints ' --array=7-8 ' '--ntasks=10 ' '--cpus-per-task=2 ' '--restarts 0 ' \
  '--shards 8 '
prints '.8-of-8.h5 -o'
# Every part has results of its own, unless they are named.
for part in 1/4 02/04; do
  "$submit" --rampart "$RAMPART" "$quickstart" --dry-run --shard $part >out
  number=$((10#${part%/*}))
  prints " --results $PWD/results/quickstart.$number-of-4.h5 " \
    "--shard=$number/4"
done
"$submit" --rampart "$RAMPART" "$quickstart" --dry-run --shard 1/4 \
  --results mine.h5 >out
prints " --results $PWD/mine.h5 " '--shard=1/4'
[ ! -e results ] || fail 'a dry run made a folder'
[ -z "$(squeue -h)" ] || fail "something was submitted: $(squeue)"

# ---- A small job: verdicts as on one rank without SLURM, by both launchers.
cat >small.yaml <<TEXT
title: Twelve digits
network: {file: "$RAMPART_SOURCE/data/digits_net.h5"}
dataset: {file: "$RAMPART_SOURCE/data/digits.h5"}
verify:
  - {samples: 0-11, radii: [1, 4]}
output: 'folder/small.h5' # made by the submission
TEXT
"$RAMPART" run --quiet --output alone.h5 small.yaml
verdicts() { "$RAMPART" show --csv --table queries "$1" | cut -d, -f1-5; }
verdicts alone.h5 >alone.csv
[ "$(wc -l <alone.csv)" = 25 ] || fail "alone: $(wc -l <alone.csv) lines"
for launcher in srun mpirun; do
  "$submit" --rampart "$RAMPART" small.yaml --ntasks 4 --nodes 2 \
    --launcher $launcher --log $launcher.log >out
  state=$(cluster_wait "$(tail -n 1 out)" 60) || true
  [ "$state" = COMPLETED ] || fail "$launcher: $state: $(cat $launcher.log)"
  grep -q "^  $launcher .* run $PWD/folder/small.job-[0-9a-f]*.yaml" $launcher.log ||
    fail "$launcher: its command is not in the log: $(cat $launcher.log)"
  verdicts folder/small.h5 >$launcher.csv
  cmp alone.csv $launcher.csv || fail "$launcher: other verdicts than alone"
  rm folder/small.h5
done

# ---- Names of job files that a shell, sed or SLURM would take apart.
mkdir 'a folder.d'
for file in 'two.dots.yaml' 'no suffix' "it's 100%j \"#1\".yaml" 'a folder.d/job'; do
  base=$(basename "$file" .yaml)
  sed '/^output/d' small.yaml >"$file" # its own name is the default
  "$submit" --rampart "$RAMPART" "$file" --ntasks 1 >out
  number=$(tail -n 1 out)
  log=$base.$number.log
  state=$(cluster_wait "$number" 60) || true
  [ "$state" = COMPLETED ] || fail "'$file': $state: $(ls; cat "$log")"
  verdicts "results/$base.h5" >odd.csv
  cmp alone.csv odd.csv || fail "'$file': other verdicts than alone"
  grep -q 'done\|robust' "$log" || fail "'$file': no log $log: $(ls)"
done
while read -r file output; do
  sed '/^output/d' small.yaml >outputs.yaml
  echo "output: $output" >>outputs.yaml
  HOME=$PWD "$submit" --rampart "$RAMPART" outputs.yaml --dry-run >out
  prints " --results $PWD/$file "
done <<'TEXT'
a#b%j.h5 "a#b%j.h5" # and not this
plain.h5 'plain.h5'
home.h5 ~/home.h5
TEXT

# ---- Variables mean what they mean when the job is submitted.
mkdir right wrong
ln -s "$RAMPART_SOURCE/data/digits.h5" right/
cat >variables.yaml <<TEXT
network: {file: "$RAMPART_SOURCE/data/digits_net.h5"}
dataset: {file: "\${RP_FOLDER:-wrong}/digits.h5"}
verify:
  - {samples: 0-11, radii: [1, 4]}
output: variables.h5
TEXT
RP_FOLDER=$PWD/right "$submit" --rampart "$RAMPART" variables.yaml --ntasks 2 \
  --log variables.log -- --export=NONE >out
state=$(RP_FOLDER=wrong cluster_wait "$(tail -n 1 out)" 60) || true
[ "$state" = COMPLETED ] || fail "variables: $state: $(cat variables.log)"
"$RAMPART" info variables.h5 | grep -q "^dataset  $PWD/right/digits.h5" ||
  fail "variables: $("$RAMPART" info variables.h5)"
# What waits in the queue is not changed by another submission.
first=$(sed -n 's/.* run \([^ ]*\).*/\1/p' out)
RP_FOLDER=$PWD/wrong "$submit" --rampart "$RAMPART" variables.yaml --dry-run >out
second=$(sed -n 's/.* run \([^ ]*\).*/\1/p' out)
[ "$first" != "$second" ] || fail "two jobs in one file: $first"
grep -q "$PWD/right/digits.h5" "$first" || fail "expanded: $(cat "$first")"

# ---- Bad input is final: one line, status 2, not back to the queue.
sed 's/0-11/0-99999/' small.yaml >bad.yaml
"$submit" --rampart "$RAMPART" bad.yaml --log bad.log >out
job=$(tail -n 1 out)
state=$(cluster_wait "$job" 60) || true
[ "$state" = FAILED ] || fail "bad input: $state: $(cat bad.log)"
scontrol -o show job "$job" | grep -q 'Restarts=0 .*ExitCode=2:0' ||
  fail "bad input: $(scontrol -o show job "$job")"
grep -q '^rampart: .* found 99999$' bad.log || fail "bad input: $(cat bad.log)"
echo passed
