#!/usr/bin/env bash
# run.sh BUILD_FOLDER CXX_COMPILER C_COMPILER
set -euo pipefail
build=$1
compiler=$2
c_compiler=$3
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build" --prefix "$work/prefix" >/dev/null
for program in ottla ottla-broker; do
  "$work/prefix/bin/$program" --help >/dev/null
done

cmake -S "$here/outside" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" \
  -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_C_COMPILER="$c_compiler" >/dev/null
cmake --build "$work/build" >/dev/null
"$work/build/outside"
"$work/build/outside_c"

# The linker takes the shared libraries if they are there.
export PKG_CONFIG_PATH LD_LIBRARY_PATH
PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name ottla.pc)")
LD_LIBRARY_PATH=$(dirname "$PKG_CONFIG_PATH")
read -ra flags < <(pkg-config --cflags --libs ottla-embedded-broker ottla-interceptors)
"$compiler" -std=c++20 "$here/outside/main.cc" -o "$work/outside-pc" "${flags[@]}"
"$work/outside-pc"

# C programs see the ABI of the shared library and nothing else of it.
library=$(find "$work/prefix" -name libottla_c.so)
read -ra flags < <(pkg-config --define-variable=prefix="$work/prefix" --cflags --libs ottla-c)
"$c_compiler" -std=c99 -Wall -Wextra -pedantic -Werror "$here/outside/main.c" -o "$work/outside-c" \
  "${flags[@]}" -Wl,-rpath,"$(dirname "$library")"
"$work/outside-c"
nm -D --defined-only "$library" | awk '{print $3}' >"$work/exported"
grep -q '^ottla_producer_send@@OTTLA_C_1$' "$work/exported"
if grep -v -e '^ottla_[a-z_]*@@OTTLA_C_1$' -e '^OTTLA_C_1$' -e '^OTTLA_C_1@@OTTLA_C_1$' "$work/exported"; then
  echo "these should not be seen" >&2
  exit 1
fi
python3 "$here/outside/bind.py" "$library"
