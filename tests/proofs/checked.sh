#!/usr/bin/env bash
# The proofs hold, assume nothing, say what proofs/theorem.txt says, and the
# checker that is built is the one extracted from them. Skipped without Coq.
set -euo pipefail

proofs=${RAMPART_SOURCE:-.}/proofs
fail() {
  echo "FAILED: $*" >&2
  exit 1
}
if ! command -v coqc >/dev/null || ! command -v coqchk >/dev/null; then
  echo "SKIPPED: Coq is not installed (Debian: coq)"
  exit 77
fi
# What Coq prints and extracts differs a little from one version to the next.
is_same_version() { coqc --version | grep -q 'version 8\.16'; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

echo "== nothing is assumed or left open"
for word in Admitted admit Axiom Axioms Parameter Parameters Conjecture \
  Hypothesis Hypotheses give_up bypass_check Unset; do
  ! grep -nw "$word" "$proofs"/*.v || fail "'$word' in a proof"
done
[ "$(sed -n '/\.v$/p' "$proofs/_CoqProject" | sort)" = \
  "$(cd "$proofs" && printf '%s\n' [!T]*.v T[!h]*.v | sort)" ] ||
  fail "_CoqProject does not list every file but Theorem.v"

echo "== coqc"
"$proofs/build.sh" "$folder" >"$folder/theorem.txt"
if is_same_version; then
  diff "$proofs/theorem.txt" "$folder/theorem.txt" || fail "another theorem"
fi
[ "$(grep -c '^Closed under the global context$' "$folder/theorem.txt")" = 3 ] ||
  fail "a theorem rests on an assumption"

echo "== extraction"
for file in checker.ml checker.mli; do
  if is_same_version; then
    cmp "$proofs/extracted/$file" "$folder/$file" ||
      fail "proofs/extracted/$file is not what is extracted"
  else
    echo "left out: $file was extracted by Coq 8.16, this is another version"
  fi
done

echo "== coqchk"
coqchk -silent -o -R "$folder" Rampart Rampart.Verified \
  >"$folder/context.txt" 2>&1
cat "$folder/context.txt"
[ "$(grep -c ': <none>$' "$folder/context.txt")" = 4 ] || fail "coqchk"
