#!/usr/bin/env bash
# Ranks of another build are refused before any query is asked: one line, status
# 2. The other build is a copy of the program with another build-id.
# shellcheck source=tests/mpi/lib.sh
. "$RAMPART_SOURCE/tests/mpi/lib.sh"
command -v readelf >/dev/null || { echo 'skipped: needs readelf' && exit 77; }

id=$(readelf -n "$RAMPART" | sed -n 's/.*Build ID: *//p')
[ -n "$id" ] || fail "no build-id in $RAMPART"
python3 - "$RAMPART" other "$id" <<'TEXT'
import sys
own, other, name = sys.argv[1:]
code, name = open(own, "rb").read(), bytes.fromhex(name)
assert code.count(name) == 1
open(other, "wb").write(code.replace(name, name[::-1]))
TEXT
chmod +x other
cp "$RAMPART" same

job=(verify --network "$RAMPART_SOURCE/data/digits_net.h5"
  --dataset "$RAMPART_SOURCE/data/digits.h5" --samples 0-3 --radius 1 --csv)
several() { # PROGRAM: as the last of three ranks
  timeout -k 5 120 mpirun -n 2 "$RAMPART" "${job[@]}" : -n 1 "$1" "${job[@]}"
}

several ./same >same.csv 2>err || fail "the same build: $(cat err)"
[ "$(wc -l <same.csv)" = 5 ] || fail "the same build: $(cat same.csv)"
[ "$(status several ./other)" = 2 ] || fail "another build: $(cat out err)"
[ ! -s out ] || fail "another build: results: $(cat out)"
[ "$(grep -c '^rampart: ' err)" = 1 ] || fail "another build: $(cat err)"
grep -q '^rampart: rank 2 runs another build of Rampart than rank 0' err ||
  fail "another build: $(cat err)"
