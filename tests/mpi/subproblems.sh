#!/usr/bin/env bash
# Queries that were split over three ranks: their proofs are in subproblems, and
# rampart-check accepts them, as does the verified checker where it was built.
# shellcheck source=tests/mpi/lib.sh
. "$RAMPART_SOURCE/tests/mpi/lib.sh"

: "${RAMPART_CHECK:?the checker}"
digits=(--network "$RAMPART_SOURCE/data/digits_deep.h5"
  --dataset "$RAMPART_SOURCE/data/digits.h5")

# Alone they take two and four seconds; tasks of half a second are split.
ranks 3 "$RAMPART" verify "${digits[@]}" --samples 13,18 --radius 12 \
  --threads 1 --evidence full --quiet --output split.h5 ||
  fail "three ranks: status $?"
"$RAMPART_CHECK" split.h5 | tee checked
grep -q ' 2 robust proved.* 0 FAILED' checked || fail "rampart-check"

# A stream has its name behind the sample and radius of each of its blocks.
streams=$(/usr/bin/python3 - split.h5.proofs <<'PYTHON'
import struct, sys
data, at, names = open(sys.argv[1], "rb").read(), 40, set()
while at + 44 <= len(data):
    sample, radius, name = struct.unpack_from("<QIQ", data, at + 4)
    names.add((sample, radius, name))
    at += 44 + struct.unpack_from("<I", data, at + 40)[0]
print(len(names))
PYTHON
)
echo "$streams streams"
[ "$streams" -gt 2 ] || fail "nothing was split"

"$RAMPART_CHECK" split.h5 --claims claims | tee written
grep -q ' 2 claims written' written || fail "claims"
[ -n "${RAMPART_VERIFIED_CHECK:-}" ] ||
  { echo "the verified checker was not built: its part is left out"; exit 0; }
"$RAMPART_VERIFIED_CHECK" claims || fail "the verified checker"
