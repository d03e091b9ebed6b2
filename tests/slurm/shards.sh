#!/usr/bin/env bash
# An array over shards, the merge behind it and the report behind that: the
# tables of one undisturbed run. With a shard that failed, the merge says which,
# no report is made, and that shard alone can be submitted again.
# shellcheck source=tests/slurm/cluster.sh
. "${RAMPART_SOURCE:?the source folder}/tests/slurm/cluster.sh"
cluster_or_skip
cluster_up 4 2
submit=$RAMPART_SOURCE/slurm/submit.sh

cat >both.yaml <<TEXT
title: In parts
network: {file: "$RAMPART_SOURCE/data/digits_net.h5"}
dataset: {file: "$RAMPART_SOURCE/data/digits.h5"}
verify:
  - {samples: 0-19, radii: [1, 4]}
radius: {samples: 20-59}
output: both.h5
TEXT
tables() {
  "$RAMPART" show --csv --table queries "$1" | cut -d, -f1-5
  "$RAMPART" show --csv --table radii "$1" | cut -d, -f1-6
}
"$RAMPART" run --quiet --threads 1 --output alone.h5 both.yaml
tables alone.h5 >alone.csv
[ "$(wc -l <alone.csv)" = 82 ] || fail "alone: $(cat alone.csv)"

# The numbers that submit.sh printed, after each command.
submit_shards() { # OPTION...: sets array, merge, report
  "$submit" --rampart "$RAMPART" both.yaml --ntasks 2 --report all.html "$@" >out
  mapfile -t numbers < <(grep -x '[0-9]*' out)
  [ ${#numbers[@]} = 3 ] || fail "array, merge, report: $(cat out)"
  array=${numbers[0]} merge=${numbers[1]} report=${numbers[2]}
}
ends_as() { # JOB STATE LOG
  local state
  state=$(cluster_wait "$1" 90) || true
  [ "$state" = "$2" ] || fail "job $1: $state, not $2: $(squeue; cat "$3")"
}
is_complete() {
  tables both.h5 >both.csv
  diff alone.csv both.csv >&2 || fail "$1: other answers"
  grep -q '<html' all.html || fail "$1: no report"
}

# ---- All goes well.
submit_shards --shards 3
ends_as "$array" COMPLETED "both.${array}_1.log"
ends_as "$merge" COMPLETED "both.merge.$merge.log"
ends_as "$report" COMPLETED "both.report.$report.log"
is_complete shards
rm both*.h5 all.html

# ---- One shard fails.
cat >broken <<TEXT
#!/bin/sh
case "\$*" in *"--shard 2/3"*) exit 1 ;; esac
exec "$RAMPART" "\$@"
TEXT
chmod +x broken
submit_shards --shards 3 --rampart ./broken
ends_as "$array" 'COMPLETED FAILED' "both.${array}_2.log"
ends_as "$merge" FAILED "both.merge.$merge.log"
grep -q 'of 3 shards missing: 2;' "both.merge.$merge.log" ||
  fail "the merge does not say what is missing: $(cat "both.merge.$merge.log")"
ends_as "$report" CANCELLED "both.merge.$merge.log"
[ ! -e all.html ] || fail 'a report of what is not there'

submit_shards --shards 3 --only 2
ends_as "$array" COMPLETED "both.${array}_2.log"
ends_as "$merge" COMPLETED "both.merge.$merge.log"
ends_as "$report" COMPLETED "both.report.$report.log"
is_complete 'the missing shard'
echo passed
