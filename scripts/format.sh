#!/usr/bin/env bash
# Formats every source file; with --check only says which ones would change.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
install_packages clang-format
mapfile -t files < <(git ls-files '*.h' '*.cc' '*.c')
if [ "${1:-}" = --check ]; then
  clang-format --dry-run --Werror "${files[@]}"
else
  clang-format -i "${files[@]}"
fi
