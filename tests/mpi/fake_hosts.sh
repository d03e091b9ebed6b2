#!/usr/bin/env bash
# Three hosts, and slurm/keep-going.sh:
# - the third one's link is cut while the run is under way: it ends complete,
#   with the tables of an undisturbed run and rank 0's status;
# - a signal after the cut: the run stops and leaves its journal.
# Each time no process stays on any host.
#
# The hosts are network namespaces h1 to h3 on one switch, with host names of
# their own; mpirun enters them by an agent instead of ssh. All of it is in
# namespaces of its own, processes too: they vanish with the script's first
# process, however that ends.
#   fake_hosts.sh FAKE_CLUSTER
if [ "${FAKE_HOSTS:-}" != inside ]; then
  if ! command -v ip >/dev/null; then
    echo 'skipped: needs ip (Debian package iproute2)'
    exit 77
  fi
  apart=(unshare --net --mount --uts --pid --fork --kill-child --mount-proc)
  [ "$(id -u)" = 0 ] || apart+=(--user --map-root-user)
  # What is needed is tried first: it may be forbidden in a container.
  # shellcheck disable=SC2016
  try='mount -t tmpfs none /run && mkdir /run/netns && ip netns add a &&
    ip link add sw type bridge && ip link add p type veth peer name e netns a'
  if ! why=$("${apart[@]}" sh -c "$try" 2>&1); then
    echo "skipped: network namespaces are not to be had here: $why"
    exit 77
  fi
  FAKE_HOSTS=inside exec "${apart[@]}" "$0" "$@"
fi

trap 'exit 143' TERM INT # the first process of a namespace ignores them else
# shellcheck source=tests/mpi/lib.sh
. "$RAMPART_SOURCE/tests/mpi/lib.sh"
fake=$1
fake_name=$(basename "$fake")
export TMPDIR=$work FAKE_MARK=$work/under_way FAKE_LOST_AFTER=4

build_hosts() {
  local i
  mount -t tmpfs none /run
  mkdir /run/netns
  ip link set lo up
  ip link add sw type bridge
  ip link set sw up
  for i in 1 2 3; do
    ip netns add "h$i"
    ip link add "p$i" type veth peer name eth0 netns "h$i"
    ip link set "p$i" master sw up
    ip -n "h$i" link set lo up
    ip -n "h$i" addr add "10.78.0.$i/24" dev eth0
    ip -n "h$i" link set eth0 up
  done
  cat >agent <<'TEXT'
#!/bin/sh
# agent HOST COMMAND...: instead of ssh. Shared memory is the host's own, too.
export host="$1"
shift
export command="$*"
exec nsenter --net="/run/netns/$host" unshare --uts --mount sh -c '
  hostname "$host" && mount -t tmpfs none /dev/shm && exec sh -c "$command"'
TEXT
  chmod +x agent
}

# on_hosts FOLDER HOST:RANKS,...: the run, started on the first host, and under
# way; its number is in $started. At most a minute.
on_hosts() {
  rm -f under_way
  mkdir -p "$1"
  timeout -k 5 60 ./agent h1 "exec $RAMPART_SOURCE/slurm/keep-going.sh mpirun \
    --mca plm rsh --mca plm_rsh_agent $work/agent -host $2 \
    --mca oob_tcp_if_include 10.78.0.0/24 \
    --mca btl_tcp_if_include 10.78.0.0/24 \
    -- $fake slow $1" >"$1.csv" 2>"$1.log" &
  started=$!
  await under_way "$1.log"
}

# ended FOLDER STATUS: the run ends with it, and no process stays on any host.
ended() {
  local i st=0 ours="(^|/)($fake_name|orted|mpirun) "
  wait "$started" || st=$?
  [ $st = "$2" ] || fail "$1: status $st, not $2: $(cat "$1.log")"
  for ((i = 0; i < 400; i++)); do
    pgrep -f "$ours" >/dev/null || return 0
    sleep 0.1
  done
  fail "$1: still running: $(pgrep -a -f "$ours")"
}

says() { # FOLDER TEXT
  grep -q "$2" "$1.log" || fail "$1: no '$2' in $(cat "$1.log")"
}

is_complete() { # FOLDER
  [ ! -e "$1/results.h5.journal" ] || fail "$1: the journal is still there"
  cmp alone.csv "$1.csv" || fail "$1: other tables: $(cat "$1.log")"
}

build_hosts
mkdir alone
ranks 6 "$fake" slow alone >alone.csv 2>/dev/null ||
  fail 'the undisturbed run failed'

on_hosts cut h1:2,h2:2,h3:2
ip link set p3 down
ended cut 0
says cut 'rank 4 is given up after'
says cut 'rank 5 is given up after'
[ "$(grep -c '^rank ' cut.log)" = 4 ] || fail "counters: $(cat cut.log)"
is_complete cut
ip link set p3 up

on_hosts again h1:2,h2:2,h3:2
ip link set p3 down
kill -TERM "$(pgrep -P "$started")"
ended again 0
grep -q interrupted again.csv || fail "not stopped: $(cat again.log)"
[ -s again/results.h5.journal ] || fail 'no journal after the signal'

[ -z "$(find . -maxdepth 1 -name '.keep-going*')" ] || fail 'a file stayed'
