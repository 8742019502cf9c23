#!/usr/bin/env python3
"""The long form of fuzzing: every target under libFuzzer, two at a time.

    long_form.py BUILD_DIR [--seconds S] [--only NAME]

BUILD_DIR is that of the fuzz preset (cmake --preset fuzz; its build target is fuzz_targets). Each
target first has to find a planted defect, then runs for S seconds. Prints a row of Markdown for
each and the sum; what made a target fail stays in BUILD_DIR/tests. Fails if one did, took more
than a second for an input or 512 MiB.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

CANARY = b"the canary of ottla"
LIMITS = ["-timeout=1", "-rss_limit_mb=512", "-max_len=4096", "-print_final_stats=1"]


class Target:
    def __init__(self, program):
        self.program, self.name = program, program.name

    def fuzz(self, corpus, seconds, extra=(), **environment):
        return subprocess.run(
            [self.program, str(corpus), f"-max_total_time={seconds}", *LIMITS,
             f"-artifact_prefix={self.program.parent}/{self.name}-", *extra],
            capture_output=True, text=True, errors="replace", env={**os.environ, **environment})

    def finds_what_is_planted(self, corpus):
        """Whether the fuzzer comes upon it by itself: the corpus misses a byte of it."""
        if self.name == "fuzz_any_message":
            planted = {"OTTLA_FUZZ_TARGET": "canary"}
        else:
            (corpus / "nearly").write_bytes(CANARY[:-1])
            planted = {"OTTLA_FUZZ_CANARY": "1"}
        found = self.fuzz(corpus, 120, ["-exact_artifact_path=/dev/null"], **planted)
        return found.returncode != 0 and ("canary" in found.stderr)

    def row(self, seconds):
        with tempfile.TemporaryDirectory() as folder:
            corpus = pathlib.Path(folder)
            if not self.finds_what_is_planted(corpus):
                return 0, f"| {self.name} | does not find the planted defect | | |"
        with tempfile.TemporaryDirectory() as folder:
            done = self.fuzz(folder, seconds)
        text = done.stderr
        executions = int(found[1]) if (
            found := re.search(r"number_of_executed_units: (\d+)", text)) else 0
        peak = found[1] if (found := re.search(r"peak_rss_mb: +(\d+)", text)) else "?"
        if done.returncode != 0:
            sys.stderr.write(f"== {self.name}\n{text[-4000:]}\n")
        verdict = "none" if done.returncode == 0 else f"exit code {done.returncode}"
        row = f"| {self.name} | {executions:,} | {peak} | {verdict} |"
        return executions if done.returncode == 0 else None, row


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--seconds", type=int, default=3600, help="for each target")
    parser.add_argument("--only", default="", help="targets whose name holds this")
    arguments = parser.parse_args()
    programs = sorted((arguments.build.resolve() / "tests").glob("fuzz_*"))
    targets = [Target(p) for p in programs
               if os.access(p, os.X_OK) and p.is_file() and arguments.only in p.name
               and p.name != "fuzz_messages"]
    if not targets:
        sys.exit("there is no such target; build fuzz_targets of the fuzz preset first")
    print("| target | executions | peak RSS MB | crashes, hangs, excess |\n| --- | --- | --- | --- |")
    total, good = 0, True
    with concurrent.futures.ThreadPoolExecutor(2) as lanes:
        for executions, row in lanes.map(lambda target: target.row(arguments.seconds), targets):
            print(row, flush=True)
            total += executions or 0
            good = good and bool(executions)
    print(f"| all | {total:,} | | |")
    sys.exit(0 if good else 1)


main()
