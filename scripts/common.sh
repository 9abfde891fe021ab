# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# What the scripts share; sourced, not run. Sets `root` (the top of the source tree) and a few functions.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

# A minimal container may start us without HOME; the caches of krcu and ccache need one.
if [ -z "${HOME:-}" ]; then
  HOME=$(getent passwd "$(id -u)" | cut -d: -f6)
  export HOME
fi

say() { printf '== %s\n' "$*" >&2; }

die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 2
}

# Prints the comment at the head of a script, which is its manual: usage SCRIPT
usage() { sed -n '4,/^$/s/^# \{0,1\}//p' "$1"; }

# How many compilers fit: one per processor, but no more than one per 1.5 GB of free memory, because a
# file that includes Clang's headers takes about that much.
buildJobs() {
  local jobs memory
  jobs=$(nproc)
  memory=$(awk '/^MemAvailable:/ { print int($2 / 1572864) }' /proc/meminfo)
  if [ -n "$memory" ] && [ "$memory" -lt "$jobs" ]; then jobs=$memory; fi
  if [ "$jobs" -lt 1 ]; then jobs=1; fi
  printf '%s\n' "$jobs"
}

# build PRESET [TARGET...]: configures and builds one of CMakePresets.json, with ccache when there is one.
build() {
  local preset=$1 launcher=()
  shift
  if command -v ccache >/dev/null; then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
  say "configure $preset"
  (cd "$root" && cmake --preset "$preset" "${launcher[@]}")
  say "build $preset"
  (cd "$root" && cmake --build --preset "$preset" -j "$(buildJobs)" ${1:+--target "$@"})
}

# Which of CMakePresets.json the scripts build; the program and the tests are of the same one.
preset=${KRCU_PRESET:-release}

krcuBinary() { printf '%s\n' "$root/build/$preset/tool/main/krcu"; }

# How the environment names the tree of a version: 6.12 is 612 (KRCU_TREE_612), newest is NEWEST.
treeVariable() { printf '%s\n' "$1" | tr -d . | tr '[:lower:]' '[:upper:]'; }
