"""Rows that prove the other rows: peers against Apache Kafka, and planted faults."""

import dataclasses

from lib import (
    clients,
    copiers,
    dataset,
    directory,
    groups,
    kills,
    streams,
    transactions,
    zombies,
)
from lib.process import StepFailed
from lib.servers import Kafka, OnDemand


def rows(table, context):
    kafka = OnDemand(Kafka(context.harness, context.new_folder("kafka")))
    try:
        clients.rows(table, context, "self/clients", kafka)
        groups.rows(table, context, "self/group", kafka)
        transactions.rows(table, context, "self/transaction", kafka)
        zombies.rows(table, context, "self/zombie", kafka, [zombies.Java])
        planted(table, context, kafka)
    finally:
        kafka.stop()
    if table.wants("self/kills"):
        _kills(table, context)
    if table.wants("self/copiers"):
        own = context.own_kafka(context.new_folder("copiers"), copiers.BROKER)
        copiers.rows(table, context, "self/copiers", own, 4, seed=1)
    if table.wants("self/streams"):
        own = context.own_kafka(context.new_folder("streams"), copiers.BROKER)
        streams.rows(table, context, "self/streams", own, 4, seed=1)
    directory.rows(
        table,
        context,
        "self/directory",
        lambda data: context.own_kafka(data, directory.QUICK),
        lambda data: Kafka(context.harness, data, directory.QUICK),
        lambda data: context.own_kafka(data, directory.QUICK),
    )


def _kills(table, context):
    own = context.own_kafka(context.new_folder("kills"))
    own.start()
    try:
        kills.rows(table, context, "self", own, 2, seed=1)
    finally:
        own.kill()


def planted(table, context, kafka):
    """Faults that the comparisons must find."""
    name = "planted"
    if not table.wants(name):
        return
    topic = "planted"
    records = dataset.full(60)
    context.java.create_topic(kafka.bootstrap, topic)
    context.java.produce(kafka.bootstrap, topic, records, "none")
    stored = context.java.consume(kafka.bootstrap, topic)
    with table.row(name) as row:
        row.cell("untouched", lambda: clients.expect_same(records, stored))
        for fault, corrupted in _corrupted(records).items():
            row.cell(fault, lambda: _expect_found(dataset.compare(corrupted, stored)))
    acked = [[index, index % 3, index // 3] for index in range(30)]
    with table.row("planted-kills") as row:
        row.cell("untouched", lambda: _expect_none(kills.find_faults(acked, _kept(range(30)))))
        row.cell("lost", lambda: _expect_found(kills.find_faults(acked, _kept(range(27)))))
        again = [*range(27), 24, 28, 29]
        row.cell("replaced", lambda: _expect_found(kills.find_faults(acked, _kept(again))))
        twice = [*range(30), 27, 28, 29]
        row.cell("twice", lambda: _expect_found(kills.find_faults(acked, _kept(twice))))
    wanted = {"a": 2, "b": 1}
    with table.row("planted-streams") as row:
        right = [("a", 1), ("b", 1), ("a", 2)]
        row.cell("untouched", lambda: _expect_none(streams.find_faults(right, wanted)))
        for fault, found in {
            "lost": right[:2],
            "twice": [*right[:2], ("a", 1), ("a", 2)],
            "skipped": [("b", 1), ("a", 2)],
            "foreign": [*right, ("c", 1)],
        }.items():
            row.cell(fault, lambda: _expect_found(streams.find_faults(found, wanted)))


def _corrupted(records):
    def change(position, **fields):
        changed = list(records)
        changed[position] = dataclasses.replace(records[position], **fields)
        return changed

    swapped = list(records)
    swapped[3], swapped[6] = swapped[6], swapped[3]
    return {
        "value": change(4, value=records[4].value + b"!"),
        "null-value": change(6, value=b""),
        "key": change(5, key=b"k6"),
        "null-key": change(10, key=b""),
        "header-value": change(7, headers=(("h1", b"other"), *records[7].headers[1:])),
        "null-header": change(7, headers=(*records[7].headers[:2], ("null", b""))),
        "header-order": change(7, headers=records[7].headers[::-1]),
        "no-header": change(7, headers=()),
        "timestamp": change(8, timestamp=records[8].timestamp + 1),
        "order": swapped,
        "missing": records[:-1],
        "too-many": [*records, records[0]],
        "partition": change(9, partition=1),
    }


def _kept(indexes):
    """As if those records had been kept, one after the other in each partition."""
    ends = [0] * dataset.PARTITIONS
    kept = []
    for index in indexes:
        partition = index % dataset.PARTITIONS
        record = dataset.Record(partition, 0, None, str(index).encode())
        kept.append(dataset.Stored(ends[partition], record))
        ends[partition] += 1
    return kept


def _expect_found(faults):
    if not faults:
        raise StepFailed("the planted fault was not found")
    return "found"


def _expect_none(faults):
    if faults:
        raise StepFailed(f"faults where there are none: {faults[:2]}")
