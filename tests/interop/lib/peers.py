"""The foreign clients, behind one contract."""

import dataclasses
import json
import time

from lib import changes, dataset, process
from lib.dataset import Record, Stored
from lib.printed import PRINTED, UNUSUAL
from lib.process import StepFailed

ALL_CODECS = ("none", "gzip", "snappy", "lz4", "zstd")


class Peer:
    """`records(count)` are the records that the peer can write; `sets_timestamps` is False where it
    cannot be told the timestamps."""

    name = ""
    codecs = ALL_CODECS
    sets_timestamps = True

    def records(self, count):
        return dataset.full(count)


class Program(Peer):
    """A peer in a program of its own: see peers/README.md."""

    def __init__(self, name, command):
        self.name = name
        self.command = command

    def _run(self, action, bootstrap, topic, *more, data=b""):
        command = [*self.command, action, "--bootstrap", bootstrap, "--topic", topic, *more]
        return process.run(command, data)

    def produce(self, bootstrap, topic, records, codec):
        """The offsets, in the order of `records`."""
        data = dataset.to_json_lines(records)
        out = self._run("produce", bootstrap, topic, "--codec", codec, data=data)
        offsets = {}
        for line in out.splitlines():
            ack = json.loads(line)
            if ack.get("error"):
                raise StepFailed(f"record {ack['index']}: {ack['error']}")
            offsets[ack["index"]] = ack["offset"]
        return [offsets.get(index) for index in range(len(records))]

    def consume(self, bootstrap, topic, partitions=dataset.PARTITIONS):
        out = self._run("consume", bootstrap, topic, "--partitions", str(partitions))
        return [dataset.from_json(json.loads(line)) for line in out.splitlines()]

    def administer(self, bootstrap, topic):
        self._run("admin", bootstrap, topic)

    def copy(self, bootstrap, topic, to, group, count):
        """Exactly once, in transactions of which every third is aborted and done again."""
        self._run("copy", bootstrap, topic, "--to", to, "--group", group, "--count", str(count))


