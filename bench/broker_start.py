#!/usr/bin/env python3
"""How long ottla-broker takes to be ready on an empty directory, and what it costs when idle.

    broker_start.py BROKER [--starts N] [--idle SECONDS]

Prints one JSON line: medians of the start in milliseconds, resident memory in MB, and how often
its threads woke up per second while nothing happened.
"""
import argparse
import json
import pathlib
import signal
import statistics
import subprocess
import tempfile
import time


def status(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":", 1) for line in lines if ":" in line)


def wake_ups(pid):
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        for line in (task / "status").read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches"):
                total += int(line.split()[1])
    return total


def measure(broker, idle):
    with tempfile.TemporaryDirectory() as data:
        began = time.monotonic()
        process = subprocess.Popen(
            [broker, "--override", "listeners=PLAINTEXT://127.0.0.1:0",
             "--override", f"log.dirs={data}/d"], stdout=subprocess.PIPE, text=True)
        line = process.stdout.readline()
        ready_ms = (time.monotonic() - began) * 1000
        if not line.startswith("ottla-broker ready"):
            raise SystemExit(f"the broker did not start: {line!r}")
        before = wake_ups(process.pid)
        time.sleep(idle)
        woken = wake_ups(process.pid) - before
        rss_mb = int(status(process.pid)["VmRSS"].split()[0]) / 1024
        process.send_signal(signal.SIGTERM)
        if process.wait() != 0:
            raise SystemExit("the broker did not end cleanly")
        return ready_ms, rss_mb, woken / idle if idle else 0.0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("broker")
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--idle", type=float, default=1.0)
    arguments = parser.parse_args()
    runs = [measure(arguments.broker, arguments.idle) for _ in range(arguments.starts)]
    print(json.dumps({
        "bench": "broker_start",
        "starts": arguments.starts,
        "ready_ms_median": round(statistics.median(run[0] for run in runs), 1),
        "ready_ms_max": round(max(run[0] for run in runs), 1),
        "idle_rss_mb_median": round(statistics.median(run[1] for run in runs), 1),
        "wake_ups_per_second_median": round(statistics.median(run[2] for run in runs), 2),
    }))


if __name__ == "__main__":
    main()
