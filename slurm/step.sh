#!/usr/bin/env bash
# A step behind a Rampart job: one process; submitted by slurm/submit.sh.
#   step.sh PROGRAM ARGUMENT...
set -euo pipefail
printf 'Job %s on %s:\n  ' "$SLURM_JOB_ID" "$SLURM_JOB_NODELIST"
LC_ALL=C printf '%q ' "$@"
printf '\n'
exec "$@"
