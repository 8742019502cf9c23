#!/usr/bin/env python3
"""How long the `ottla` command takes from its start to its end when it has nothing to do.

    tool_start.py OTTLA [--starts N]

Prints one JSON line: wall clock of a start, and what the same takes with the `true` command, in
milliseconds, the least and the median. What is measured includes making the process.
"""
import argparse
import json
import statistics
import subprocess
import time


def starts(command, count):
    times = []
    for _ in range(count):
        began = time.monotonic()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append((time.monotonic() - began) * 1000)
    return {"least_ms": round(min(times), 2), "median_ms": round(statistics.median(times), 2)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ottla")
    parser.add_argument("--starts", type=int, default=100)
    arguments = parser.parse_args()
    print(json.dumps({
        "bench": "tool_start",
        "starts": arguments.starts,
        "help": starts([arguments.ottla, "--help"], arguments.starts),
        "topics_help": starts([arguments.ottla, "topics", "--help"], arguments.starts),
        "true": starts(["true"], arguments.starts),
    }))


if __name__ == "__main__":
    main()
