# shellcheck shell=bash
# The command line of submit.sh and scaling.sh, which source this file.
#
#   read_command_line FLAGS ARGUMENT...
#       sets `job`, and `rest` to what follows `--`; calls `take OPTION [VALUE]`,
#       without a value for the options in FLAGS, and `usage` for --help
#   check_job_and_program          that both are there: $job, $rampart
#   expand_job                     sets `expanded` to the text of $job, all
#                                  variables and paths in it written out
#   need_whole OPTION VARIABLE LEAST
#                                  checks the variable, takes leading zeros off
#   name_of_job                    of the file, without folder and .yaml
#   path_of NAME                   with ~/ written out
#   pattern_of NAME                that SLURM takes for that name, with no %
#   say_command COMMAND...         as it could be typed
#   fail MESSAGE...                one line, exit status 2
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
job='' rest=()
rampart=$here/../build/bin/rampart
[ -x "$rampart" ] || rampart=$(command -v rampart || true)

fail() {
  local LC_ALL=C text="$*" # of names that a terminal would obey, nothing is left
  printf 'slurm/%s: %s\n' "$(basename "$0")" "${text//[^[:print:]]/?}" >&2
  exit 2
}

say_command() {
  LC_ALL=C printf '%q ' "$@"
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
        [ $# -ge 2 ] || fail "$1: unknown option, or its value is missing; see --help"
        take "$1" "$2" && shift 2
      fi
      ;;
    *)
      [ -z "$job" ] || fail "expected one job file, found '$job' and '$1'"
      [ -n "$1" ] || fail 'the name of the job file is empty'
      job=$1 && shift
      ;;
    esac
  done
  rest=("$@")
}

check_job_and_program() {
  [ -n "$job" ] || fail 'expected a job file; see --help'
  if ! [ -f "$job" ] || ! [ -r "$job" ]; then fail "$job: cannot be read"; fi
  [ -x "$rampart" ] ||
    fail "${rampart:-rampart}: is not a program; build it, or name it by --rampart"
  rampart=$(realpath "$rampart")
}

# The job runs as it is at this moment. A wrong job ends here with the program's own
# message.
expand_job() {
  # shellcheck disable=SC2034 # used by submit.sh
  expanded=$("$rampart" job -- "$job") || exit 2
}

need_whole() { # OPTION VARIABLE LEAST
  local -n number=$2
  if ! [[ $number =~ ^[0-9]{1,9}$ ]] || [ "$((10#$number))" -lt "$3" ]; then
    fail "$1: expected a whole number from $3, found '$number'"
  fi
  number=$((10#$number))
}

name_of_job() {
  local name=${job##*/}
  case $name in
  ?*.yaml) name=${name%.yaml} ;;
  ?*.yml) name=${name%.yml} ;;
  esac
  printf '%s\n' "${name//[[:cntrl:]]/_}"
}

# Bash leaves ~ as it is in --option=~/name.
path_of() { # NAME
  # shellcheck disable=SC2088 # that is what is looked for
  case $1 in
  '~/'*) printf '%s\n' "${HOME:?}/${1#'~/'}" ;;
  *) printf '%s\n' "$1" ;;
  esac
}

# In names of logs % begins a field, and a backslash disables fields.
pattern_of() { # NAME
  local name=${1//\\/_}
  printf '%s\n' "${name//%/%%}"
}
