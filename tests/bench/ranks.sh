#!/usr/bin/env bash
# Two ranks against one: 1,000 samples of mixed hardness (P1-4 on MNIST at radius
# 2: most take a tenth of a millisecond, some a second), in pairs of runs, one
# after the other, in turns of order.
#   RAMPART=build/bin/rampart RAMPART_SHARED=../shared tests/bench/ranks.sh [PAIRS]
# For each pair: time from the first task to the last answer of either, and
#   efficiency  time of one rank / (2 * time of two)
#   cpu         CPU time of one rank / that of two: work that was not added
#   idle        share of both ranks' time that is in no task
# then the medians. Both runs' verdicts must be the same. On a machine that does
# other things too, look at cpu and idle: they do not depend on it as much.
set -euo pipefail

: "${RAMPART:?the program}" "${RAMPART_SHARED:?folder of public data}"
pairs=${1:-5}
[ -e "$RAMPART_SHARED/mnist" ] || { echo 'skipped: no MNIST'; exit 77; }
rampart=$(realpath "$RAMPART") shared=$(realpath "$RAMPART_SHARED")
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_mpi_yield_when_idle=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# 175 is left out: it is violated, and how long a search takes to see it is luck.
cat >job.yaml <<TEXT
network: {file: "$shared/qvip/networks/mnist_1blk_64_in_8_qu_4.h5", format: qvip, bits: 4, input_bits: 8}
dataset: {file: "$shared/mnist/t10k-images-idx3-ubyte.gz", labels: "$shared/mnist/t10k-labels-idx1-ubyte.gz", format: idx}
verify:
  - {samples: "0-174,176-1000", radius: 2}
options: {time_limit: 60, threads: 1}
TEXT

run() { # RANKS
  rm -f "$1.h5"
  timeout -k 5 300 mpirun -n "$1" --bind-to none \
    "$rampart" run --quiet --output "$1.h5" job.yaml
  "$rampart" show --csv --table queries "$1.h5" | cut -d, -f1-5 >"$1.csv"
  "$rampart" show --csv --table timeline "$1.h5" | awk -F, 'NR > 1 {
    busy += $7 - $6
    if ($7 > end) end = $7
  } END { print end, busy }' >"$1.time"
  "$rampart" show --csv --table ranks "$1.h5" |
    awk -F, 'NR > 1 { cpu += $7 } END { print cpu }' >"$1.cpu"
}

for ((k = 1; k <= pairs; k++)); do
  run $((2 - k % 2))
  run $((1 + k % 2))
  cmp 1.csv 2.csv || { echo "FAILED: other verdicts on two ranks"; exit 1; }
  paste -d ' ' 1.time 2.time 1.cpu 2.cpu |
    awk '{ printf "%.3f s %.3f s efficiency %.3f cpu %.3f idle %.3f\n",
      $1, $3, $1 / (2 * $3), $5 / $6, 1 - $4 / (2 * $3) }' | tee -a pairs
done

median() { # FIELD
  sort -g -k "$1,$1" pairs |
    awk -v f="$1" '{ v[NR] = $f } END { print v[int((NR + 1) / 2)] }'
}
echo "medians of $pairs: efficiency $(median 6) cpu $(median 8) idle $(median 10)"
