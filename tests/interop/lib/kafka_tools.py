"""Rows: Apache Kafka's own command line tools say of our broker what they say of Apache Kafka, call by
call: what they print, what they complain of, and their exit codes."""

import dataclasses
import json
import re

from lib import dataset
from lib.process import StepFailed

RECORDS = 60


@dataclasses.dataclass
class Said:
    """What a call came to."""

    out: list
    complaint: str
    status: int


def run(harness, tool, *arguments, data=b""):
    """Runs a tool of Kafka's by the name of its script, with `data` on stdin."""
    words = [str(each) for each in arguments]
    answer = harness.call("tool", tool=tool, arguments=words, input=dataset.to_base64(data))
    out, errors = (dataset.from_base64(answer[each]).decode() for each in ("output", "errors"))
    return Said(out.splitlines(), _complaint(errors), answer["status"])


def _complaint(errors):
    """The error of the broker's, whose sentences are its own; else what the tool itself says."""
    found = re.search(r"org\.apache\.kafka\.common\.errors\.\w+", errors)
    return found[0] if found else errors.partition("\n")[0]


def output(harness, tool, *arguments):
    """What it prints; it must end well."""
    said = run(harness, tool, *arguments)
    if said.status != 0:
        raise StepFailed(f"{tool} {arguments}: exit {said.status}: {said.complaint}")
    return said.out


def rows(table, context, group, ours, kafka):
    """`ours` and `kafka` are fresh."""
    for tool, calls in (
        ("topics", _topics),
        ("configs", _configs),
        ("leader-election", _leader_election),
        ("features", _features),
        ("reassign-partitions", _reassign_partitions),
        ("metadata-quorum", _metadata_quorum),
        ("get-offsets", _get_offsets),
        ("delete-records", _delete_records),
        ("log-dirs", _log_dirs),
        ("consumer-groups", _consumer_groups),
        ("transactions", _transactions),
        ("producer-perf-test", _producer_perf_test),
        ("consumer-perf-test", _consumer_perf_test),
        ("cluster", _cluster),
    ):
        name = f"{group}/{tool}"
        if table.wants(name):
            with table.row(name) as row:
                row.cell("", lambda: _compare(context, f"kafka-{tool}", calls, ours, kafka))


def _compare(context, tool, calls, ours, kafka):
    """`calls` yields arguments one call after the other, for each server the same."""
    pairs = zip(
        _answers(context, tool, calls, ours), _answers(context, tool, calls, kafka), strict=True
    )
    count = 0
    for (arguments, one), (_, other) in pairs:
        count += 1
        if one != other:
            raise StepFailed(f"{tool} {arguments}: of ours {one}, of Apache Kafka {other}")
    return f"{count} calls"


def _answers(context, tool, calls, server):
    for arguments in calls(context, server):
        # kafka-cluster wants its action first.
        words = 1 if tool == "kafka-cluster" else 0
        address = ("--bootstrap-server", server.bootstrap)
        said = run(context.harness, tool, *arguments[:words], *address, *arguments[words:])
        yield arguments, _normal(said, server, measures=tool.endswith(_MEASURES))


# What differs from cluster to cluster and from moment to moment, and how it is written here.
NORMAL = (
    (re.compile(r"(TopicId: )\S{22}"), r"\1ID"),
    (re.compile(r"(Cluster ID: )\S{22}"), r"\1ID"),
    (re.compile(r'("logDir":)"[^"]*"'), r'\1"DIRECTORY"'),
    (re.compile(r'("log_dirs":\[)"[^"]*"'), r'\1"DIRECTORY"'),
    (re.compile(r'("size":)[1-9]\d*'), r"\1SIZE"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.:,]\d+"), "TIME"),
    # Where eligible leaders are told, every topic has this from its cluster.
    (re.compile(r"(Configs: .*),min\.insync\.replicas=1(?=,|$)"), r"\1"),
    (re.compile(r"(Configs: )min\.insync\.replicas=1(,|$)"), r"\1"),
    # Its markers may be on their way.
    (re.compile(r"PrepareCommit"), "CompleteCommit"),
    # What a broker says of an error is its own.
    (re.compile(r"(common\.errors\.\w+: ).*"), r"\1..."),
    (re.compile(r"(Error while executing topic command : )(?!.* as expected).*"), r"\1..."),
    (re.compile(r"(Could not (?:up|down)grade \S+ to \S+\. ).*"), r"\1..."),
    (re.compile(r" +"), " "),
)
# Tools that print figures of the moment.
_MEASURES = ("perf-test", "metadata-quorum")
_FIGURES = re.compile(r"\d+")


