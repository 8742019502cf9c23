#!/usr/bin/env python3
"""The CPU that producers take for a record, against the null broker or a real one.

    produce.py BUILD_DIR [--rounds N] [--only CASE] [--records N] [--java]

Runs each case A-B-B-A for N rounds, each client in a process of its own, and prints the medians as
a table: CPU seconds (user and system, of the client) per million records, records per second, and
what Ottla takes of the other's. Every run's records must be delivered, and have arrived in order.
The floor is what copying the same bytes into batches, their checksums and the socket take alone.
--java: against the perf tool of the Java client, which tests/interop/setup.sh brings, warmed by as
many records as are measured; without keys and codecs.
"""
import argparse
import json
import pathlib
import subprocess
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER.parent), str(FOLDER.parent / "broker")]
import brokers  # noqa: E402
from tables import median, row, turns  # noqa: E402

# librdkafka's default for a batch; Kafka's own is 16 KiB, which the last cases have.
LARGE = ["--batch-size", "1000000"]
SMALL = ["--batch-size", "16384"]
CASES = {
    "100 B": ["--size", "100", *LARGE],
    "100 B, keys of 8 B, 4 partitions": ["--size", "100", "--key-size", "8", *LARGE],
    "1 KiB": ["--size", "1024", *LARGE],
    "1 KiB, lz4": ["--size", "1024", "--compression", "lz4", *LARGE],
    "1 KiB, zstd": ["--size", "1024", "--compression", "zstd", *LARGE],
    "1 KiB, snappy": ["--size", "1024", "--compression", "snappy", *LARGE],
    "1 KiB, gzip": ["--size", "1024", "--compression", "gzip", *LARGE],
    "100 B, batches of 16 KiB": ["--size", "100", *SMALL],
    "1 KiB, batches of 16 KiB": ["--size", "1024", *SMALL],
}


def command(build, client):
    if client != "java":
        return [f"{build}/bench/produce_{client}"]
    return brokers.java_client(brokers.classpath(), FOLDER / "Produce.java")


def floor(build, options, records):
    """CPU seconds per million records; of no meaning where there are codecs or keys."""
    if "--compression" in options or "--key-size" in options:
        return "-"
    done = subprocess.run([f"{build}/bench/floor", "--records", str(records), *options], check=True,
                          text=True, stdout=subprocess.PIPE)
    return f"{json.loads(done.stdout)['cpu_s_per_million']:.3f}"


def run(build, client, options, records, warm_up):
    partitions = "4" if "--key-size" in options else "1"
    broker = subprocess.Popen([f"{build}/bench/null_broker", partitions], text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    port = broker.stdout.readline().strip()
    done = subprocess.run(
        [*command(build, client), "--bootstrap", f"127.0.0.1:{port}", "--records", str(records),
         "--warm-up", str(warm_up), *options],
        check=True, text=True, stdout=subprocess.PIPE, timeout=600)
    figures = json.loads(done.stdout.splitlines()[-1])
    arrived = json.loads(broker.communicate()[0])
    if figures["delivered"] != records or figures["failed"] != 0:
        sys.exit(f"{client}: not everything was delivered: {figures}")
    if arrived["records"] != records + warm_up or arrived["out_of_order"] != 0:
        sys.exit(f"{client}: something else arrived: {arrived}")
    raw = arrived["records"] * int(options[options.index("--size") + 1])
    if "--compression" in options and arrived["bytes"] >= raw:
        sys.exit(f"{client}: nothing was compressed: {arrived}")
    return figures | {"requests": arrived["requests"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--only", default="")
    parser.add_argument("--java", action="store_true")
    arguments = parser.parse_args()
    other = "java" if arguments.java else "librdkafka"
    warm_up = arguments.records if arguments.java else arguments.records // 10
    print(f"| records | CPU-s per million: Ottla | {other} | ratio | records/s: Ottla | {other} "
          f"| ratio | RSS MB: Ottla | {other} | CPU-s per million: floor |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for case, options in CASES.items():
        if arguments.only not in case:
            continue
        if arguments.java and ("--compression" in options or "--key-size" in options):
            continue
        runs = {"ottla": [], other: []}
        for client in turns(arguments.rounds, list(runs)):
            runs[client].append(run(arguments.build, client, options, arguments.records, warm_up))
        ours, theirs = runs["ottla"], runs[other]
        cells = [case]
        for field, form in (("cpu_s_per_million", "{:.3f}"), ("records_per_s", "{:.0f}")):
            one, another = median(ours, field), median(theirs, field)
            cells += [form.format(one), form.format(another), f"{one / another:.2f}"]
        cells += [f"{median(each, 'max_rss_mb'):.0f}" for each in (ours, theirs)]
        row(*cells, floor(arguments.build, options, arguments.records))


if __name__ == "__main__":
    main()
