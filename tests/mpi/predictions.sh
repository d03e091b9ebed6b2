#!/usr/bin/env bash
# What rampart simulate predicts against real runs on 1 to 8 ranks, whose tasks
# sleep and so need no cores. Times are recorded on two ranks; a loaded machine
# makes real runs longer, hardly ever shorter.
# shellcheck source=tests/mpi/lib.sh
. "$RAMPART_SOURCE/tests/mpi/lib.sh"
fake=$1

for n in 1 2 4 8; do
  ranks $n "$fake" sleeping . >/dev/null 2>log || fail "$n ranks: $(cat log)"
  mv results.h5 $n.h5
done
"$RAMPART" scaling ?.h5 --csv >measured.csv
"$RAMPART" simulate 2.h5 --ranks 1,2,4,8 --inputs 8 --csv >predicted.csv
paste -d, measured.csv predicted.csv | awk -F, '
  NR == 1 { for (i = NF; i > 0; i--) at[$i] = i; next } # the first of a name
  { real = $at["wall_s"]; said = $at["makespan_s"]; n = $1
    printf "%d ranks: %.3f s, predicted %.3f s (%+.1f %%); messages %d, " \
      "predicted %d\n", n, real, said, 100 * (said / real - 1),
      $at["messages"], $(NF - 2)
    if (said > 1.1 * real || said < 0.6 * real) wrong = 1 }
  END { exit NR != 5 || wrong }' || fail 'predictions are off'
