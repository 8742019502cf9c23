"""Rows: what `ottla` prints of a cluster is what Kafka's own tool prints of it."""

import json
import re

from lib import dataset, kafka_tools
from lib.process import StepFailed

RECORDS = 60


def rows(table, context, group, server):
    for name, step in (
        ("get-offsets", _get_offsets),
        ("log-dirs", _log_dirs),
        ("cluster", _cluster),
        ("broker-api-versions", _broker_api_versions),
        ("describe-topics", _describe_topics),
        ("features", _features),
        ("leader-election", _leader_election),
        ("end-to-end-latency", _end_to_end_latency),
        ("producer-perf-test", _producer_perf_test),
    ):
        if table.wants(f"{group}/{name}"):
            with table.row(f"{group}/{name}") as row:
                row.cell("", lambda: step(_Pair(context, server)))


class _Pair:
    """Our command and Kafka's, asked the same."""

    def __init__(self, context, server):
        self.context = context
        self.server = server

    def ours(self, command, *arguments):
        words, flags = _split(arguments)
        tool = self.context.tool
        return tool.run(command, self.server.bootstrap, *flags, words=words).decode().splitlines()

    def theirs(self, tool, *arguments):
        words, flags = _split(arguments)
        address = ("--bootstrap-server", self.server.bootstrap)
        # The one of Kafka's tools that wants to know the broker first.
        first, then = (address, words) if tool == "kafka-features" else (words, address)
        return kafka_tools.output(self.context.harness, tool, *first, *then, *flags)

    def expect_same(self, command, *arguments, plain=lambda line: line):
        """Both print the same lines, in whatever order; our lines."""
        ours = self.ours(command, *arguments)
        theirs = self.theirs(f"kafka-{command}", *arguments)
        one, other = (sorted(map(plain, each)) for each in (ours, theirs))
        _expect(one == other, f"{command} {arguments}: ours {one}, Kafka's {other}")
        return ours

    def fill(self, topic):
        self.context.java.create_topic(self.server.bootstrap, topic)
        self.context.java.produce(self.server.bootstrap, topic, dataset.lines(RECORDS), "none")


def _split(arguments):
    """An action that is a word, and the flags."""
    at = 0 if not arguments or arguments[0].startswith("-") else 1
    return arguments[:at], arguments[at:]


def _get_offsets(pair):
    topic = "looks-offsets"
    pair.fill(topic)
    middle = str(dataset.lines(RECORDS)[30].timestamp)
    for time in ("latest", "-2", "earliest", "max-timestamp", "earliest-local", "latest-tiered",
                 "-6", middle, "0", "9999999999999"):
        pair.expect_same("get-offsets", "--topic", topic, "--time", time)
    found = pair.expect_same("get-offsets", "--topic-partitions", "looks-off.*:1-,looks-offsets:0")
    _expect(len(found) == dataset.PARTITIONS, f"found {found}")
    found = pair.expect_same("get-offsets", "--topic", topic, "--partitions", "0,2")
    _expect(found == [f"{topic}:0:20", f"{topic}:2:20"], f"found {found}")


def _log_dirs(pair):
    topic = "looks-dirs"
    pair.fill(topic)
    arguments = ("--describe", "--topic-list", topic)
    *our_lines, ours = pair.ours("log-dirs", *arguments)
    *lines, theirs = pair.theirs("kafka-log-dirs", *arguments)
    _expect(our_lines == lines, f"ours {our_lines}, Kafka's {lines}")
    found = _sorted(json.loads(ours))
    _expect(found == _sorted(json.loads(theirs)), f"ours {ours}, Kafka's {theirs}")
    partitions = found["brokers"][0]["logDirs"][0]["partitions"]
    _expect(len(partitions) == dataset.PARTITIONS, f"found {partitions}")


def _sorted(told):
    for broker in told["brokers"]:
        for directory in broker["logDirs"]:
            directory["partitions"].sort(key=lambda each: each["partition"])
    return told


def _cluster(pair):
    pair.expect_same("cluster", "cluster-id")
    pair.expect_same("cluster", "list-endpoints")
    pair.expect_same("cluster", "list-endpoints", "--include-fenced-brokers")


def _broker_api_versions(pair):
    """But for the newest version that each side itself speaks."""
    mark = re.compile(r" \[(un)?usable[^]]*]|,$")
    found = pair.expect_same("broker-api-versions", plain=lambda line: mark.sub("", line))
    _expect(any("Produce(0): 0 to" in each for each in found), f"found {found}")


def _describe_topics(pair):
    topic = "looks-topics"
    bootstrap = pair.server.bootstrap
    pair.context.java.create_topic(bootstrap, topic, 3, **{"segment.ms": "600000"})
    pair.context.java.create_topic(bootstrap, f"{topic}-two", 1)
    flags = ("--describe", "--topic", "looks-topics.*")
    found = pair.expect_same("topics", *flags)
    _expect(len(found) == 6, f"found {found}")
    for more in ("--under-replicated-partitions", "--unavailable-partitions",
                 "--topics-with-overrides"):
        pair.expect_same("topics", *flags, more)
    found = pair.expect_same("topics", "--list", "--topic", "looks-topics.*")
    _expect(found == [topic, f"{topic}-two"], f"found {found}")
    pair.expect_same("topics", "--list")


def _features(pair):
    # Kafka's controller goes on by a record of nothing twice a second.
    epoch = re.compile(r"Epoch: \d+")
    found = pair.expect_same("features", "describe", plain=lambda line: epoch.sub("", line))
    _expect(any("metadata.version" in each for each in found), f"found {found}")
    pair.expect_same("features", "upgrade", "--feature", "group.version=1", "--dry-run")


def _leader_election(pair):
    topic = "looks-elected"
    pair.context.java.create_topic(pair.server.bootstrap, topic, 2)
    for kind in ("preferred", "unclean"):
        flags = ("--election-type", kind)
        pair.expect_same("leader-election", *flags, "--topic", topic, "--partition", "1")
        pair.expect_same("leader-election", *flags, "--all-topic-partitions")


def _forms(lines):
    return [re.sub(r"\d+(\.\d+(E-?\d+)?)?", "9", each) for each in lines]


def _end_to_end_latency(pair):
    flags = ("--num-records", "20", "--producer-acks", "all", "--record-size", "50")
    ours = pair.ours("end-to-end-latency", "--topic", "looks-latency", *flags)
    theirs = pair.theirs("kafka-e2e-latency", "--topic", "looks-latency-two", *flags)
    named = [each.replace("looks-latency", "looks-latency-two") for each in ours[:-1]]
    _expect(_forms(named) == _forms(theirs), f"ours {ours}, Kafka's {theirs}")
    _expect(ours[-1].startswith("In microseconds: 50th = "), f"ours {ours}")


def _producer_perf_test(pair):
    topic = "looks-producer-perf-test"
    pair.context.java.create_topic(pair.server.bootstrap, topic, 1)
    flags = ("--topic", topic, "--num-records", "300", "--record-size", "100", "--throughput", "-1")
    ours = pair.ours("producer-perf-test", *flags)
    theirs = pair.theirs("kafka-producer-perf-test", *flags)
    _expect(_forms(theirs)[-1] in _forms(ours), f"ours {ours}, Kafka's {theirs}")


def _expect(holds, otherwise):
    if not holds:
        raise StepFailed(otherwise)
