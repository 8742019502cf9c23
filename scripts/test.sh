#!/usr/bin/env bash
# Builds and runs the tests.
#
#   scripts/test.sh             everything that needs nothing but Debian packages
#   scripts/test.sh --interop   also the foreign clients and Apache Kafka
#   scripts/test.sh --long      also the long forms: a hundred times the seeds, more kills (hours)
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

interop=no
long=no
for argument in "$@"; do
  case "$argument" in
    --interop) interop=yes ;;
    --long) long=yes ;;
    *) say "usage: scripts/test.sh [--interop] [--long]"; exit 2 ;;
  esac
done

started=$(date +%s)
step() {
  local now
  now=$(date +%s)
  say "[$((now - started)) s] $*"
}

step "packages"
install_packages "${build_packages[@]}"
step "build (release)"
build release
step "tests"
ctest --test-dir build/release --output-on-failure -j 2
if [ "$long" = yes ]; then
  # Not by ctest, which would end them for taking long.
  for program in unit_simulation unit_log unit_client_admin unit_client simulation_end_to_end; do
    step "a hundred times the seeds: $program"
    OTTLA_SEEDS_TIMES=100 "build/release/tests/$program" --gtest_brief=1
  done
fi
if [ "$interop" = yes ]; then
  step "interop: peers"
  tests/interop/setup.sh
  step "interop: matrix"
  arguments=()
  [ "$long" = yes ] && arguments+=(--long)
  tests/interop/run.py --bin build/release/bin "${arguments[@]}"
  if [ "$long" = yes ]; then
    step "interop: controls"
    tests/interop/run.py --bin build/release/bin --self-check
  fi
fi
if [ "$long" = yes ] && [ -x build/release/bench/produce_librdkafka ]; then
  step "duels"
  bench/compare/produce.py build/release
fi
step "done"
