# What the scripts share; sourced, not run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Debian 12 packages that building and testing need.
build_packages=(g++ cmake ninja-build ccache pkg-config git python3 dpkg-dev file libboost1.81-dev libssl-dev
  libzstd-dev liblz4-dev libsnappy-dev libdeflate-dev libre2-dev libgtest-dev libbenchmark-dev
  libcli11-dev libsqlite3-dev)
# What the checks beside the tests need: the second compiler, its sanitizers, the formatter, the
# client that the benches compare with, and the shells whose completion is tried.
check_packages=(clang libclang-rt-14-dev clang-format librdkafka-dev fish zsh)

say() { printf '%s\n' "$*" >&2; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else say "These need root: $*"; say "Run them as root, or install sudo."; return 1
  fi
}

# install_packages NAME...: installs those that are missing.
install_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
      missing+=("$package")
  done
  [ "${#missing[@]}" -eq 0 ] && return 0
  say "Installing ${missing[*]}"
  local log
  log=$(mktemp)
  if ! { as_root apt-get update -qq &&
         as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
           --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    cat "$log" >&2
    say "Installing the packages failed; the output of apt-get is above."
    return 1
  fi
  rm -f "$log"
}

# build PRESET [TARGET...]: configures and builds; quiet unless it fails.
build() {
  local preset=$1 log
  shift
  log=$(mktemp)
  local targets=()
  [ "$#" -gt 0 ] && targets=(--target "$@")
  if ! { cmake --preset "$preset" -S "$root" &&
         cmake --build "$root/build/$preset" "${targets[@]}"; } >"$log" 2>&1; then
    grep -E 'error|Error|FAILED' -A 8 "$log" | head -n 120 >&2 || true
    say "Building the $preset preset failed; the whole output is in $log"
    return 1
  fi
  rm -f "$log"
}
