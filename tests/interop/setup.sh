#!/bin/bash
# Brings what the interop tests need on Debian 12 and builds the peers. Quick when all is there.
set -euo pipefail
cd "$(dirname "$0")"
. ./versions.env

fail() {
  echo "interop setup: $*" >&2
  exit 1
}

# Debian packages. Tools that are there from elsewhere (Go, Node) are taken as they are.
missing=()
need() { # PROGRAM PACKAGE...
  command -v "$1" >/dev/null || missing+=("${@:2}")
}
need kcat kcat
need javac default-jdk-headless
need mvn maven
need go golang-go
need node nodejs
need npm npm
/usr/bin/python3 -c 'import confluent_kafka' 2>/dev/null || missing+=(python3-confluent-kafka)
if [ ${#missing[@]} -gt 0 ]; then
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "needs these packages, and root to install them: ${missing[*]}"
    as_root=(sudo)
  fi
  echo "interop setup: installing ${missing[*]}"
  "${as_root[@]}" apt-get -qq update
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
fi

# Each peer is built again only when what it is made of has changed. A stamp is written last, so a
# step that was interrupted is done again.
stamp_of() { # FILE...
  cat versions.env "$@" | sha256sum | cut -d' ' -f1
}
up_to_date() { # FOLDER STAMP
  [ "$(cat "$1/target/stamp" 2>/dev/null)" = "$2" ]
}
finish() { # FOLDER STAMP
  mkdir -p "$1/target"
  echo "$2" >"$1/target/stamp"
}
# A registry may fail for a moment: three tries, a pause between them. Quiet unless all fail.
fetching() {
  local try output
  for try in 1 2 3; do
    output=$("$@" 2>&1) && return 0
    [ "$try" -eq 3 ] || sleep 5
  done
  fail "failed three times: $*"$'\n'"$(tail -20 <<<"$output")"
}

maven() { # FOLDER
  local stamp
  stamp=$(stamp_of "$1/pom.xml" $(find "$1" -path '*/src/*.java' | sort))
  up_to_date "$1" "$stamp" && return
  echo "interop setup: building $1"
  fetching mvn -q -B -f "$1/pom.xml" -Dkafka.version="$KAFKA_VERSION" \
    -Dscala.version="$SCALA_VERSION" compile dependency:build-classpath \
    -Dmdep.outputFile=target/classpath
  finish "$1" "$stamp"
}

franz() {
  local folder=peers/franz stamp
  stamp=$(stamp_of $folder/*.go $folder/go.mod $folder/go.sum; go version)
  up_to_date $folder "$stamp" && return
  echo "interop setup: building $folder"
  local wanted have
  wanted=$(sed -n 's/^go //p' $folder/go.mod)
  have=$(go env GOVERSION | sed 's/^go//')
  [ "$(printf '%s\n' "$wanted" "$have" | sort -V | head -1)" = "$wanted" ] ||
    fail "franz-go $FRANZ_GO_VERSION needs Go $wanted or newer; this one is $have"
  (cd $folder && export GOTOOLCHAIN=local GOFLAGS=-mod=readonly &&
    fetching go mod download && go build -o target/franz-peer .)
  finish $folder "$stamp"
}

kafkajs() {
  local folder=peers/kafkajs stamp
  stamp=$(stamp_of $folder/package.json $folder/package-lock.json)
  up_to_date $folder "$stamp" && [ -d $folder/node_modules ] && return
  echo "interop setup: installing $folder"
  (cd $folder && fetching npm ci --silent --ignore-scripts)
  finish $folder "$stamp"
}

maven golden
maven jvm
maven connect
franz
kafkajs
