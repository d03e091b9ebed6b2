#!/usr/bin/env bash
# The real engine on 1, 2, 3 and 5 ranks: the same verdicts and radii as without
# a launcher, and every rank has done something.
# shellcheck source=tests/mpi/lib.sh
. "$RAMPART_SOURCE/tests/mpi/lib.sh"

# Samples whose queries are all decided within a second: no time limit is met.
cat >job.yaml <<TEXT
title: Drawn digits on several ranks
network: {file: "$RAMPART_SOURCE/data/digits_net.h5"}
dataset: {file: "$RAMPART_SOURCE/data/digits.h5"}
verify:
  - {samples: "36-65", radii: [1, 3]}
  - {samples: "56-75", radii: [12, 3, 2]}
radius: {samples: "50-75", cap: 6}
options: {time_limit: 60}
TEXT

# The tables without their seconds, the last column of queries and the last but
# one of radii.
tables() {
  "$RAMPART" show --csv --table queries "$1" | cut -d, -f1-7
  "$RAMPART" show --csv --table radii "$1" | cut -d, -f1-6,8
}

timeout 300 "$RAMPART" run --quiet --output alone.h5 job.yaml ||
  fail "alone: status $?"
tables alone.h5 >alone.csv
[ "$(wc -l <alone.csv)" = 138 ] || fail "alone: $(wc -l <alone.csv) lines"

for n in 1 2 3 5; do
  rm -f ranks.h5
  ranks $n "$RAMPART" run --quiet --output ranks.h5 job.yaml ||
    fail "$n ranks: status $?"
  tables ranks.h5 >ranks.csv
  diff alone.csv ranks.csv || fail "$n ranks"
  "$RAMPART" show --table queries ranks.h5 >shown
  grep -q "^ranks of the last run: $n," shown || fail "$n ranks: $(tail -n 3 shown)"
done

# h5dump shows the share of each of two ranks: rank, threads, tasks, busy time.
command -v h5dump >/dev/null || exit 0
rm -f ranks.h5
ranks 2 "$RAMPART" run --quiet --output ranks.h5 job.yaml
h5dump -w 0 -y -d /ranks ranks.h5 | tr -d ' \n' |
  grep -oE '\{[0-9]+,[0-9]+,[0-9]+,[0-9.e+-]+,' >shares
[ "$(wc -l <shares)" = 2 ] || fail "shares: $(cat shares)"
tr '{},' '   ' <shares |
  awk '$2 < 1 || $3 < 1 || $4 <= 0 { exit 1 }' || fail "shares: $(cat shares)"
