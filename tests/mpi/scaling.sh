#!/usr/bin/env bash
# A real sweep over 1, 2 and 4 ranks of this host, strong and weak, on the
# sample data: results, table, CSV and plot; and what the script refuses.
# shellcheck source=tests/mpi/lib.sh
. "$RAMPART_SOURCE/tests/mpi/lib.sh"
scaling=$RAMPART_SOURCE/slurm/scaling.sh

cat >job.yaml <<TEXT
title: A small sweep
network: {file: "$RAMPART_SOURCE/data/digits_net.h5"}
dataset: {file: "$RAMPART_SOURCE/data/digits.h5"}
verify:
  - {samples: "0-63", radii: [1, 2]}
options: {time_limit: 60}
TEXT
sweep() { timeout 200 "$scaling" job.yaml --rampart "$RAMPART" --local "$@"; }

sweep --ranks 4,1,2 --output strong --dry-run >planned
[ ! -e strong ] || fail 'a dry run makes a folder'
sweep --ranks 4,1,2 --output strong >said || fail "sweep: $(cat said)"
[ "$(grep -c '^mpirun ' planned)" = 3 ] || fail "planned: $(cat planned)"
diff <(grep '^mpirun' planned) <(grep '^mpirun' said) || fail 'other commands'
[ "$(cut -d, -f1,3 strong/scaling.csv | tr '\n' ' ')" = \
  'ranks,rows 1,128 2,128 4,128 ' ] || fail "$(cat strong/scaling.csv)"
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
  { n = $at["ranks"]; sent = $at["messages"]
    if ((n == 1) != (sent == 0) || $at["wall_s"] <= 0 || $at["idle"] > 1 ||
        (n == 1 && $at["speedup"] != 1)) exit 1 }' \
  strong/scaling.csv || fail "$(cat strong/scaling.csv)"
grep -q '</svg>' strong/scaling.svg || fail 'no plot'
grep -q '^ *4 ' strong/scaling.log || fail "$(cat strong/scaling.log)"
for n in 1 2 4; do
  "$RAMPART" show --csv --table queries strong/ranks-$n.h5 |
    sed 's/,[^,]*$//' >"$n.csv"
  cmp 1.csv "$n.csv" || fail "other answers on $n ranks"
done

# The greatest number of ranks decides all, a quarter of it a quarter.
sweep --weak --ranks 1,4 --output weak >said || fail "weak: $(cat said)"
[ "$(cut -d, -f1,3 weak/scaling.csv | tr '\n' ' ')" = \
  'ranks,rows 1,32 4,128 ' ] || fail "$(cat weak/scaling.csv)"

# What is in the way stays; wrong lists are refused.
[ "$(status sweep --ranks 2 --output strong)" = 2 ] || fail "$(cat err)"
grep -q 'strong/ranks-2.h5: exists' err || fail "$(cat err)"
[ "$(status sweep --ranks 1,x --output new)" = 2 ] || fail "$(cat err)"
[ "$(status sweep --ranks 2,3 --weak --output new)" = 2 ] || fail "$(cat err)"
[ ! -e new ] || fail 'a folder for nothing'

# On SLURM: a job for each number and one behind them.
"$scaling" job.yaml --rampart "$RAMPART" --ranks 1,8 --weak --nodes 2 \
  --partition p --output new --dry-run -- --exclusive >planned
[ "$(grep -c '^sbatch ' planned)" = 3 ] || fail "$(cat planned)"
grep -q -- '--ntasks=8 .*--exclusive .*ranks-8.h5' planned || fail "$(cat planned)"
grep -q -- '--ntasks=1 .*--shard=1/8' planned || fail "$(cat planned)"
grep -q -- '--dependency=afterany:RUN-1:RUN-8 ' planned || fail "$(cat planned)"

# Beyond these ranks: the same seed, the same answer; more ranks, less time.
for i in 1 2; do
  "$RAMPART" simulate --times lognormal:0.02:1 --tasks 5000 \
    --ranks 1,50 --csv -o "simulated-$i.csv" >"simulated-$i.out"
done
cmp simulated-1.csv simulated-2.csv || fail 'not the same again'
cmp simulated-1.csv simulated-1.out || fail 'file and output differ'
awk -F, 'NR > 1 { s[$1] = $4; rows += $2 } END {
  exit !(rows == 10000 && s[50] < s[1] / 20) }' simulated-1.csv ||
  fail "$(cat simulated-1.csv)"
for wrong in '--ranks 0' '--times gauss' '--tasks 1 --tasks-per-rank 1' \
  '--latency x' '-o simulated-1.csv'; do
  # shellcheck disable=SC2086 # several words
  [ "$(status "$RAMPART" simulate strong/ranks-2.h5 $wrong)" = 2 ] ||
    fail "$wrong: $(cat err)"
done
