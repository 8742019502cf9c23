"""Every file of a data directory by `ottla dump-log` and by kafka-dump-log: the same lines."""

import subprocess

from lib import dataset
from lib.process import StepFailed

KNOWN_TO_KAFKA = (".log", ".index", ".timeindex", ".txnindex", ".snapshot", ".checkpoint")
INDEXES = (".index", ".timeindex")
METADATA = "__cluster_metadata-0"
OFFSETS = "__consumer_offsets-"
TRANSACTIONS = "__transaction_state-"


def compare(context, data):
    """Fails at the first line that differs, and at any fault that either tool reports."""
    files = sorted(each for each in data.rglob("*") if each.suffix in KNOWN_TO_KAFKA)
    # What waits to be unlinked nobody has closed.
    files = [each for each in files if not each.parent.name.endswith("-delete")]
    metadata = [each for each in files if each.parent.name == METADATA]
    others = [each for each in files if each not in metadata]
    indexes = [each for each in files if each.suffix in INDEXES]
    _compare(context, metadata, "--cluster-metadata-decoder")
    _compare(context, others, "--print-data-log")
    logs = [each for each in others if each.suffix == ".log"]
    offsets = [each for each in logs if each.parent.name.startswith(OFFSETS)]
    _compare(context, offsets, "--offsets-decoder")
    transactions = [each for each in logs if each.parent.name.startswith(TRANSACTIONS)]
    _compare(context, transactions, "--transaction-log-decoder")
    _compare(context, others)
    _compare(context, indexes, "--index-sanity-check")
    _compare(context, indexes, "--verify-index-only")
    return f"{len(files)} files"


def _compare(context, files, *flags):
    if not files:
        raise StepFailed(f"there are no files for {flags}")
    arguments = ["--files", ",".join(str(each) for each in files), *flags]
    answer = context.harness.call("dumpLog", arguments=arguments)
    wanted = dataset.from_base64(answer["output"]).splitlines()
    _expect_no_faults("kafka-dump-log", dataset.from_base64(answer["errors"]).decode())
    ours = subprocess.run(
        [context.bin / "ottla", "dump-log", *arguments], capture_output=True, timeout=60
    )
    _expect_no_faults("ottla dump-log", ours.stderr.decode())
    if ours.returncode != 0:
        raise StepFailed(f"ottla dump-log ended with {ours.returncode}")
    found = ours.stdout.splitlines()
    for number, (left, right) in enumerate(zip(wanted, found)):
        if left != right:
            raise StepFailed(f"line {number + 1} of {flags}: {_differ(right, left)}")
    if len(wanted) != len(found):
        raise StepFailed(f"{len(found)} lines of {flags}, Kafka prints {len(wanted)}")


def _differ(ours, kafkas):
    at = next((i for i, pair in enumerate(zip(ours, kafkas)) if pair[0] != pair[1]), 0)
    start = max(at - 40, 0)
    return f"{ours[start : at + 60]}, Kafka: {kafkas[start : at + 60]}"


def _expect_no_faults(tool, errors):
    """Compaction leaves gaps, of which both tools tell; nothing else may be wrong."""
    faults = [
        line
        for line in errors.splitlines()
        if not line.startswith("Non-consecutive offsets in ") and " is followed by " not in line
    ]
    if faults:
        raise StepFailed(f"{tool}: " + "; ".join(faults[:4]))