class Java(Peer):
    name = "java"

    def __init__(self, harness):
        self.harness = harness

    def produce(self, bootstrap, topic, records, codec):
        answer = self.harness.call(
            "produce",
            bootstrap=bootstrap,
            topic=topic,
            properties={"compression.type": codec},
            records=[dataset.to_json(each) for each in records],
        )
        return answer["offsets"]

    def produce_in_transaction(self, bootstrap, topic, records, end):
        """`end`: commit, abort or open."""
        self.harness.call(
            "produceInTransaction",
            bootstrap=bootstrap,
            topic=topic,
            transactionalId=f"of-{topic}",
            end=end,
            records=[dataset.to_json(each) for each in records],
        )

    def copy(self, bootstrap, topic, to, group, count):
        fields = {"topic": topic, "to": to, "group": group, "count": count}
        self.harness.call("copyInTransactions", bootstrap=bootstrap, **fields)

    def administer_transactions(self, bootstrap, topic):
        """What the admin client sees of a transaction, and makes of it."""
        return self.harness.call("administerTransactions", bootstrap=bootstrap, topic=topic)

    def consume(self, bootstrap, topic, partitions=dataset.PARTITIONS, **properties):
        fields = {"topic": topic, "partitions": partitions, "properties": properties}
        answer = self.harness.call("consume", bootstrap=bootstrap, **fields)
        return [dataset.from_json(each) for each in answer["records"]]

    def end_offsets(self, bootstrap, topic, partitions=dataset.PARTITIONS, **properties):
        fields = {"topic": topic, "partitions": partitions, "properties": properties}
        return self.harness.call("endOffsets", bootstrap=bootstrap, **fields)["offsets"]

    def create_topic(
        self, bootstrap, topic, partitions=dataset.PARTITIONS, replication=1, **config
    ):
        """A topic that keeps records however old they say they are; its id."""
        config = {"retention.ms": "-1", **config}
        fields = {"topic": topic, "partitions": partitions, "config": config}
        fields["replication"] = replication
        return self.harness.call("createTopic", bootstrap=bootstrap, **fields)["topicId"]

    def list_topics(self, bootstrap):
        return self.harness.call("listTopics", bootstrap=bootstrap)["topics"]

    def describe_topic(self, bootstrap, topic):
        """{"partitions": [...], "topicId": ..., "config": what was set at the topic}."""
        found = self.harness.call("describeTopic", bootstrap=bootstrap, topic=topic)
        config = self.harness.call("describeConfig", bootstrap=bootstrap, topic=topic)["config"]
        return {**found, "config": config}

    def partitions_for(self, keys, partitions=dataset.PARTITIONS):
        """The partition that Kafka's default partitioner gives each key."""
        return self.harness.call("partitionForKey", keys=keys, partitions=partitions)["partitions"]

    def commit(self, bootstrap, group, topic, offset, partitions=dataset.PARTITIONS):
        """The same offset for every partition, by a client that is no member of the group."""
        fields = {"group": group, "topic": topic, "partitions": partitions, "offset": offset}
        self.harness.call("alterGroupOffsets", bootstrap=bootstrap, **fields)

    def group_offsets(self, bootstrap, group):
        """{topic: {partition: offset}}"""
        return self.harness.call("groupOffsets", bootstrap=bootstrap, group=group)["offsets"]

    def list_groups(self, bootstrap):
        return self.harness.call("listGroups", bootstrap=bootstrap)["groups"]

    def delete_group(self, bootstrap, group):
        self.harness.call("deleteGroup", bootstrap=bootstrap, group=group)

    def administer(self, bootstrap, topic):
        self.create_topic(bootstrap, topic, 2, **{"retention.ms": "777000"})
        found = self.describe_topic(bootstrap, topic)
        _expect(len(found["partitions"]) == 2, f"not 2 partitions: {found}")
        _expect(all(each["leader"] >= 0 for each in found["partitions"]), f"no leader: {found}")
        _expect(found["config"].get("retention.ms") == "777000", f"retention.ms: {found}")
        self._change(bootstrap, topic)
        cluster = self.harness.call("describeCluster", bootstrap=bootstrap)
        _expect(cluster["nodes"] == [bootstrap], f"not {bootstrap}: {cluster}")
        self.harness.call("deleteTopic", bootstrap=bootstrap, topic=topic)
        eventually(
            lambda: topic not in self.list_topics(bootstrap), f"{topic} was deleted, but is there"
        )

    def _change(self, bootstrap, topic):
        """Settings, partitions and records of a topic with two partitions, and of the broker."""
        self.produce(bootstrap, topic, [dataset.full(1)[0]] * 5, "none")
        outcomes = self.harness.call("changeTopic", bootstrap=bootstrap, topic=topic)["outcomes"]
        differences = {
            step: outcome
            for step, outcome in outcomes.items()
            if changes.OUTCOMES.get(step) != outcome
        }
        _expect(not differences, f"not as Kafka answers: {differences}")
        _expect(len(outcomes) == len(changes.OUTCOMES), f"steps are missing: {outcomes}")
        found = self.describe_topic(bootstrap, topic)
        _expect(found["config"].items() >= changes.SETTINGS.items(), f"settings: {found}")
        _expect(len(found["partitions"]) == changes.PARTITIONS, f"partitions: {found}")


EVENTUALLY_S = 10


def eventually(holds, otherwise, seconds=EVENTUALLY_S):
    """Waits until something holds that a broker learns of after the controller, or does later."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise StepFailed(otherwise)
        time.sleep(0.02)


def _expect(holds, otherwise):
    if not holds:
        raise StepFailed(otherwise)


class Console(Peer):
    """Kafka's console consumer, partition by partition."""

    name = "console"

    def __init__(self, java):
        self.java = java

    def consume(self, bootstrap, topic, partitions=dataset.PARTITIONS):
        ends = self.java.end_offsets(bootstrap, topic, partitions)
        stored = []
        for partition, end in enumerate(ends):
            if end > 0:
                stored += self.consume_partition(bootstrap, topic, partition, end)
        return stored

    def consume_partition(
        self, bootstrap, topic, partition, count, isolation="read_uncommitted", timeout_ms=10000
    ):
        """As many as come in time."""
        properties = {f"print.{each}": "true" for each in PRINTED}
        properties |= {"key.separator": UNUSUAL.field, "headers.separator": UNUSUAL.header}
        properties |= {"line.separator": UNUSUAL.line, "null.literal": UNUSUAL.null}
        arguments = ["--bootstrap-server", bootstrap, "--topic", topic]
        arguments += ["--partition", str(partition), "--offset", "0"]
        arguments += ["--max-messages", str(count), "--timeout-ms", str(timeout_ms)]
        arguments += ["--isolation-level", isolation, "--command-property", "fetch.max.wait.ms=50"]
        for name, value in properties.items():
            arguments += ["--formatter-property", f"{name}={value}"]
        answer = self.java.harness.call("consoleConsume", arguments=arguments)
        return UNUSUAL.parse(dataset.from_base64(answer["output"]))


