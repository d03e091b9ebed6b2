# shellcheck shell=bash
# Shared by the scripts of this folder: a fresh folder to work in, and ranks
# whose every wait is bounded.
set -euo pipefail

: "${RAMPART:?the program}" "${RAMPART_SOURCE:?the source folder}"
if ! command -v mpirun >/dev/null; then
  echo 'skipped: needs mpirun'
  exit 77
fi

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# Leaks of MPI itself are none of ours.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# ranks N PROGRAM...: on N ranks, at most two minutes.
ranks() {
  local count=$1
  shift
  timeout -k 5 120 mpirun -n "$count" "$@"
}

# start N PROGRAM...: the same in the background; its number is in $started.
start() {
  local count=$1
  shift
  timeout -k 5 120 mpirun -n "$count" "$@" &
  # shellcheck disable=SC2034 # used by the scripts
  started=$!
}

# status COMMAND...: prints the exit status instead of failing.
status() {
  local st=0
  "$@" >out 2>err || st=$?
  echo $st
}

# await FILE LOG: waits until the file is there, at most a minute.
await() {
  local i
  for ((i = 0; i < 600; i++)); do
    [ ! -e "$1" ] || return 0
    sleep 0.1
  done
  fail "no $1: $(cat "$2")"
}

# children COUNT PARENT NAME: waits until so many are there, prints them.
children() {
  local i
  for ((i = 0; i < 600; i++)); do
    [ "$(pgrep -c -P "$2" -x "$3")" = "$1" ] && pgrep -P "$2" -x "$3" && return
    sleep 0.1
  done
  fail "$1 of $3 did not start"
}

# handles_signals PID: waits until the process catches SIGTERM.
handles_signals() {
  local i caught
  for ((i = 0; i < 600; i++)); do
    caught=$(awk '/^SigCgt/ { print $2 }' "/proc/$1/status" 2>/dev/null || :)
    ((16#${caught:-0} >> 14 & 1)) && return
    sleep 0.1
  done
  fail "process $1 does not catch signals"
}
