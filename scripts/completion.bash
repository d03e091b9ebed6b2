# Completion for bash of rampart and rampart-check. It knows no option of its
# own: it asks the program for its help page, once in a shell for each command.

_rampart_help() { # PROGRAM [COMMAND]: into $help
  declare -gA _rampart_pages
  [ -n "${_rampart_pages[$*]-}" ] || _rampart_pages[$*]=$("$@" --help 2>/dev/null)
  help=${_rampart_pages[$*]}
}

_rampart_options() {
  sed -n '/^EXIT STATUS/q; /^ *-/p' <<<"$help" |
    grep -oE -- '--[a-z][a-z-]+' | sort -u
}

_rampart_commands() {
  sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' <<<"$help"
}

# The values that the page lists for an option: "auto|idx|csv".
_rampart_values() { # OPTION
  sed -n "/^ *\(-[a-z], \)\{0,1\}$1 /,/^ *\(-\|$\)/p" <<<"$help" | head -n 4 |
    grep -oE '[a-z0-9]+(\|[a-z0-9]+)+' | tr '|' '\n'
}

_rampart() {
  local help program=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]}
  local previous=${COMP_WORDS[COMP_CWORD - 1]} words values=
  _rampart_help "$program"
  words=$(_rampart_commands)
  if [ -n "$words" ] && [ "$COMP_CWORD" -gt 1 ]; then
    _rampart_help "$program" "${COMP_WORDS[1]}"
    words=
  fi
  case $previous in --*) values=$(_rampart_values "$previous") ;; esac
  if [ -n "$values" ]; then
    words=$values
  elif [ -z "$words" ] || [ "${current#-}" != "$current" ]; then
    words=$(_rampart_options)
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -o default -F _rampart rampart rampart-check
