#!/usr/bin/env bash
# Install a build below a fresh prefix, and use what is there: programs, jobs,
# the library from C (pkg-config, CMake), manual pages, completion.   installed.sh BUILD
set -euo pipefail

build=$1 source=${RAMPART_SOURCE:-.}
prefix=$(mktemp -d)/prefix
trap 'rm -rf "${prefix%/prefix}"' EXIT
fail() {
  echo "FAILED: $*" >&2
  exit 1
}
sanitized() { grep -q '^RAMPART_SANITIZE:BOOL=ON' "$build/CMakeCache.txt"; }

cmake --install "$build" --prefix "$prefix" >/dev/null
source=$(cd "$source" && pwd)
cd "${prefix%/prefix}"
lib=$(dirname "$(find "$prefix" -name librampart.so)")
export PATH=$prefix/bin:$PATH
# A machine needs Ninja or Make, not both.
! command -v ninja >/dev/null || export CMAKE_GENERATOR=Ninja

echo "== programs, on the installed job"
[ "$(command -v rampart)" = "$prefix/bin/rampart" ] || fail "rampart: not there"
! ldd "$prefix/bin/rampart" | grep 'not found' || fail "libraries are missing"
job=$prefix/share/rampart/jobs/quickstart.yaml
sed 's/100-199/100-103/; /^known/d' "$job" >"${job%.yaml}_few.yaml"
rampart run -q "${job%.yaml}_few.yaml" --evidence full -o few.h5
rampart-check few.h5
if [ -x "$build/bin/rampart-verified-check" ]; then
  rampart-check-twice few.h5
fi
[ -x "$prefix/share/rampart/slurm/submit.sh" ] || fail "no slurm/submit.sh"
dry=$("$prefix/share/rampart/slurm/submit.sh" "$job" --ntasks 2 --dry-run)
grep -q sbatch <<<"$dry" || fail "submit.sh --dry-run"
for file in README.md docs/evidence.md proofs/README.md results/README.md; do
  [ -s "$prefix/share/doc/rampart/$file" ] || fail "no $file"
done
# Every link of one document to another leads to a file that is installed.
while IFS=: read -r file link; do
  link=${link#](}
  [ -s "$(dirname "$file")/$link" ] || fail "$file: $link is not installed"
done < <(grep -roE '\]\([^)#:]+\.md' "$prefix/share/doc/rampart")

echo "== manual pages and completion know every command and option"
# shellcheck source=/dev/null
source "$prefix/share/bash-completion/completions/rampart"
completions() { # WORD...
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
  _rampart
  printf '%s\n' "${COMPREPLY[@]}"
}
options() { # help on standard input
  sed '/^EXIT STATUS/q' | grep -oE '^ *(-[a-z], )?--[a-z][a-z-]+' |
    grep -oE -- '--.*' | sort -u
}
check_pages() { # PAGE COMMAND...
  local page=$prefix/share/man/man1/$1.1 option known
  shift
  known=$(completions "$@" --)
  [ -s "$page" ] || fail "no $page"
  for option in $("$@" --help | options); do
    grep -q -- "^\.B.*${option//-/\\\\-}" "$page" ||
      grep -q -- "^${option//-/\\\\-}" "$page" || fail "$page lacks $option"
    grep -qx -- "$option" <<<"$known" ||
      fail "completion of '$*' lacks $option"
  done
  command -v groff >/dev/null || return 0
  [ -z "$(groff -man -Tascii -ww "$page" 2>&1 >/dev/null)" ] ||
    fail "$page: groff complains"
}
commands=$(rampart --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
[ "$(wc -w <<<"$commands")" -gt 8 ] || fail "commands: $commands"
[ "$(completions rampart '' | sort)" = "$(sort <<<"$commands")" ] ||
  fail "completion of commands"
[ "$(completions rampart ver)" = verify ] || fail "completion of 'ver'"
grep -qx qvip <<<"$(completions rampart verify --format '')" || fail "values"
for command in $commands; do
  grep -q "^\.B $command$" "$prefix/share/man/man1/rampart.1" ||
    fail "rampart.1 lacks $command"
  check_pages "rampart-$command" rampart "$command"
done
check_pages rampart-check rampart-check

if sanitized; then
  echo "== the library: not in builds with sanitizers"
  exit 0
fi

echo "== the library: what it needs, and its manual page"
! ldd "$lib/librampart.so" | grep -E 'not found|libmpi' || fail "libraries"
page=$prefix/share/man/man3/rampart.3
grep -q "^\.TH RAMPART 3 .*Rampart $(rampart --version | cut -d' ' -f2)" \
  "$page" || fail "$page: no version"
if command -v groff >/dev/null; then
  [ -z "$(groff -man -Tascii -ww "$page" 2>&1 >/dev/null)" ] ||
    fail "$page: groff complains"
fi

echo "== from C, by pkg-config"
export PKG_CONFIG_PATH=$lib/pkgconfig LD_LIBRARY_PATH=$lib
example=$prefix/share/doc/rampart/examples/verify_one.c
# shellcheck disable=SC2046
${CC:-cc} -Wall -Wextra -Werror -o by_pkg_config "$example" \
  $(pkg-config --cflags --libs rampart)
/usr/bin/python3 - "$source/data/digits.h5" >sample.txt <<'PYTHON' || exit 77
import sys, h5py
print(*h5py.File(sys.argv[1])["x"][100].ravel())
PYTHON
expect() { # PROGRAM
  local answers
  answers=$(for radius in 4 16; do
    "$1" "$source/data/digits_net.h5" $radius <sample.txt
  done)
  echo "$answers"
  grep -q 'radius 4: robust$' <<<"$answers" || fail "$1, radius 4"
  grep -q 'radius 16: violated, class' <<<"$answers" || fail "$1, radius 16"
}
expect ./by_pkg_config

echo "== from C, by CMake"
mkdir project
cp "$example" project/main.c
cat >project/CMakeLists.txt <<'TEXT'
cmake_minimum_required(VERSION 3.18)
project(user C)
find_package(rampart 0.2 REQUIRED)
add_executable(by_cmake main.c)
target_link_libraries(by_cmake PRIVATE rampart::rampart)
TEXT
cmake -S project -B project/build -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
cmake --build project/build >/dev/null
unset LD_LIBRARY_PATH
expect project/build/by_cmake

echo "== the Python package, which tests/python looks at"
[ -s "$prefix/share/rampart/python/rampart/__init__.py" ] || fail "no package"