def _normal(said, server, measures):
    def plain(line):
        line = line.replace(server.bootstrap, "ADDRESS")
        line = re.sub(rf"\b{server.bootstrap.rpartition(':')[2]}\b", "PORT", line)
        for pattern, by in NORMAL:
            line = pattern.sub(by, line)
        return _FIGURES.sub("9", line).rstrip() if measures else line.rstrip()

    return dataclasses.replace(
        said, out=sorted(filter(None, map(plain, said.out))), complaint=plain(said.complaint)
    )


def _topics(context, server):
    new = ("--create", "--topic", "kt-topics", "--partitions", "3", "--replication-factor", "1")
    yield (*new, "--config", "retention.ms=777000", "--config", "cleanup.policy=compact")
    yield new
    yield (*new, "--if-not-exists")
    yield ("--create", "--topic", "kt topics", "--partitions", "1")
    yield ("--create", "--topic", "kt-none", "--partitions", "0")
    yield ("--create", "--topic", "kt-many", "--replication-factor", "3")
    yield ("--create", "--topic", "kt-bad", "--config", "retention.ms=soon")
    yield ("--create", "--topic", "kt-bad", "--config", "no.such.setting=1")
    yield ("--create", "--topic", "kt.dots", "--partitions", "1", "--replication-factor", "1")
    yield ("--create", "--topic", "kt_dots", "--partitions", "1", "--replication-factor", "1")
    yield ("--create", "--topic", "kt-placed", "--replica-assignment", "1,1")
    yield ("--list", "--topic", "kt.*")
    yield ("--describe", "--topic", "kt.*")
    yield ("--describe", "--topic", "kt-.*", "--under-replicated-partitions")
    yield ("--describe", "--topic", "kt-missing")
    yield ("--alter", "--topic", "kt-topics", "--partitions", "5")
    yield ("--alter", "--topic", "kt-topics", "--partitions", "2")
    yield ("--alter", "--topic", "kt-topics", "--partitions", "5")
    yield ("--alter", "--topic", "kt-missing", "--partitions", "5")
    yield ("--alter", "--topic", "kt-missing", "--partitions", "5", "--if-exists")
    yield ("--describe", "--topic", "kt-topics")
    yield ("--delete", "--topic", "kt-topics")
    yield ("--delete", "--topic", "kt-topics")
    yield ("--delete", "--topic", "kt-topics", "--if-exists")
    yield ("--list", "--topic", "kt-.*", "--exclude-internal")


def _configs(context, server):
    context.java.create_topic(server.bootstrap, "kt-configs", 1)
    topic = ("--entity-type", "topics", "--entity-name", "kt-configs")
    yield ("--describe", *topic)
    yield ("--alter", *topic, "--add-config", "segment.ms=600000,cleanup.policy=[compact,delete]")
    yield ("--describe", *topic)
    yield ("--alter", *topic, "--delete-config", "retention.ms,segment.ms")
    yield ("--describe", *topic)
    yield ("--alter", *topic, "--add-config", "segment.ms=soon")
    yield ("--alter", *topic, "--add-config", "no.such.setting=1")
    yield ("--alter", *topic, "--delete-config", "no.such.setting")
    yield ("--describe", "--entity-type", "topics", "--entity-name", "kt-missing")
    yield ("--describe", "--topic", "kt-configs", "--all")
    broker = ("--entity-type", "brokers", "--entity-name", "1")
    yield ("--alter", *broker, "--add-config", "log.retention.bytes=1000000")
    yield ("--describe", *broker)
    yield ("--alter", *broker, "--delete-config", "log.retention.bytes")
    yield ("--alter", *broker, "--add-config", "node.id=7")
    everybody = ("--entity-type", "brokers", "--entity-default")
    yield ("--alter", *everybody, "--add-config", "log.retention.ms=1000000000")
    yield ("--describe", *everybody)
    yield ("--describe", "--topic", "kt-configs")
    yield ("--alter", *everybody, "--delete-config", "log.retention.ms")
    yield ("--describe", *everybody)
    yield from _quotas()


