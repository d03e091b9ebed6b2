#!/usr/bin/env bash
# rampart-check on several ranks says what it says alone, about good and damaged
# results; a rank that dies or answers wrongly ends the check without counts.
# shellcheck source=tests/mpi/lib.sh
. "$RAMPART_SOURCE/tests/mpi/lib.sh"

: "${RAMPART_CHECK:?the checker}" "${ROGUE:?a rank that misbehaves}"
digits=(--network "$RAMPART_SOURCE/data/digits_net.h5"
  --dataset "$RAMPART_SOURCE/data/digits.h5" --quiet)
"$RAMPART" verify "${digits[@]}" --samples 0-199 --radius 1,4 \
  --evidence full --output good.h5
"$RAMPART" radius "${digits[@]}" --samples 0-39 --cap 9 --evidence full \
  --output radii.h5
"$RAMPART" verify "${digits[@]}" --samples 0-19 --radius 1,4 \
  --evidence none --output bare.h5

# When a rank fails, mpirun asks the others to end, waits so long, kills them.
export OMPI_MCA_odls_base_sigkill_timeout=0

# A damaged stream proves nothing: its rows fail, and every other row holds.
cp good.h5 damaged.h5
/usr/bin/python3 - good.h5.proofs damaged.h5.proofs <<'PYTHON'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
for at in range(500, len(data), 3000):
    data[at] ^= 0x55
open(sys.argv[2], "wb").write(data)
PYTHON
head -c 5000 good.h5 >cut.h5

# compare OPTION... FILE: on 2 and 4 ranks as alone.
compare() {
  local count here there
  here=$(status "$RAMPART_CHECK" "$@")
  mv out alone
  for count in 2 4; do
    there=$(status ranks "$count" "$RAMPART_CHECK" "$@")
    [ "$here" = "$there" ] || fail "$count ranks, $*: $there, alone $here"
    cmp alone out || fail "$count ranks, $*: other lines"
  done
  echo "$*: status $here, $(wc -l <alone) lines"
}
compare good.h5
[ "$(status ranks 1 "$RAMPART_CHECK-ranks" good.h5)" = 0 ] ||
  fail "one rank: $(cat out err)"
cmp alone out || fail "one rank: other lines"
compare --sample 7 good.h5
compare --jobs 3 radii.h5
compare bare.h5
compare damaged.h5
[ "$(wc -l <alone)" -gt 3 ] || fail "too little was damaged: $(cat alone)"
compare cut.h5
compare none.h5

# Several files are several checks, not one.
cp radii.h5.proofs other.h5.proofs
cp radii.h5 other.h5
[ "$(status ranks 1 "$RAMPART_CHECK" good.h5 : -n 1 "$RAMPART_CHECK" other.h5)" = 2 ] ||
  fail "two files: $(cat out err)"
grep -q 'rank 1 found another file than rank 0' err || fail "two files: $(cat err)"
[ "$(status ranks 2 "$RAMPART_CHECK" --claims written good.h5)" = 2 ] ||
  fail "claims by two ranks: $(cat out err)"
[ ! -e written ] || fail "claims were written"
[ "$(SLURM_STEP_NUM_TASKS=2 status "$RAMPART_CHECK" good.h5)" = 2 ] ||
  fail "srun without MPI: $(cat out err)"

# deed DEED: a rank like that. It needs a row to spoil: rank 0 may be faster.
deed() {
  local st i
  for ((i = 0; i < 50; i++)); do
    st=$(status ranks 1 "$RAMPART_CHECK" good.h5 : -n 1 "$ROGUE" "$1" good.h5)
    [ "$st" = 77 ] || break
  done
  [ "$st" != 77 ] || fail "$1: was never given a row"
  [ "$st" != 0 ] || fail "$1: accepted: $(cat out)"
  ! grep -q FAILED out || fail "$1: has a verdict: $(cat out)"
  echo "$1: status $st"
}
for name in dies leaves claims-another-row claims-no-row counts-too-much \
  counts-below-zero hides-a-failure writes-too-much is-cut-off answers-twice \
  answers-at-the-end keeps-the-row; do
  deed $name
done
st=$(status ranks 1 "$RAMPART_CHECK" good.h5 : -n 1 sh -c 'kill -9 $$')
[ "$st" != 0 ] || fail "dead at the start: $(cat out)"
! grep -q FAILED out || fail "dead at the start: has a verdict"
