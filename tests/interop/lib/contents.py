"""What a data directory holds, and whether a server serves just that."""

import dataclasses
import json

from lib import dataset, peers, tool
from lib.dataset import Record, Stored
from lib.process import StepFailed

RECORDS = 60
SMALLEST_SEGMENT = "1048576"
COMPACTED = "compacted"
TRANSACTIONS = "in-transactions"
COMPACTION_S = 30


@dataclasses.dataclass
class Topic:
    id: str
    partitions: int
    stored: list  # of Stored: all that is there, by partition and offset


class Contents:
    """Topics of every kind, filled by several producers; what they hold is what was read behind the
    last write, and must be what any other server reads."""

    def __init__(self, context):
        self._java = context.java
        self._tool = context.tool
        self._librdkafka = next(each for each in context.producers if each.name == "librdkafka")
        self._new_folder = context.new_folder
        self._topics = {}
        self._newest = {}  # of the compacted topic: key -> value
        self._gone = "deleted"
        self._committed = {}

    def fill(self, bootstrap):
        for codec in peers.ALL_CODECS:
            self._create(bootstrap, f"java-{codec}")
            self._create(bootstrap, f"librdkafka-{codec}")
        self._create(bootstrap, "by-append", **{"message.timestamp.type": "LogAppendTime"})
        self._create(bootstrap, "segments", 1, **{"segment.bytes": SMALLEST_SEGMENT})
        self._create(bootstrap, "records-deleted", 1)
        for codec in peers.ALL_CODECS:
            self._java.produce(bootstrap, f"java-{codec}", dataset.full(RECORDS), codec)
            topic = f"librdkafka-{codec}"
            self._librdkafka.produce(bootstrap, topic, dataset.full(RECORDS), codec)
        self._java.produce(bootstrap, "by-append", dataset.full(RECORDS), "gzip")
        self._java.produce(bootstrap, "segments", large_records(60), "none")
        self._java.produce(bootstrap, "records-deleted", of_one_partition(RECORDS), "none")
        self._delete_records(bootstrap, "records-deleted", 17)
        self._produce_by_tool(bootstrap)
        self._delete_topic(bootstrap)
        for group in ("kept-one", "kept-two", "kept-not"):
            for offset in (1, 5):
                self._commit(bootstrap, group, "java-none", offset)
        self._commit(bootstrap, "kept-one", "java-zstd", 7)
        self._java.delete_group(bootstrap, "kept-not")
        del self._committed["kept-not"]
        self._create(bootstrap, TRANSACTIONS)
        self._produce_in_transactions(bootstrap)
        self._compact(bootstrap)
        self._note(bootstrap)

    def take_more(self, bootstrap):
        self.expect(bootstrap)
        self._java.produce(bootstrap, "java-none", dataset.full(RECORDS), "zstd")
        self._librdkafka.produce(bootstrap, "librdkafka-lz4", dataset.full(RECORDS), "lz4")
        self._java.produce(bootstrap, "by-append", dataset.full(RECORDS), "none")
        self._java.produce(bootstrap, "segments", large_records(30), "none")
        self._delete_records(bootstrap, "records-deleted", 23)
        self._commit(bootstrap, "kept-two", "java-none", RECORDS // 4)
        self._commit(bootstrap, f"kept-{len(self._committed)}", "java-lz4", 3)
        self._produce_in_transactions(bootstrap)
        self._note(bootstrap)

    def _produce_in_transactions(self, bootstrap):
        """By the same producer, whoever its coordinator is."""
        for end in ("commit", "abort", "commit"):
            self._java.produce_in_transaction(bootstrap, TRANSACTIONS, dataset.full(RECORDS), end)

    def expect(self, bootstrap):
        """Fails unless the server has every topic, with its id and a leader, and its records, and
        what every group has committed."""
        listed = self._java.list_topics(bootstrap)
        if self._gone in listed:
            raise StepFailed(f"{self._gone} was deleted, and is there")
        for name, topic in self._topics.items():
            if name not in listed:
                raise StepFailed(f"{name} is missing: {listed}")
            found = self._java.describe_topic(bootstrap, name)
            if found["topicId"] != topic.id:
                raise StepFailed(f"{name} has another id than {topic.id}: {found}")
            stored = self._read(bootstrap, name, topic)
            if name == COMPACTED:
                self._expect_compacted(topic.stored, stored)
            else:
                expect_equal(name, topic.stored, stored)
        self._expect_groups(bootstrap)

    def _expect_groups(self, bootstrap):
        listed = [each for each in self._java.list_groups(bootstrap) if each.startswith("kept-")]
        if listed != sorted(self._committed):
            raise StepFailed(f"groups are {listed}, not {sorted(self._committed)}")
        for group, committed in self._committed.items():
            found = self._java.group_offsets(bootstrap, group)
            if found != committed:
                raise StepFailed(f"{group} has committed {found}, not {committed}")

    def _commit(self, bootstrap, group, topic, offset):
        """What `group` has committed of every partition of `topic` from now on."""
        self._java.commit(bootstrap, group, topic, offset)
        places = {str(each): offset for each in range(dataset.PARTITIONS)}
        self._committed.setdefault(group, {})[topic] = places

    def _produce_by_tool(self, bootstrap):
        """Through our own tool and SDK."""
        self._tool.create_topic(bootstrap, "by-tool")
        records = tool.keyed_lines(self._java, RECORDS)
        self._tool.produce(bootstrap, "by-tool", records, "zstd")
        topic_id = self._java.describe_topic(bootstrap, "by-tool")["topicId"]
        self._topics["by-tool"] = Topic(topic_id, dataset.PARTITIONS, [])

    def _create(self, bootstrap, name, partitions=dataset.PARTITIONS, **config):
        topic_id = self._java.create_topic(bootstrap, name, partitions, **config)
        self._topics[name] = Topic(topic_id, partitions, [])

    def _delete_topic(self, bootstrap):
        self._java.create_topic(bootstrap, self._gone)
        self._java.produce(bootstrap, self._gone, dataset.full(RECORDS), "none")
        self._java.harness.call("deleteTopic", bootstrap=bootstrap, topic=self._gone)

    def _delete_records(self, bootstrap, topic, offset):
        file = self._new_folder("offsets") / "offsets.json"
        wanted = [{"topic": topic, "partition": 0, "offset": offset}]
        file.write_text(json.dumps({"partitions": wanted, "version": 1}))
        self._tool.run("delete-records", bootstrap, "--offset-json-file", str(file))

    def _compact(self, bootstrap):
        """Waits until the server has compacted what it was given."""
        config = {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.01"}
        config |= {"segment.bytes": SMALLEST_SEGMENT, "delete.retention.ms": "3600000"}
        self._create(bootstrap, COMPACTED, 1, **config)
        records = []
        for index in range(60):
            value = f"value {index} ".encode() + large_value(index)
            records.append(Record(0, dataset.BASE_TIMESTAMP + index, b"k%d" % (index % 7), value))
        self._java.produce(bootstrap, COMPACTED, records, "none")
        self._newest = {each.key: each.value for each in records}
        topic = self._topics[COMPACTED]
        peers.eventually(
            lambda: len(self._read(bootstrap, COMPACTED, topic)) < len(records) // 2,
            "the topic is not compacted",
            COMPACTION_S,
        )

    def _note(self, bootstrap):
        for name, topic in self._topics.items():
            topic.stored = self._read(bootstrap, name, topic)

    def _read(self, bootstrap, name, topic):
        properties = {"fetch.max.wait.ms": "50"}
        stored = self._java.consume(bootstrap, name, topic.partitions, **properties)
        return sorted(stored, key=lambda each: (each.record.partition, each.offset))

    def _expect_compacted(self, before, stored):
        """More may be compacted away, but nothing may change, and the newest must be there."""
        known = {each.offset: each.record for each in before}
        changed = [each for each in stored if known.get(each.offset) != each.record]
        if changed:
            raise StepFailed(f"{COMPACTED}: offset {changed[0].offset} has changed")
        newest = {each.record.key: each.record.value for each in stored}
        if newest != self._newest:
            raise StepFailed(f"{COMPACTED}: not the newest value of each key")


def of_one_partition(count):
    return [dataclasses.replace(each, partition=0) for each in dataset.full(count)]


def large_value(index):
    return bytes((index * 7 + position * position) % 251 for position in range(1000)) * 50


def large_records(count):
    timestamp = dataset.BASE_TIMESTAMP
    return [Record(0, timestamp + each, b"key", large_value(each)) for each in range(count)]


def expect_equal(name, wanted: list[Stored], stored: list[Stored]):
    for want, have in zip(wanted, stored):
        if want != have:
            where = f"{name}-{want.record.partition} offset {want.offset}"
            raise StepFailed(f"{where}: {repr(have)[:200]}, not {repr(want)[:200]}")
    if len(wanted) != len(stored):
        raise StepFailed(f"{name}: {len(stored)} records, not {len(wanted)}")