def _quotas():
    add, delete = ("--alter", "--add-config"), ("--alter", "--delete-config")
    user, client = ("--user", "kt-alice"), ("--client", "kt-app")
    yield (*add, "producer_byte_rate=1000000,consumer_byte_rate=20480000", *user)
    yield (*add, "request_percentage=12.5", *user, *client)
    yield (*add, "request_percentage=33", *user, "--client-defaults")
    yield (*add, "producer_byte_rate=5000000", "--user-defaults")
    yield (*add, "controller_mutation_rate=0.5", "--entity-type", "clients", "--entity-default")
    yield (*add, "connection_creation_rate=10000", "--ip", "10.0.0.7")
    yield (*add, "connection_creation_rate=20000", "--ip-defaults")
    looks = (
        user,
        client,
        (*user, *client),
        ("--user-defaults",),
        ("--client-defaults",),
        ("--ip", "10.0.0.7"),
        ("--ip-defaults",),
        ("--entity-type", "ips"),
        ("--entity-type", "users"),
        ("--entity-type", "users", "--entity-type", "clients"),
        ("--entity-type", "users", "--entity-name", "kt-alice", "--entity-type", "clients"),
    )
    for look in looks:
        yield ("--describe", *look)
    yield (*add, "producer_byte_rate=0", *user)
    yield (*add, "producer_byte_rate=-5", *user)
    yield (*add, "producer_byte_rate=1.5", *user)
    yield (*add, "request_percentage=0", *client)
    yield (*add, "connection_creation_rate=3000000000", "--ip-defaults")
    yield (*add, "connection_creation_rate=1", *user)
    yield (*add, "no.such.quota=1", *client)
    yield (*delete, "request_percentage", *user)
    yield (*delete, "consumer_byte_rate", *user)
    yield (*delete, "controller_mutation_rate", "--client-defaults")
    yield (*delete, "producer_byte_rate", "--user-defaults")
    yield (*delete, "connection_creation_rate", "--ip-defaults")
    yield ("--describe", *user)
    yield ("--describe", "--client-defaults")


def _filled(context, server, topic, partitions=dataset.PARTITIONS):
    context.java.create_topic(server.bootstrap, topic, partitions)
    context.java.produce(server.bootstrap, topic, dataset.lines(RECORDS), "none")


def _get_offsets(context, server):
    _filled(context, server, "kt-offsets")
    topic = ("--topic", "kt-offsets")
    yield topic
    for time in ("earliest", "-1", "max-timestamp", "earliest-local", "latest-tiered", "-6", "0",
                 str(dataset.lines(RECORDS)[30].timestamp), "9999999999999", "yesterday"):
        yield (*topic, "--time", time)
    yield ("--topic-partitions", "kt-off.*:1-,kt-offsets:0")
    yield ("--topic-partitions", "kt-missing")
    yield (*topic, "--partitions", "0,2")


def _delete_records(context, server):
    _filled(context, server, "kt-deleted")
    folder = context.new_folder("offsets")

    def ask(name, partitions):
        file = folder / f"{name}.json"
        wanted = [
            {"topic": topic, "partition": partition, "offset": offset}
            for topic, partition, offset in partitions
        ]
        file.write_text(json.dumps({"partitions": wanted, "version": 1}))
        return "--offset-json-file", str(file)

    yield ask("some", [("kt-deleted", 0, 7), ("kt-deleted", 1, -1)])
    yield ask("again", [("kt-deleted", 0, 5)])
    yield ask("beyond", [("kt-deleted", 2, 7000)])
    yield ask("below", [("kt-deleted", 2, -7)])


def _log_dirs(context, server):
    _filled(context, server, "kt-dirs")
    yield ("--describe", "--topic-list", "kt-dirs")
    yield ("--describe", "--topic-list", "kt-missing", "--broker-list", "1")
    yield ("--describe", "--broker-list", "1,7")