class Kcat(Peer):
    """kcat: writes a line a record, at timestamps of its own."""

    name = "kcat"
    sets_timestamps = False
    headers = (("h1", b"one"), ("h2", b""))

    def records(self, count):
        plain = dataset.lines(count)
        return [Record(each.partition, 0, each.key, each.value, self.headers) for each in plain]

    def produce(self, bootstrap, topic, records, codec):
        for partition, part in enumerate(dataset.by_partition(records)):
            data = b"".join(each.key + b"\t" + (each.value or b"") + b"\n" for each in part)
            command = ["kcat", "-P", "-b", bootstrap, "-t", topic, "-p", partition]
            command += ["-K", "\\t", "-Z", "-z", codec, "-X", "enable.idempotence=true"]
            for name, value in self.headers:
                command += ["-H", f"{name}={value.decode()}"]
            process.run(command, data)
        return None

    def consume(self, bootstrap, topic, partitions=dataset.PARTITIONS):
        stored = []
        for partition in range(partitions):
            command = ["kcat", "-C", "-b", bootstrap, "-t", topic, "-p", partition]
            command += ["-o", "beginning", "-e", "-q", "-u", "-X", "fetch.wait.max.ms=100"]
            command += ["-X", "check.crcs=true", "-f", "%p %o %T %K %S %h\\n%k%s\\n"]
            stored += list(self._parse(process.run(command)))
        return stored

    def _parse(self, output):
        position = 0
        while position < len(output):
            end = output.index(b"\n", position)
            words = output[position:end].split(b" ", 5)
            partition, offset, timestamp, key_length, value_length = map(int, words[:5])
            start = end + 1
            middle = start + max(key_length, 0)
            position = middle + max(value_length, 0)
            key = None if key_length < 0 else output[start:middle]
            value = None if value_length < 0 else output[middle:position]
            headers = self._headers(words[5])
            yield Stored(offset, Record(partition, timestamp, key, value, headers))
            position += 1

    @staticmethod
    def _headers(text):
        if not text:
            return ()
        pairs = [each.split(b"=", 1) for each in text.split(b",")]
        return tuple((name.decode(), None if value == b"NULL" else value) for name, value in pairs)


class KafkaJs(Program):
    """KafkaJS cannot write a null header, nor lz4: see its peer.js."""

    codecs = ("none", "gzip", "snappy", "zstd")

    def records(self, count):
        return [
            dataclasses.replace(
                each, headers=tuple(pair for pair in each.headers if pair[1] is not None)
            )
            for each in dataset.full(count)
        ]


def time_window(since):
    """The timestamps that a producer may have set between `since` (seconds) and now."""
    return int(since * 1000) - 1, int(time.time() * 1000) + 1


def all_peers(folder, java):
    """Producers and consumers by name, in the order of the table."""
    librdkafka = Program("librdkafka", [folder / "librdkafka" / "peer.py"])
    franz = Program("franz-go", [folder / "franz" / "target" / "franz-peer"])
    kafkajs = KafkaJs("kafkajs", ["node", folder / "kafkajs" / "peer.js"])
    producers = [Kcat(), librdkafka, java, franz, kafkajs]
    consumers = [Kcat(), librdkafka, java, Console(java), franz]
    return producers, consumers


def ottla_peer(bin_folder):
    """Our SDK, as one of them."""
    return Program("ottla", [bin_folder / "ottla-peer"])
