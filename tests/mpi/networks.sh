#!/usr/bin/env bash
# A job about several networks: one run after the other on the same ranks, with
# results of its own for each, equal on any number of ranks; what is complete is
# not asked again, and a run that cannot start ends the others' wait.
# shellcheck source=tests/mpi/lib.sh
. "$RAMPART_SOURCE/tests/mpi/lib.sh"

cat >three.yaml <<TEXT
networks:
  - {file: "$RAMPART_SOURCE/data/digits_net.h5", name: dense}
  - {file: "$RAMPART_SOURCE/data/digits_conv.h5", name: conv}
  - {file: "$RAMPART_SOURCE/data/digits_net.h5", name: again}
dataset: {file: "$RAMPART_SOURCE/data/digits.h5"}
verify:
  - {samples: 0-9, radii: [1-2, 4/255]}
radius: {samples: 0-3, cap: 3}
output: three.h5
TEXT

table() { # FILE: what does not depend on times
  "$RAMPART" show --csv --table queries "$1" | cut -d, -f2-5
  "$RAMPART" show --csv --table radii "$1" | cut -d, -f2-5
}

"$RAMPART" run --quiet three.yaml
for name in dense conv again; do
  table three.$name.h5 >$name.alone
  [ "$(wc -l <$name.alone)" = 36 ] || fail "$name: $(cat $name.alone)"
done
cmp dense.alone again.alone || fail 'one network gave two tables'
! cmp -s dense.alone conv.alone || fail 'two networks gave one table'

for n in 2 4; do
  ranks $n "$RAMPART" run --quiet --fresh three.yaml 2>err || fail "$(cat err)"
  for name in dense conv again; do
    table three.$name.h5 | cmp - $name.alone || fail "$name on $n ranks"
  done
done

# The first and the last are complete: only the middle one is asked.
rm three.conv.h5
before=$(stat -c %i three.dense.h5)
ranks 3 "$RAMPART" run three.yaml >out 2>err || fail "$(cat err)"
[ "$(grep -c 'already complete' err)" = 2 ] || fail "$(cat err)"
[ "$(stat -c %i three.dense.h5)" = "$before" ] || fail 'complete results changed'
table three.conv.h5 | cmp - conv.alone || fail 'the middle one'
ranks 3 "$RAMPART" run three.yaml >out 2>err || fail "$(cat err)"
[ "$(grep -c 'already complete' err)" = 3 ] || fail "$(cat err)"

# One header for all, with the network in front.
"$RAMPART" run --csv three.yaml --table queries >all.csv 2>err
[ "$(grep -c '^network,' all.csv)" = 1 ] || fail "$(head -3 all.csv)"
[ "$(cut -d, -f1 all.csv | sort -u | tr '\n' ' ')" = 'again conv dense network ' ] ||
  fail "$(head -3 all.csv)"

ranks 2 "$RAMPART" run --quiet --fresh --name conv three.yaml 2>err || fail "$(cat err)"
[ "$(stat -c %i three.dense.h5)" = "$before" ] || fail '--name asked another one'

# What a command at the end starts is no rank of this run.
ranks 2 "$RAMPART" run --quiet --fresh --name conv three.yaml \
  --notify 'env >environment' 2>err || fail "$(cat err)"
[ -s environment ] || fail '--notify did not run'
! grep -E '^(OMPI_COMM_WORLD_|PMIX_|PMI_)' environment || fail '--notify is a rank'

# The second network cannot be read: the first has its results, status 2.
sed 's/digits_conv/nowhere/; s/three.h5/bad.h5/' three.yaml >bad.yaml
[ "$(status ranks 3 "$RAMPART" run --quiet bad.yaml)" = 2 ] || fail "$(cat err)"
grep -q nowhere.h5 err || fail "$(cat err)"
table bad.dense.h5 | cmp - dense.alone || fail 'the first of a bad job'
[ ! -e bad.again.h5 ] || fail 'went on after a failure'
