#!/usr/bin/env bash
# Check the proofs with Coq, extract the checker, print the theorem.
#   proofs/build.sh FOLDER     a new folder, for copies and what is made of them
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ $# = 1 ] || { sed -n '2,3p' "${BASH_SOURCE[0]}" >&2 && exit 2; }
mkdir -p "$1"
cp "$here"/*.v "$1"
cd "$1"
sed -n '/\.v$/p' "$here/_CoqProject" | while read -r file; do
  coqc -R . Rampart "$file"
done
coqc -R . Rampart Theorem.v
