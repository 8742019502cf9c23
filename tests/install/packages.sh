#!/usr/bin/env bash
# packages.sh BUILD_FOLDER COMPILER: makes the Debian packages, looks into them, and builds and runs a
# program of somebody else's against what they hold, with the static and with the shared libraries.
set -euo pipefail
build=$1
compiler=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { printf '%s\n' "$*" >&2; exit 1; }
# has TEXT PATTERN WHAT
has() { grep -Eq -- "$2" <<<"$1" || fail "$3: '$2' is not in"$'\n'"$1"; }

cpack -G DEB --config "$build/CPackConfig.cmake" -B "$work" >"$work/cpack.log" 2>&1 ||
  { cat "$work/cpack.log" >&2; exit 1; }
version=$(sed -n 's/^set(CPACK_PACKAGE_VERSION "\(.*\)")/\1/p' "$build/CPackConfig.cmake")
architecture=$(dpkg --print-architecture)
for package in libottla libottla-dev ottla-broker ottla; do
  file="$work/${package}_${version}_${architecture}.deb"
  [ -f "$file" ] || fail "there is no $file"
  has "$(dpkg-deb -f "$file")" "^Package: $package\$" "$package"
  has "$(dpkg-deb -f "$file")" "^Version: $version\$" "$package"
  dpkg-deb -x "$file" "$work/root"
  mkdir "$work/$package"
  dpkg-deb -e "$file" "$work/$package"
done
[ "$(find "$work" -maxdepth 1 -name '*.deb' | wc -l)" -eq 4 ] || fail "there are other packages"

has "$(dpkg-deb -f "$work"/libottla_*.deb Depends)" "libc6.*libstdc\+\+6|libstdc\+\+6.*libc6" libottla
has "$(dpkg-deb -f "$work"/libottla_*.deb Depends)" "libssl3" libottla
has "$(dpkg-deb -f "$work"/libottla-dev_*.deb Depends)" "libottla \(= $version\).*libzstd-dev" libottla-dev
has "$(cat "$work/ottla-broker/conffiles")" "^/etc/ottla/server.properties\$" ottla-broker
sh -n "$work/ottla-broker/postinst"
sh -n "$work/ottla-broker/prerm"
for path in usr/bin/ottla usr/bin/ottla-broker usr/lib/systemd/system/ottla-broker.service \
  usr/lib/sysusers.d/ottla-broker.conf usr/include/ottla/ottla.h usr/share/doc/ottla/ottla.cdx.json; do
  [ -f "$work/root/$path" ] || fail "no package has $path"
done
# Nothing but what these say: the unit starts what the package has, with the settings it has.
grep -q '^ExecStart=/usr/bin/ottla-broker --config /etc/ottla/server.properties$' \
  "$work/root/usr/lib/systemd/system/ottla-broker.service" || fail "the unit starts something else"

# The broker takes the settings that come with it.
sed "s|^log.dirs=.*|log.dirs=$work/data|; s|:9092|:0|" "$work/root/etc/ottla/server.properties" \
  >"$work/server.properties"
mkfifo "$work/ready"
"$work/root/usr/bin/ottla-broker" --config "$work/server.properties" >"$work/ready" 2>"$work/broker.log" &
broker=$!
read -r line <"$work/ready" || { cat "$work/broker.log" >&2; fail "the broker did not start"; }
kill -TERM "$broker"
wait "$broker" || fail "the broker ended badly"
has "$line" 'PLAINTEXT://127.0.0.1:' "the ready line"

# The shared libraries: their name, and what can be seen of them.
libraries=$(dirname "$(find "$work/root" -name 'libottla.so.*' | head -n 1)")
short=${version%.*}
for library in ottla ottla_interceptors ottla_embedded_broker; do
  has "$(readelf -d "$libraries/lib$library.so.$short")" "SONAME.*\[lib$library.so.$short\]" "$library"
  seen=$(nm -D --defined-only -C "$libraries/lib$library.so.$short" |
    grep -Ev '@@OTTLA_PRIVATE_|^[0-9a-f]+ . (ottla::|(typeinfo|typeinfo name|vtable) for ottla::)| OTTLA_' || true)
  [ -z "$seen" ] || fail "lib$library.so shows also"$'\n'"$(head -n 20 <<<"$seen")"
done
has "$(nm -D --defined-only "$libraries/libottla.so.$short")" \
  "_ZN5ottla8Producer4sendERKNS_14ProducerRecordE@@OTTLA_$short\$" "the public API"

cmake -S "$here/outside" -B "$work/outside" -G Ninja -DCMAKE_PREFIX_PATH="$work/root/usr" \
  -DCMAKE_CXX_COMPILER="$compiler" -DOUTSIDE_SHARED=ON >/dev/null
cmake --build "$work/outside" >"$work/outside.log" || { cat "$work/outside.log" >&2; exit 1; }
"$work/outside/outside"
LD_LIBRARY_PATH=$libraries "$work/outside/outside_shared"
has "$(readelf -d "$work/outside/outside_shared")" "NEEDED.*\[libottla.so.$short\]" outside_shared

# The plug-in to copy, as its own project builds it.
cmake -S "$here/../../examples/interceptor_plugin" -B "$work/plugin" -G Ninja \
  -DCMAKE_PREFIX_PATH="$work/root/usr" -DCMAKE_CXX_COMPILER="$compiler" >/dev/null
cmake --build "$work/plugin" >"$work/plugin.log" || { cat "$work/plugin.log" >&2; exit 1; }
seen=$(nm -D --defined-only "$work/plugin/stamp.so" | awk '$2 == "T" { print $3 }' | sort | tr '\n' ' ')
[ "$seen" = "ottla_plugin_abi ottla_plugin_make " ] || fail "the plug-in shows: $seen"
