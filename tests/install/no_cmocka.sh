#!/usr/bin/env bash
# A plain `cmake -S . -B build` where the tests cannot be built: it says so, and
# what it configures builds the programs.
set -euo pipefail

source=$(cd "${RAMPART_SOURCE:-.}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
  echo "FAILED: $*" >&2
  exit 1
}
# A machine needs Ninja or Make, not both.
! command -v ninja >/dev/null || export CMAKE_GENERATOR=Ninja

mkdir "$work/empty"
configure() { # WHAT OPTION...
  PKG_CONFIG_LIBDIR=$work/empty PKG_CONFIG_PATH='' \
    cmake -S "$source" -B "$work/build" "${@:2}" >"$work/log" 2>&1 ||
    fail "$1: $(cat "$work/log")"
  grep -q 'Tests are left out, for they need cmocka' "$work/log" ||
    fail "$1: it does not say that there are no tests: $(cat "$work/log")"
  cmake --build "$work/build" --target help | grep -q '^rampart-check[: ]' ||
    fail "$1: no target rampart-check"
}
configure 'no cmocka'
configure 'no pkg-config' -DCMAKE_DISABLE_FIND_PACKAGE_PkgConfig=ON
