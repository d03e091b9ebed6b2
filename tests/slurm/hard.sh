#!/usr/bin/env bash
# One query that is too much for an allocation. Nothing else is in the job, so
# what is decided is decided by what was kept of it.
# - Its time is over again and again before it is decided: the job goes back to
#   the queue each time, and its query goes on where it was.
# - The kernel kills a rank of it, as the memory of its group is used up: the ranks
#   are started anew in the same allocation, and it is decided at its second try.
# shellcheck source=tests/slurm/cluster.sh
. "${RAMPART_SOURCE:?the source folder}/tests/slurm/cluster.sh"
: "${RAMPART_CHECK:?the checker}"
cluster_or_skip
cluster_up 4 2

hard_job() { # NAME
  cat >"$1.yaml" <<TEXT
network: {file: "$RAMPART_SOURCE/data/digits_deep.h5"}
dataset: {file: "$RAMPART_SOURCE/data/digits.h5"}
verify: [{samples: 332, radius: 13}]
output: $1.h5
evidence: full
TEXT
}
start() { # NAME OPTION...: sets job
  "$RAMPART_SOURCE/slurm/submit.sh" --rampart "$RAMPART" "$1.yaml" \
    --ntasks 2 --nodes 2 --log "$1.log" "${@:2}" >out
  job=$(tail -n 1 out)
}
says() { grep -q -e "$2" "$1.log" || fail "$1 does not say '$2': $(cat "$1.log")"; }
is_decided() { # NAME, once its job has ended
  local state
  state=$(cluster_wait "$job" 120) || true
  [ "$state" = COMPLETED ] || fail "$1: $state: $(cat "$1.log")"
  "$RAMPART" show --csv --table queries --rows all "$1.h5" >"$1.csv"
  grep -q ',332,0,13,robust,' "$1.csv" || fail "$1: $(cat "$1.csv" "$1.log")"
  "$RAMPART_CHECK" "$1.h5" >"$1.check" || fail "$1: $(cat "$1.check")"
  [ ! -e "$1.h5.journal" ] || fail "$1: the journal is still there"
}

# CPU time of processes, in hundredths of a second.
used() { # PID...
  local pid sum=0 stat
  for pid in "$@"; do
    stat=$(cat "/proc/$pid/stat" 2>/dev/null) || continue
    read -ra stat <<<"${stat##*) }"
    sum=$((sum + stat[11] + stat[12]))
  done
  echo $sum
}

# Warns the job whenever its ranks have used so much, as SLURM does when time is
# nearly over; a limit of SLURM's own is a minute, which limit.sh waits for.
warn_after() { # HUNDREDTHS
  local ranks
  while sleep 0.05; do
    mapfile -t ranks < <(pgrep -f "^$RAMPART run $cluster/.*long.job-" || true)
    [ "$(used "${ranks[@]}")" -ge "$1" ] || continue
    scancel --batch --signal USR1 "$job"
    cluster_gone "${ranks[@]}"
  done
}

hard_job long
start long --restarts 50
warn_after 150 &
watcher=$!
trap 'kill "$watcher" 2>/dev/null || true; cluster_down' EXIT
is_decided long
kill $watcher
says long 'going on with .* 1 begun question'
restarts=$(grep -c 'going on with .* 1 begun question' long.log)
[ "$restarts" -ge 2 ] || fail "only $restarts restarts: $(cat long.log)"
echo "long: decided at start $((restarts + 1))"

group() { python3 "$RAMPART_SOURCE/tests/memory_cgroup.py" "$@"; }
confined=$(group make 512) || exit
trap 'cluster_down; group remove "$confined"' EXIT
cat >confined <<TEXT
#!/bin/sh
exec python3 "$RAMPART_SOURCE/tests/memory_cgroup.py" enter "$confined" 1 \
  "$RAMPART" "\$@"
TEXT
chmod +x confined
hard_job killed
start killed --rampart ./confined
group fill "$confined" killed.h5 1 || fail "killed: $(cat killed.log)"
is_decided killed
says killed 'broke off (status 137): starting the ranks anew'
says killed 'asked alone, at the end: 1 question'
echo passed
