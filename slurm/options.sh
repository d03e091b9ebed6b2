# shellcheck shell=bash
# What submit.sh and scaling.sh share: how a command line is read; sourced.
#
#   read_command_line FLAGS ARGUMENT...
#       sets `job`, and `rest` to what follows `--`; calls `take OPTION [VALUE]`,
#       without a value for the options in FLAGS, and `usage` for --help
#   check_job_and_program          that both are there: $job, $rampart
#   need_whole OPTION VALUE LEAST
#   say_command COMMAND...         as it could be typed
#   fail MESSAGE...                one line, exit status 2
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
job='' rest=()
rampart=$here/../build/bin/rampart
[ -x "$rampart" ] || rampart=$(command -v rampart || true)

fail() {
  printf 'slurm/%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 2
}

say_command() {
  printf '%q ' "$@"
  printf '\n'
}

read_command_line() { # FLAGS ARGUMENT...
  local flags=" $1 "
  shift
  while [ $# -gt 0 ]; do
    case $1 in
    --help | -h) usage && exit 0 ;;
    --) shift && break ;;
    --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" ;;
    -*)
      if [[ $flags = *" $1 "* ]]; then
        take "$1" && shift
      else
        [ $# -ge 2 ] || fail "$1: unknown, or its value is missing; see --help"
        take "$1" "$2" && shift 2
      fi
      ;;
    *)
      [ -z "$job" ] || fail "one job file, not '$job' and '$1'"
      [ -n "$1" ] || fail 'the name of the job file is empty'
      job=$1 && shift
      ;;
    esac
  done
  rest=("$@")
}

check_job_and_program() {
  [ -n "$job" ] || fail 'which job file? See --help'
  if ! [ -f "$job" ] || ! [ -r "$job" ]; then fail "$job: cannot be read"; fi
  [ -x "$rampart" ] ||
    fail "${rampart:-rampart}: no program; build it, or name it by --rampart"
  rampart=$(realpath "$rampart")
}

need_whole() { # OPTION VALUE LEAST
  if ! [[ $2 =~ ^[0-9]{1,9}$ ]] || [ "$2" -lt "$3" ]; then
    fail "$1: expected a whole number from $3, found '$2'"
  fi
}
