#!/usr/bin/env bash
# A sweep over numbers of ranks by slurm/scaling.sh: a job for each, and one
# that compares them when all have ended.
# shellcheck source=tests/slurm/cluster.sh
. "${RAMPART_SOURCE:?the source folder}/tests/slurm/cluster.sh"
cluster_or_skip
cluster_up 4 2

cat >small.yaml <<TEXT
network: {file: "$RAMPART_SOURCE/data/digits_net.h5"}
dataset: {file: "$RAMPART_SOURCE/data/digits.h5"}
radius: {samples: 100-119}
TEXT
"$RAMPART_SOURCE/slurm/scaling.sh" small.yaml --rampart "$RAMPART" \
  --ranks 1,2,4 --output sweep >out
state=$(cluster_wait "$(tail -n 1 out)" 90) || true
[ "$state" = COMPLETED ] || fail "$state: $(cat out sweep/*.log)"
for n in 1 2 4; do
  [ -s "sweep/ranks-$n.h5" ] || fail "no results of $n ranks: $(cat out)"
done
[ "$(wc -l <sweep/scaling.csv)" = 4 ] || fail "not 3 runs: $(cat sweep/scaling.csv)"
grep -q '<svg' sweep/scaling.svg || fail 'no plot'
echo passed
