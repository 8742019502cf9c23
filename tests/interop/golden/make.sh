#!/bin/bash
# Makes again with the Kafka of versions.env what the tree keeps of it:
#     make.sh [FOLDER]                       tests/protocol/golden
#     make.sh --assignors SEED COUNT FILE    cases for the assignors
set -euo pipefail
arguments=("$@")
if [ "${1:-}" = --assignors ]; then
  arguments[3]=$(realpath "$4")
else
  arguments[0]=$(realpath "${1:-$(dirname "$0")/../../protocol/golden}")
fi
cd "$(dirname "$0")"
. ../versions.env
if [ ! -f target/classpath ] ||
  [ -n "$(find src pom.xml ../versions.env -newer target/classpath -print -quit)" ]; then
  mvn -q -B -Dkafka.version="$KAFKA_VERSION" compile dependency:build-classpath \
    -Dmdep.outputFile=target/classpath >&2
  touch target/classpath
fi
main=ottla.golden.Main
if [ "${arguments[0]}" = --assignors ]; then
  main=ottla.golden.AssignorCases
  arguments=("${arguments[@]:1}")
fi
java -cp "target/classes:$(cat target/classpath)" "$main" "$KAFKA_VERSION" "${arguments[@]}"
