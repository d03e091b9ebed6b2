#!/usr/bin/env bash
# data/fetch.sh against a mirror on this disk: right files arrive, wrong ones
# do not stay, what was begun goes on, and command lines are checked.
set -euo pipefail

: "${RAMPART_SOURCE:?the source folder}" "${RAMPART_SHARED:?the public data}"
fetch=$RAMPART_SOURCE/data/fetch.sh
for needed in mnist/t10k-images-idx3-ubyte.gz qvip/networks; do
  if [ ! -e "$RAMPART_SHARED/$needed" ]; then
    echo "skipped: no $RAMPART_SHARED/$needed"
    exit 77
  fi
done
if ! command -v curl >/dev/null; then
  echo 'skipped: no curl, and wget knows no file:// addresses'
  exit 77
fi

fail() {
  echo "FAILED: $*" >&2
  cat "$work/log" >&2
  exit 1
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Nothing may leave this machine.
export http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9
run() { # STATUS ARGUMENT...
  local expected=$1 status=0
  shift
  "$fetch" "$@" >"$work/log" 2>&1 || status=$?
  [ "$status" = "$expected" ] || fail "'$*' ended with $status"
}
said() { grep -q -- "$1" "$work/log" || fail "not said: $1"; }

run 0 --help
run 2 --nonsense
run 2 imagenet
run 1 --check --to "$work/new" mnist
said '^missing  *mnist/t10k-images'

mirror=file://$(realpath "$RAMPART_SHARED")
run 0 --to "$work/new" --mirror "$mirror" mnist qvip
cmp "$work/new/mnist/t10k-images-idx3-ubyte.gz" \
  "$RAMPART_SHARED/mnist/t10k-images-idx3-ubyte.gz" || fail 'other images'
[ "$(find "$work/new/qvip/networks" -name '*.h5' | wc -l)" = 11 ] ||
  fail 'not eleven networks'
RAMPART_DATA=$work/new run 0 --check mnist qvip

if [ -e "$RAMPART_SHARED/models" ]; then # which lie in another folder there
  mkdir "$work/mirror"
  ln -s "$(realpath "$RAMPART_SHARED")/models" "$work/mirror/deployed"
  run 0 --to "$work/new" --mirror "file://$work/mirror" deployed
  run 0 --check --to "$work/new" deployed
fi
run 1 --to "$work/none" deployed
said 'from https://raw.githubusercontent.com/mlcommons/tiny/'

# A damaged file is noticed and replaced; a part is taken up again.
labels=$work/new/mnist/t10k-labels-idx1-ubyte.gz
printf x | dd of="$labels" bs=1 seek=100 conv=notrunc status=none
run 1 --check --to "$work/new" mnist
said '^wrong  *mnist/t10k-labels'
head -c 1000 "$RAMPART_SHARED/mnist/t10k-labels-idx1-ubyte.gz" >"$labels.part"
run 0 --to "$work/new" --mirror "$mirror" mnist
[ ! -e "$labels.part" ] || fail 'a part was left'

# A mirror with the wrong bytes: not kept, and the next source is asked.
mkdir -p "$work/bad/mnist"
head -c 4542 /dev/zero >"$work/bad/mnist/t10k-labels-idx1-ubyte.gz"
rm "$labels"
run 1 --to "$work/new" --mirror "file://$work/bad" mnist
said '^wrong  *mnist/t10k-labels'
said 'from https://'
[ ! -e "$labels" ] || fail 'wrong bytes were kept'

# Without a network, each of the three hosts is asked once, for its first file.
run 1 --to "$work/none" mnist qvip
[ "$(grep -c '^get ' "$work/log")" = 3 ] || fail 'a dead host was asked again'
[ "$(grep -c '^missing ' "$work/log")" = 13 ] || fail 'not 13 files missing'
echo passed
