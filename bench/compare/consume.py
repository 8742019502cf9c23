#!/usr/bin/env python3
"""The CPU that consumers take for a record, each against Ottla's broker.

    consume.py BUILD_DIR [--rounds N] [--only CASE] [--records N] [--java] [--work FOLDER]

Each case is a topic of one partition, which lies in the page cache and is read from its beginning.
Runs A-B-B-A for N rounds, each client in a process of its own, and prints the medians as a table:
CPU seconds (user and system, of the client) per million records, records per second, and what Ottla
takes of the other's. Every record must come, in order. --java: against the Java client, which
tests/interop/setup.sh brings, warmed by as many records as are measured.
"""
import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER.parent), str(FOLDER.parent / "broker")]
import brokers  # noqa: E402
from tables import median, options, row, turns  # noqa: E402

LARGE = {"batch_size": 1_000_000}
MOST_POLLED = 1000
AHEAD = {"poll_records": MOST_POLLED}
# What the topic holds, and how it is read.
CASES = {
    "100 B": ({"size": 100, **LARGE}, AHEAD),
    "100 B, batches of 16 KiB": ({"size": 100, "batch_size": 16384}, AHEAD),
    "100 B, default settings": ({"size": 100, **LARGE}, {}),
    "1 KiB": ({"size": 1024, **LARGE}, AHEAD),
    "1 KiB, lz4": ({"size": 1024, "compression": "lz4", **LARGE}, AHEAD),
    "1 KiB, zstd": ({"size": 1024, "compression": "zstd", **LARGE}, AHEAD),
    "1 KiB, snappy": ({"size": 1024, "compression": "snappy", **LARGE}, AHEAD),
    "1 KiB, gzip": ({"size": 1024, "compression": "gzip", **LARGE}, AHEAD),
}


def serves(build):
    return lambda broker: subprocess.run(
        [f"{build}/bin/ottla", "topics", "--list", "--bootstrap-server", broker.bootstrap],
        capture_output=True).returncode == 0


def client(build, name):
    if name != "java":
        return [f"{build}/bench/consume_{name}"]
    return brokers.java_client(brokers.classpath(), FOLDER / "Consume.java")


def run(command, records):
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, timeout=600)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed")
    figures = json.loads(done.stdout)
    # What is measured begins with the first poll behind the warm-up.
    if figures["delivered"] < records - MOST_POLLED:
        sys.exit(f"{command[0]}: not everything was read: {figures}")
    return figures


def compare(case, other, arguments, work):
    content, reading = CASES[case]
    records = arguments.records
    warm_up = records if other == "java" else records // 10
    place = ["--topic", "bench", "--size", str(content["size"])]
    broker = brokers.Ottla(arguments.build, work,
                           {"ottla.durability": "os", "message.max.bytes": 2 << 20})
    with brokers.Running(broker, serves(arguments.build)):
        there = ["--bootstrap", broker.bootstrap, *place]
        subprocess.run([f"{arguments.build}/bench/produce_ottla", *there, *options(content),
                        "--warm-up", "0", "--records", str(warm_up + records)],
                       check=True, stdout=subprocess.DEVNULL)
        asked = ["--warm-up", str(warm_up), "--records", str(records), *options(reading)]
        runs = {"ottla": [], other: []}
        for name in turns(arguments.rounds, ("ottla", other)):
            runs[name].append(run([*client(arguments.build, name), *there, *asked], records))
    ours, theirs = runs["ottla"], runs[other]
    cells = [case]
    for field, form in (("cpu_s_per_million", "{:.3f}"), ("records_per_s", "{:.0f}")):
        one, another = median(ours, field), median(theirs, field)
        cells += [form.format(one), form.format(another), f"{one / another:.2f}"]
    cells += [f"{median(each, 'max_rss_mb'):.0f}" for each in (ours, theirs)]
    row(*cells)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--only", default="")
    parser.add_argument("--java", action="store_true")
    parser.add_argument("--work", help="where data directories are made; removed at the end")
    arguments = parser.parse_args()
    other = "java" if arguments.java else "librdkafka"
    print(f"| records | CPU-s per million: Ottla | {other} | ratio | records/s: Ottla | {other} "
          f"| ratio | RSS MB: Ottla | {other} |")
    print("|---|---|---|---|---|---|---|---|---|")
    for case in CASES:
        if arguments.only not in case:
            continue
        work = pathlib.Path(tempfile.mkdtemp(dir=arguments.work))
        try:
            compare(case, other, arguments, work)
        finally:
            shutil.rmtree(work)


if __name__ == "__main__":
    main()
