#!/usr/bin/env bash
# A build by an ordinary user, with libraries unpacked below a folder of theirs:
# it is those that are found, compiled with, linked and loaded, and not the
# system's. The folder gets what the packages installed here hold, as
# `apt-get download` and `dpkg -x` would make it (slurm/INSTALL.md).
set -euo pipefail

packages=(libglpk-dev libglpk40 libamd2 libcolamd2 libsuitesparseconfig5
  libhdf5-dev libhdf5-103-1 libhdf5-hl-100 libsz2 libaec0
  libyaml-dev libyaml-0-2 libzip-dev libzip4 nettle-dev libnettle8 libprotobuf-c-dev
  libprotobuf-c1 libonnx-dev)
source=$(cd "${RAMPART_SOURCE:-.}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
  echo "FAILED: $*" >&2
  exit 1
}
skip() {
  echo "skipped: $*"
  exit 77
}
as_user=()
if [ "$(id -u)" = 0 ]; then
  command -v setpriv >/dev/null || skip "no setpriv"
  as_user=(setpriv --reuid 65534 --regid 65534 --clear-groups
    env HOME="$work/home" CCACHE_DISABLE=1)
fi

command -v dpkg-query >/dev/null || skip "no Debian packages here"
mkdir -p "$work/root" "$work/home" "$work/source"
for package in "${packages[@]}"; do
  files=$(dpkg-query -L "$package" 2>/dev/null) ||
    skip "$package is not installed"
  while read -r file; do
    case $file in
    */include/* | */lib/*) ;;
    *) continue ;;
    esac
    [ -d "$file" ] && [ ! -L "$file" ] || echo "$file"
  done <<<"$files"
done | sort -u | tar -C / -cf - --no-recursion -T - 2>/dev/null |
  tar -C "$work/root" -xf -
# All that is in the source folder, as a clone has it: not what was built there.
tar -C "$source" --exclude=./.git --exclude='./build*' --exclude='./results/*.h5*' \
  -cf - . | tar -C "$work/source" -xf -
[ ${#as_user[@]} = 0 ] || chown -R 65534:65534 "$work"

# A machine needs Ninja or Make, not both.
! command -v ninja >/dev/null || export CMAKE_GENERATOR=Ninja
cd "$work"
# Without optimization: what is compared is where things come from.
"${as_user[@]}" cmake -S source -B build -DBUILD_TESTING=OFF \
  -DCMAKE_BUILD_TYPE=Debug -DCMAKE_PREFIX_PATH="$work/root/usr" \
  >configure.log 2>&1 || { cat configure.log; fail "configure"; }
grep -q "^ONNX_PROTO_DIR:PATH=$work/root/" build/CMakeCache.txt ||
  fail "ONNX: $(grep "^ONNX_PROTO_DIR:" build/CMakeCache.txt)"
for library in GLPK HDF5 YAML ZIP NETTLE PROTOBUF_C; do
  grep -q "^${library}_LIBRARY:FILEPATH=$work/root/" build/CMakeCache.txt ||
    fail "$library: $(grep "^${library}_LIBRARY:" build/CMakeCache.txt)"
  grep -q "^${library}_INCLUDE_DIR:PATH=$work/root/" build/CMakeCache.txt ||
    fail "$library: $(grep "^${library}_INCLUDE_DIR:" build/CMakeCache.txt)"
done
"${as_user[@]}" cmake --build build -j2 >build.log 2>&1 ||
  { tail -n 30 build.log; fail "build"; }
"${as_user[@]}" cmake --install build --prefix "$work/home/rampart" \
  >install.log 2>&1 || { cat install.log; fail "install"; }

bin=$work/home/rampart/bin
for program in "$bin/rampart" "$bin/rampart-check"; do
  loaded=$("${as_user[@]}" ldd "$program")
  echo "$loaded" | sed -n '/glpk\|hdf5\|amd\|sz\|aec\|yaml\|zip\|nettle\|protobuf/p'
  for library in hdf5 sz aec nettle; do
    grep -q "lib$library.* => $work/root/" <<<"$loaded" ||
      fail "$program: lib$library is not the private one"
  done
  ! grep 'not found' <<<"$loaded" || fail "$program: libraries are missing"
done
for library in glpk amd colamd yaml zip protobuf-c; do
  grep -q "lib$library.* => $work/root/" \
    <<<"$("${as_user[@]}" ldd "$bin/rampart")" ||
    fail "lib$library is not the private one"
done
cd "$work/home"
"${as_user[@]}" "$bin/rampart" verify -q --evidence full -o r.h5 \
  --network "$work/source/data/digits_net.h5" \
  --dataset "$work/source/data/digits.h5" --samples 100-103 --radius 1-4
"${as_user[@]}" "$bin/rampart-check" r.h5
