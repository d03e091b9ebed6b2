#!/usr/bin/env bash
# Runs Rampart on several hosts without SLURM; the run survives the loss of a host.
#
#   keep-going.sh mpirun OPTION... -- PROGRAM ARGUMENT...
#
# It starts the program on mpirun's ranks so that the death of a rank or a host does
# not end the others (--enable-recovery). Rampart gives up ranks that are silent and
# completes the run with the rest. The behaviour of mpirun is then useless: it
# prints errors, its status is meaningless, and it often waits for the lost host for
# ever. So rank 0 writes its status to a file; soon afterwards mpirun is ended, and
# this script ends with that status.
#
# Rank 0 has to run where mpirun does: name this host first. The file is in the
# current folder. SIGTERM, SIGINT and SIGUSR1 end the run in seconds, to be
# continued (status 4); a second one ends mpirun. Status 1 if rank 0 died or was
# not started, 2 for a wrong command line.
set -euo pipefail

say() { printf 'keep-going.sh: %s\n' "$*" >&2; }

# Waits for $pid; sets status. Not by `wait` alone: of one that a signal
# interrupts, bash 5.2 may lose the status.
await() {
  status=0
  while kill -0 "$pid" 2>/dev/null; do sleep 0.2 || true; done
  wait "$pid" || status=$?
}

# ---- on a rank

if [ "${1:-}" = --rank ]; then
  file=$2
  shift 2
  [ "${OMPI_COMM_WORLD_RANK:-0}" = 0 ] || exec "$@"
  pid='' asked=false
  trap 'asked=true; [ -z "$pid" ] || kill -USR1 "$pid" 2>/dev/null || true' \
    USR1 TERM INT
  "$@" &
  pid=$!
  ! $asked || kill -USR1 "$pid"
  await
  echo "$status" >"$file.part"
  mv "$file.part" "$file"
  exit "$status"
fi

# ---- where mpirun is started

grace=10 # s for the ranks to end, five of them in MPI's own end

launcher=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  launcher+=("$1")
  shift
done
if [ $# -lt 2 ] || [ ${#launcher[@]} = 0 ]; then
  say 'expected: keep-going.sh mpirun OPTION... -- PROGRAM ARGUMENT...'
  exit 2
fi
shift

# Without these mpirun does not notice a broken link.
keepalive=(--mca oob_tcp_keepalive_time 2 --mca oob_tcp_keepalive_intvl 1
  --mca oob_tcp_keepalive_probes 2)

pid='' asked=0
# shellcheck disable=SC2317 # a trap calls it
on_signal() {
  asked=$((asked + 1))
  local name=USR1
  [ "$asked" = 1 ] || name=TERM
  [ -z "$pid" ] || kill -s "$name" "$pid" 2>/dev/null || true
}
trap on_signal USR1 TERM INT

self=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")
folder=$(mktemp -d "$PWD/.keep-going.XXXXXX")
trap 'rm -rf "$folder"' EXIT

# mpirun may end by itself, with its ranks, before rank 0 has ended. This allows rank
# 0 the time it needs, which is five seconds after a loss.
"${launcher[@]}" --enable-recovery "${keepalive[@]}" \
  --mca odls_base_sigkill_timeout 8 \
  "$self" --rank "$folder/status" "$@" &
pid=$!
[ $asked = 0 ] || kill -USR1 "$pid"

is_there() { kill -0 "$pid" 2>/dev/null; }
ends_within() { # SECONDS
  local i
  for ((i = 0; i < 5 * $1; i++)); do
    is_there || return 0
    sleep 0.2 || true
  done
  return 1
}

while is_there && [ ! -e "$folder/status" ]; do sleep 0.2 || true; done
own=$(cat "$folder/status" 2>/dev/null || true) # rank 0's, if it left one
[ "${own:-0}" -lt 128 ] || grace=0 # it died: nothing to wait for
if ! ends_within "$grace"; then
  say 'rank 0 has ended, mpirun has not: it is ended'
  kill -TERM "$pid" 2>/dev/null || true
  ends_within 12 || kill -KILL "$pid" 2>/dev/null || true
fi
await # mpirun's own status is of no account, unless it is all there is
[ -n "$own" ] || own=$(cat "$folder/status" 2>/dev/null || true)
if [ -z "$own" ]; then
  say "mpirun ended with status $status, and rank 0 without one: start again"
  own=1
elif [ "$own" -ge 128 ]; then
  say "rank 0 died (status $own): start again"
  own=1
fi
exit "$own"
