"""Rows: foreign transactional producers, and what readers of committed records see."""

import dataclasses

from lib import clients, dataset
from lib.process import StepFailed

RECORDS = 300
ABORTED = 60


def rows(table, context, group, server):
    """A row for each peer that has transactions: it copies a topic, in which there are aborted
    records too, exactly once; then administration."""
    for peer in context.producers:
        name = f"{group}/{peer.name}"
        if hasattr(peer, "copy") and table.wants(name):
            with table.row(name) as row:
                _fill(row, context, server, peer)
    if table.wants(f"{group}/admin"):
        with table.row(f"{group}/admin") as row:
            row.cell("", lambda: _administer(context, server))


def _fill(row, context, server, peer):
    source, copy, group = (f"{what}-of-{peer.name}" for what in ("source", "copy", "copiers"))
    records = peer.records(RECORDS)
    librdkafka = next(each for each in context.consumers if each.name == "librdkafka")
    row.cell("source", lambda: _write_source(context, server, source, copy, records))
    row.cell("copy", lambda: peer.copy(server.bootstrap, source, copy, group, RECORDS))
    row.cell("java", lambda: _expect_copy(records, _committed(context, server, copy)))
    row.cell(
        "librdkafka", lambda: _expect_copy(records, librdkafka.consume(server.bootstrap, copy))
    )
    row.cell("aborted", lambda: _expect_aborted(context, server, copy))
    row.cell("offsets", lambda: _expect_offsets(context, server, source, group))


def _write_source(context, server, source, copy, records):
    """Aborted records stand before, between and behind those that count."""
    java = context.java
    for topic in (source, copy):
        java.create_topic(server.bootstrap, topic)
    half = len(records) // 2
    for part, end in (
        (records[:ABORTED], "abort"),
        (records[:half], "commit"),
        (records[:ABORTED], "abort"),
        (records[half:], "commit"),
        (records[:ABORTED], "abort"),
    ):
        java.produce_in_transaction(server.bootstrap, source, part, end)


def _committed(context, server, topic):
    properties = {"isolation.level": "read_committed"}
    return context.java.consume(server.bootstrap, topic, **properties)


def _expect_copy(records, stored):
    """The same records; where they stand depends on the markers between them."""
    nexts = [0] * dataset.PARTITIONS
    counted = []
    for each in stored:
        partition = each.record.partition
        counted.append(dataclasses.replace(each, offset=nexts[partition]))
        nexts[partition] += 1
    clients.expect_same(records, counted)


def _expect_aborted(context, server, topic):
    """There were transactions that did not count."""
    properties = {"isolation.level": "read_uncommitted"}
    everything = context.java.consume(server.bootstrap, topic, **properties)
    if len(everything) <= RECORDS:
        raise StepFailed(f"no aborted records among {len(everything)}")


def _expect_offsets(context, server, topic, group):
    """What was read of the source is committed, to the last record that counts."""
    last = {}
    for each in _committed(context, server, topic):
        last[each.record.partition] = each.offset
    found = context.java.group_offsets(server.bootstrap, group).get(topic, {})
    for partition, offset in last.items():
        if found.get(str(partition), -1) != offset + 1:
            raise StepFailed(f"partition {partition}: not {offset + 1} is committed: {found}")


def _administer(context, server):
    topic = "administered-transactions"
    context.java.create_topic(server.bootstrap, topic)
    found = context.java.administer_transactions(server.bootstrap, topic)
    wanted = {
        "state": "Ongoing",
        "partitions": True,
        "listed": True,
        "writing": True,
        "fenced": True,
        "after": "Empty",
    }
    differences = {key: found.get(key) for key in wanted if found.get(key) != wanted[key]}
    if differences:
        raise StepFailed(f"not as Kafka answers: {differences}")
