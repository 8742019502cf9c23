"""Our command line tool, and the SDK through it, against a broker."""

import json
import re
import time

from lib import clients, dataset, kafka_tools, peers, printed, process
from lib.dataset import Record
from lib.process import StepFailed

RECORDS = 300


class Tool:
    """The `ottla` command."""

    def __init__(self, bin_folder):
        self._program = bin_folder / "ottla"

    def run(self, action, bootstrap, *arguments, data=b"", words=()):
        """`words` are those of an action that has actions of its own."""
        command = [self._program, action, *words, "--bootstrap-server", bootstrap, *arguments]
        return process.run(command, data)

    def export_kafka_config(self, data, bootstrap, controller_port):
        """What the tool says Apache Kafka is to be started with on our directory `data`."""
        command = [self._program, "export-kafka-config"]
        command += ["--override", f"listeners=PLAINTEXT://{bootstrap}"]
        command += ["--override", f"log.dirs={data}", "--controller-port", str(controller_port)]
        lines = process.run(command).decode().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def create_topic(self, bootstrap, topic, partitions=dataset.PARTITIONS):
        arguments = ["--create", "--topic", topic, "--partitions", str(partitions)]
        self.run("topics", bootstrap, *arguments, "--replication-factor", "1")

    def produce(self, bootstrap, topic, records, codec):
        """Writes key and value; the partition follows from the key."""
        data = b"".join(each.key + b"\t" + each.value + b"\n" for each in records)
        arguments = ["--topic", topic, "--property", "parse.key=true"]
        arguments += ["--property", "key.separator=\t"]
        arguments += ["--producer-property", f"compression.type={codec}"]
        self.run("produce", bootstrap, *arguments, data=data)

    def consume(
        self, bootstrap, topic, count, *place, isolation="read_uncommitted", timeout_ms=10000
    ):
        """As many as come in time."""
        arguments = ["--topic", topic, *(place or ["--from-beginning"])]
        arguments += ["--isolation-level", isolation]
        arguments += ["--max-messages", str(count), "--timeout-ms", str(timeout_ms)]
        for each in printed.PRINTED:
            arguments += ["--property", f"print.{each}=true"]
        return printed.DEFAULT.parse(self.run("consume", bootstrap, *arguments))


def rows(table, context, group, server):
    for codec in peers.ALL_CODECS:
        _row(table, context, server, f"{group}/produce/{codec}", _produce, codec)
        _row(table, context, server, f"{group}/consume/{codec}", _consume, codec)
    _row(table, context, server, f"{group}/topics", _administer, "")
    _row(table, context, server, f"{group}/configs", _configure, "")
    _row(table, context, server, f"{group}/delete-records", _delete_records, "")
    _row(table, context, server, f"{group}/consumer-perf-test", _measure_consumer, "")
    _row(table, context, server, f"{group}/formatters", _format, "")


def _row(table, context, server, name, step, codec):
    if table.wants(name):
        with table.row(name) as row:
            row.cell("", lambda: step(context, server, codec))


def keyed_lines(java, count):
    """Records of text whose partition is the one that Kafka's partitioner gives their keys."""
    keys = [f"key-{index}" for index in range(count)]
    return [
        Record(partition, 0, key.encode(), f"line {key} Ottla, František 変身 🪲".encode())
        for key, partition in zip(keys, java.partitions_for(keys), strict=True)
    ]


def _produce(context, server, codec):
    topic = f"tool-produce-{codec}"
    records = keyed_lines(context.java, RECORDS)
    context.tool.create_topic(server.bootstrap, topic)
    since = time.time()
    context.tool.produce(server.bootstrap, topic, records, codec)
    stored = context.java.consume(server.bootstrap, topic)
    clients.expect_same(records, stored, peers.time_window(since))


def _consume(context, server, codec):
    topic = f"tool-consume-{codec}"
    headers = (("h1", b"one"), ("empty", b""))
    records = [
        Record(each.partition, each.timestamp, each.key, each.value, headers)
        for each in dataset.lines(RECORDS)
    ]
    context.java.create_topic(server.bootstrap, topic)
    context.java.produce(server.bootstrap, topic, records, codec)
    stored = context.tool.consume(server.bootstrap, topic, RECORDS)
    clients.expect_same(records, stored)
    first = dataset.by_partition(records)[1][40:]
    place = ["--partition", "1", "--offset", "40"]
    stored = context.tool.consume(server.bootstrap, topic, len(first), *place)
    clients.expect_same(first, stored, first_offset=40)


def _administer(context, server, _):
    topic = "tool-topics"

    def run(action, *arguments):
        return context.tool.run("topics", server.bootstrap, action, *arguments).decode()

    _expect(topic not in run("--list").split(), "listed before it is created")
    arguments = ["--topic", topic, "--partitions", "4", "--replication-factor", "1"]
    run("--create", *arguments, "--config", "retention.ms=777000")
    peers.eventually(lambda: topic in run("--list").split(), "not listed")
    _expect(topic in run("--describe", "--topic", topic), "not described")
    found = context.java.describe_topic(server.bootstrap, topic)
    _expect(len(found["partitions"]) == 4, f"not 4 partitions: {found}")
    _expect(found["config"].get("retention.ms") == "777000", f"retention.ms: {found['config']}")
    run("--delete", "--topic", topic)
    peers.eventually(lambda: topic not in run("--list").split(), "listed after it is deleted")