def _consumer_groups(context, server):
    topic = "kt-groups"
    _filled(context, server, topic)
    for group in ("kt-one", "kt-two"):
        fields = {"group": group, "topic": topic, "partitions": 2, "offset": 5}
        context.harness.call("alterGroupOffsets", bootstrap=server.bootstrap, **fields)
    one = ("--group", "kt-one")
    yield ("--list",)
    yield ("--list", "--state")
    for view in ((), ("--members",), ("--state",), ("--offsets", "--verbose")):
        yield ("--describe", *one, *view)
    yield ("--describe", "--group", "kt-missing")
    for place in (("--to-earliest",), ("--to-latest",), ("--shift-by", "-2"), ("--to-offset", "3"),
                  ("--to-offset", "5000"), ("--by-duration", "PT1S")):
        yield ("--reset-offsets", *one, "--topic", topic, *place, "--dry-run")
    yield ("--reset-offsets", *one, "--topic", f"{topic}:0", "--to-offset", "4", "--execute")
    yield ("--reset-offsets", *one, "--topic", "kt-missing", "--to-earliest", "--execute")
    yield ("--describe", *one)
    yield ("--delete-offsets", *one, "--topic", f"{topic}:1")
    yield ("--delete-offsets", "--group", "kt-missing", "--topic", topic)
    yield ("--describe", *one)
    yield ("--delete", *one)
    yield ("--delete", *one)
    yield ("--list",)


def _transactions(context, server):
    topic = "kt-transactions"
    context.java.create_topic(server.bootstrap, topic, 1)
    lines = [each for each in dataset.lines(9) if each.partition == 0]
    context.java.produce_in_transaction(server.bootstrap, topic, lines, "commit")
    yield ("list",)
    yield ("list", "--duration-filter", "1000000")
    yield ("describe", "--transactional-id", "missing")
    yield ("find-hanging", "--topic", topic)


def _producer_perf_test(context, server):
    context.java.create_topic(server.bootstrap, "kt-written", 1)
    size = ("--topic", "kt-written", "--num-records", "200", "--record-size", "100")
    yield (*size, "--throughput", "-1")
    yield (*size, "--throughput", "1000", "--command-property", "acks=all")


def _consumer_perf_test(context, server):
    _filled(context, server, "kt-read")
    yield ("--topic", "kt-read", "--num-records", str(RECORDS))
    yield ("--topic", "kt-read", "--num-records", str(RECORDS), "--show-detailed-stats",
           "--reporting-interval", "1000")


def _cluster(context, server):
    yield ("cluster-id",)
    yield ("list-endpoints",)
    yield ("list-endpoints", "--include-fenced-brokers")
    yield ("unregister", "--id", "7")


def _leader_election(context, server):
    context.java.create_topic(server.bootstrap, "kt-elected", 1)
    for kind in ("preferred", "unclean"):
        of = ("--election-type", kind)
        yield (*of, "--topic", "kt-elected", "--partition", "0")
        yield (*of, "--topic", "kt-elected", "--partition", "7")
        yield (*of, "--topic", "kt-missing", "--partition", "0")
        yield (*of, "--all-topic-partitions")


def _features(context, server):
    feature = "transaction.version"
    yield ("upgrade", "--feature", f"{feature}=2")
    yield ("downgrade", "--feature", f"{feature}=1", "--dry-run")
    yield ("downgrade", "--feature", f"{feature}=1")
    yield ("upgrade", "--feature", f"{feature}=1")
    yield ("upgrade", "--feature", f"{feature}=9")
    yield ("downgrade", "--feature", f"{feature}=2")
    yield ("upgrade", "--feature", f"{feature}=2")
    yield ("upgrade", "--feature", "no.such.feature=1")
    yield ("downgrade", "--feature", "metadata.version=22")


def _reassign_partitions(context, server):
    context.java.create_topic(server.bootstrap, "kt-placed-anew", 1)
    folder = context.new_folder("reassignment")

    def ask(name, action, topic, replicas):
        file = folder / f"{name}.json"
        wanted = [{"topic": topic, "partition": 0, "replicas": replicas}]
        file.write_text(json.dumps({"partitions": wanted, "version": 1}))
        return action, "--reassignment-json-file", str(file)

    yield ("--list",)
    yield ask("same", "--execute", "kt-placed-anew", [1])
    yield ask("same", "--verify", "kt-placed-anew", [1])
    yield ask("same", "--cancel", "kt-placed-anew", [1])
    yield ask("nobody", "--execute", "kt-placed-anew", [7])
    yield ask("missing", "--execute", "kt-missing", [1])
    yield ("--list",)


def _metadata_quorum(context, server):
    yield ("describe", "--replication")
