"""Rows: every foreign producer in every codec, read back by every foreign consumer."""

import time

from lib import dataset, peers
from lib.process import StepFailed

RECORDS = 300


def rows(table, context, group, server):
    """One row for each producer and codec, with a cell for each consumer; then administration."""
    for producer in context.producers:
        for codec in producer.codecs:
            name = f"{group}/{producer.name}/{codec}"
            if table.wants(name):
                with table.row(name) as row:
                    _fill(row, context, server, producer, codec)
    for peer in context.producers:
        name = f"{group}/admin/{peer.name}"
        if hasattr(peer, "administer") and table.wants(name):
            topic = f"admin-{peer.name}"
            with table.row(name) as row:
                row.cell("", lambda: peer.administer(server.bootstrap, topic))


def own_rows(table, context, group, server):
    """A row for each codec of our producer, with a cell for each foreign consumer. KafkaJS reads
    what it can."""
    kafkajs = next(each for each in context.producers if each.name == "kafkajs")
    for codec in context.ours.codecs:
        name = f"{group}/ottla/{codec}"
        if not table.wants(name):
            continue
        with table.row(name) as row:
            _fill(row, context, server, context.ours, codec)
            if codec in kafkajs.codecs:
                row.cell("kafkajs", lambda: _kafkajs_reads(context, server, kafkajs, codec))


def _kafkajs_reads(context, server, kafkajs, codec):
    topic = f"ottla-kafkajs-{codec}"
    context.java.create_topic(server.bootstrap, topic)
    records = kafkajs.records(RECORDS)
    context.ours.produce(server.bootstrap, topic, records, codec)
    expect_same(records, kafkajs.consume(server.bootstrap, topic))


def _fill(row, context, server, producer, codec):
    topic = f"{producer.name}-{codec}"
    records = producer.records(RECORDS)
    written = {}
    row.cell("produce", lambda: _produce(context, server, producer, codec, topic, written))
    for consumer in context.consumers:
        row.cell(
            consumer.name, lambda: _read(consumer, server, topic, records, written.get("window"))
        )


def _produce(context, server, producer, codec, topic, written):
    context.java.create_topic(server.bootstrap, topic)
    records = producer.records(RECORDS)
    since = time.time()
    offsets = producer.produce(server.bootstrap, topic, records, codec)
    written["window"] = None if producer.sets_timestamps else peers.time_window(since)
    if offsets is not None:
        _expect_offsets(records, offsets)


def _expect_offsets(records, offsets):
    nexts = [0] * dataset.PARTITIONS
    for index, (record, offset) in enumerate(zip(records, offsets, strict=True)):
        if offset != nexts[record.partition]:
            wanted = f"{record.partition}-{nexts[record.partition]}"
            raise StepFailed(f"record {index} was acknowledged at {offset}, not {wanted}")
        nexts[record.partition] += 1


def _read(consumer, server, topic, records, window):
    expect_same(records, consumer.consume(server.bootstrap, topic), window)


def write_and_read(context, addresses, client, listener, topic):
    """A client at a listener that asks who it is; the topic is made at one that does not."""
    context.java.create_topic(addresses["PLAINTEXT"], topic)
    records = client.records(RECORDS)
    client.produce(addresses[listener], topic, records, "none")
    expect_same(records, client.consume(addresses[listener], topic))


def expect_same(records, stored, window=None, first_offset=0):
    differences = dataset.compare(records, stored, window, first_offset)
    if differences:
        more = f" (and {len(differences) - 2} more)" if len(differences) > 2 else ""
        raise StepFailed("; ".join(differences[:2]) + more)
