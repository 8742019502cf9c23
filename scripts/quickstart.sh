#!/usr/bin/env bash
# Builds Ottla, starts a broker, sends a real file through it and reads it back.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

file=/usr/share/common-licenses/GPL-3
topic=quickstart
bin=build/release/bin
work=$(mktemp -d)
broker=

clean_up() {
  if [ -n "$broker" ] && kill -TERM "$broker" 2>/dev/null; then wait "$broker" || true; fi
  rm -rf "$work"
}
trap clean_up EXIT

# The ready line says on which port; it comes once, so reading it is waiting for it.
start_broker() {
  mkfifo "$work/ready"
  "$bin/ottla-broker" --override listeners=PLAINTEXT://127.0.0.1:0 \
    --override "log.dirs=$work/data" >"$work/ready" 2>"$work/broker.log" &
  broker=$!
  local line
  if ! read -r line <"$work/ready"; then
    say "The broker did not start:"
    cat "$work/broker.log" >&2
    exit 1
  fi
  say "  $line"
  address=$(printf '%s\n' "$line" | sed -E 's|.*PLAINTEXT://([^,]*),.*|\1|')
}

say "1. Installing what is missing and building (the first time takes some minutes)"
install_packages "${build_packages[@]}"
build release ottla-broker ottla produce_lines verify_lines word_count

say "2. Starting a broker on a free port, with a data directory of its own"
start_broker

say "3. Making the topic '$topic' with 3 partitions"
"$bin/ottla" topics --create --bootstrap-server "$address" --topic "$topic" --partitions 3 >&2

say "4. Sending every line of $file, keyed by its number (examples/produce_lines)"
build/release/examples/produce_lines "$address" "$topic" "$file"

say "5. Reading them back (examples/verify_lines)"
build/release/examples/verify_lines "$address" "$topic" "$file"

say "6. The first lines of partition 0, as 'ottla consume' prints them"
"$bin/ottla" consume --bootstrap-server "$address" --topic "$topic" --partition 0 \
  --from-beginning --max-messages 3 --property print.key=true --property key.separator=': '

say "7. Counting its words exactly once (examples/word_count): the first two are killed in the middle"
"$bin/ottla" topics --create --bootstrap-server "$address" --topic counts --partitions 3 >&2
for dies_in in 2 3 0; do
  build/release/examples/word_count "$address" "$topic" counts "$dies_in" || true
done
say "   The same by other means: $(tr -cs '[:alpha:]' '\n' <"$file" | grep -c .) words"

say "8. Stopping the broker"
kill -TERM "$broker"
wait "$broker"
broker=
say "Done. README.md says where to go from here."