def _configure(context, server, _):
    topic = "tool-configs"
    context.java.create_topic(server.bootstrap, topic, 1)

    def run(*arguments):
        return context.tool.run("configs", server.bootstrap, *arguments).decode()

    settings = "segment.ms=600000,cleanup.policy=[compact,delete]"
    run("--alter", "--topic", topic, "--add-config", settings, "--delete-config", "retention.ms")
    described = run("--describe", "--entity-type", "topics", "--entity-name", topic)
    wanted = "segment.ms=600000 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:segment.ms=600000"
    _expect(wanted in described, f"described as {described}")
    found = context.java.describe_topic(server.bootstrap, topic)["config"]
    _expect(found == {"segment.ms": "600000", "cleanup.policy": "compact,delete"}, f"{found}")
    run("--alter", "--broker-defaults", "--add-config", "log.roll.jitter.ms=7")
    every = run("--describe", "--topic", topic, "--all")
    _expect("DYNAMIC_DEFAULT_BROKER_CONFIG:log.roll.jitter.ms=7" in every, f"described as {every}")
    run("--alter", "--entity-type", "brokers", "--entity-default", "--delete-config",
        "log.roll.jitter.ms")
    _expect("node.id=1 " in run("--describe", "--broker", "1", "--all"), "the broker's own settings")


def _delete_records(context, server, _):
    topic = "tool-delete-records"
    records = dataset.lines(RECORDS)
    context.java.create_topic(server.bootstrap, topic)
    context.java.produce(server.bootstrap, topic, records, "none")
    context.tool.run("topics", server.bootstrap, "--alter", "--topic", topic, "--partitions", "4")
    file = context.new_folder("offsets") / "offsets.json"
    wanted = [{"topic": topic, "partition": 0, "offset": 7}]
    wanted += [{"topic": topic, "partition": each, "offset": -1} for each in (1, 3)]
    file.write_text(json.dumps({"partitions": wanted, "version": 1}))
    out = context.tool.run("delete-records", server.bootstrap, "--offset-json-file", str(file))
    ends = [len(each) for each in dataset.by_partition(records)] + [0]
    for partition, start in ((0, 7), (1, ends[1]), (3, 0)):
        line = f"partition: {topic}-{partition}\tlow_watermark: {start}"
        _expect(line in out.decode(), f"no '{line}' in {out.decode()}")
    kept = context.java.consume(server.bootstrap, topic, 4)
    first = min(each.offset for each in kept if each.record.partition == 0)
    _expect(first == 7, f"partition 0 begins at {first}")
    _expect(all(each.record.partition != 1 for each in kept), "partition 1 is not empty")


def _measure_consumer(context, server, _):
    """The columns are those of kafka-consumer-perf-test, and so is what was read."""
    topic = "tool-consumer-perf-test"
    context.java.create_topic(server.bootstrap, topic)
    context.java.produce(server.bootstrap, topic, dataset.lines(RECORDS), "none")
    for more in ((), ("--show-detailed-stats", "--reporting-interval", "1")):
        arguments = ["--topic", topic, "--num-records", str(RECORDS), *more]
        ours = context.tool.run("consumer-perf-test", server.bootstrap, *arguments).decode()
        address = ("--bootstrap-server", server.bootstrap)
        head, *lines = kafka_tools.output(
            context.harness, "kafka-consumer-perf-test", *address, *arguments
        )
        our_head, *our_lines = ours.splitlines()
        _expect(our_head == head, f"{our_head!r} is not {head!r}")
        _expect(our_lines[-1].endswith("CPU seconds per million records."), ours)
        our_last, last = _columns(our_lines[-2]), _columns(lines[-1])
        _expect(len(our_last) == len(last) == 10, f"{our_last} has not the columns of {last}")
        # With details the last line is about the end of the last interval that was told.
        if not more:
            _expect((our_last[2], our_last[4]) == (last[2], last[4]), f"{our_last} is not {last}")
        forms = [[_form(each) for each in these] for these in (our_last, last)]
        _expect(forms[0] == forms[1], f"{our_last} does not look like {last}")


def _columns(line):
    return line.split(", ")


def _form(column):
    return re.sub(r"\d+|NaN|Infinity", "9", column)


def _format(context, server, _):
    """Kafka's own topics, printed as the console consumer does with Kafka's formatters."""
    topic = "tool-formatters"
    context.java.create_topic(server.bootstrap, topic)
    context.java.produce(server.bootstrap, topic, dataset.lines(RECORDS), "none")
    arguments = ["--topic", topic, "--group", topic, "--from-beginning", "--max-messages", "50"]
    context.tool.run("consume", server.bootstrap, *arguments)
    context.java.produce_in_transaction(server.bootstrap, topic, dataset.lines(RECORDS), "commit")
    for internal, formatter in (
        ("__consumer_offsets", "OffsetsMessageFormatter"),
        ("__consumer_offsets", "GroupMetadataMessageFormatter"),
        ("__transaction_state", "TransactionLogMessageFormatter"),
    ):
        name = f"org.apache.kafka.tools.consumer.{formatter}"
        arguments = ["--topic", internal, "--from-beginning", "--timeout-ms", "3000"]
        arguments += ["--formatter", name]
        ours = _printed(topic, context.tool.run("consume", server.bootstrap, *arguments))
        arguments = ["--bootstrap-server", server.bootstrap, *arguments]
        answer = context.harness.call("consoleConsume", arguments=arguments)
        theirs = _printed(topic, dataset.from_base64(answer["output"]))
        _expect(ours, f"{formatter} printed nothing of what is ours")
        _expect(ours == theirs, f"{formatter}: {ours} is not {theirs}")


def _printed(name, output):
    """The objects printed that have the name somewhere, as text."""
    text, found = output.decode(), []
    decoder = json.JSONDecoder()
    at = 0
    while at < len(text):
        _, end = decoder.raw_decode(text, at)
        if name in text[at:end]:
            found.append(text[at:end])
        at = end
    return sorted(found)


def _expect(holds, otherwise):
    if not holds:
        raise StepFailed(otherwise)
