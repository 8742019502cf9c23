#!/usr/bin/env bash
# Writes anew what is generated in docs/guide: the references of settings and metrics.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
build release guide-reference
python3 tests/guide/references.py . build/release/bin/guide-reference
