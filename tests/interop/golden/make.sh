#!/bin/bash
# Makes tests/protocol/golden again with the Kafka of versions.env: make.sh [FOLDER]
set -euo pipefail
cd "$(dirname "$0")"
. ../versions.env
folder=$(realpath "${1:-../../protocol/golden}")
if [ ! -f target/classpath ] ||
  [ -n "$(find src pom.xml ../versions.env -newer target/classpath -print -quit)" ]; then
  mvn -q -B -Dkafka.version="$KAFKA_VERSION" compile dependency:build-classpath \
    -Dmdep.outputFile=target/classpath >&2
  touch target/classpath
fi
java -cp "target/classes:$(cat target/classpath)" ottla.golden.Main \
  "$KAFKA_VERSION" "$folder"
