#!/usr/bin/env bash
# run.sh BUILD_FOLDER COMPILER
set -euo pipefail
build=$1
compiler=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build" --prefix "$work/prefix" >/dev/null
for program in ottla ottla-broker; do
  "$work/prefix/bin/$program" --help >/dev/null
done

cmake -S "$here/outside" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" \
  -DCMAKE_CXX_COMPILER="$compiler" >/dev/null
cmake --build "$work/build" >/dev/null
"$work/build/outside"

# The files name the prefix they were configured for; pkg-config is told where they are now.
export PKG_CONFIG_PATH
PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name ottla.pc)")
read -ra flags < <(pkg-config --define-variable=prefix="$work/prefix" --cflags --libs \
  ottla-embedded-broker)
"$compiler" -std=c++20 "$here/outside/main.cc" -o "$work/outside-pc" "${flags[@]}"
"$work/outside-pc"
