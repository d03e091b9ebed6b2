#!/usr/bin/env bash
# The quickstart job on two ranks: every radius closed, none against the known
# answers, and the committed files are enough.
set -euo pipefail

: "${RAMPART:?the program}" "${RAMPART_SOURCE:?the source folder}"
if ! command -v mpirun >/dev/null; then
  echo 'skipped: no mpirun'
  exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Exit status 0: everything decided, no known answer contradicted.
mpirun -n 2 "$RAMPART" run --output "$work/radii.h5" \
  "$RAMPART_SOURCE/jobs/quickstart.yaml"
"$RAMPART" show --csv --rows all "$work/radii.h5" |
  awk -F, 'NR > 1 { n++; open += $4 != $5 } END { exit n != 100 || open }' || {
  echo 'FAILED: not 100 closed radii' >&2
  exit 1
}
