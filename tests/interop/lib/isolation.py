"""Rows: what command line tools print of transactions that are committed, aborted and open."""

import dataclasses

from lib import dataset
from lib.process import StepFailed

PART = 20
TIMEOUT_MS = 3000


def rows(table, context, name, server):
    """A cell for each tool; the topic is written by the Java client."""
    if not table.wants(name):
        return
    topic = name.replace("/", "-")
    console = next(each for each in context.consumers if each.name == "console")
    tools = {
        "console": lambda count, isolation: console.consume_partition(
            server.bootstrap, topic, 0, count, isolation, TIMEOUT_MS
        ),
        "ottla": lambda count, isolation: context.tool.consume(
            server.bootstrap, topic, count, isolation=isolation, timeout_ms=TIMEOUT_MS
        ),
    }
    parts = _parts()
    with table.row(name) as row:
        row.cell("source", lambda: _write(context, server, topic, parts))
        for tool, consume in tools.items():
            row.cell(tool, lambda: _expect(consume, parts))


def _parts():
    records = [
        dataclasses.replace(each, partition=0) for each in dataset.lines(5 * PART)
    ]
    return [records[at : at + PART] for at in range(0, len(records), PART)]


def _write(context, server, topic, parts):
    """What stands behind an open transaction is to be seen with it, or not at all."""
    context.java.create_topic(server.bootstrap, topic, 1)
    for part, end in zip(parts[:4], ("commit", "abort", "commit", "open"), strict=True):
        context.java.produce_in_transaction(server.bootstrap, topic, part, end)
    context.java.produce(server.bootstrap, topic, parts[4], "none")


def _expect(consume, parts):
    committed = parts[0] + parts[2]
    # One more than there may be.
    _expect_same(committed, consume(len(committed) + 1, "read_committed"))
    everything = sum(parts, [])
    _expect_same(everything, consume(len(everything), "read_uncommitted"))


def _expect_same(wanted, stored):
    found = [(each.record.key, each.record.value) for each in stored]
    if found != [(each.key, each.value) for each in wanted]:
        raise StepFailed(f"{len(found)} records, not those {len(wanted)}: {found}"[:600])
