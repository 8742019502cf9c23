#!/usr/bin/python3
"""Ottla and the rest of the Kafka world: runs every row and prints a table.

    run.py --bin build/release/bin          everything; setup.sh must have run
    run.py --only broker/java               rows whose name holds this
    run.py --self-check                     the peers against Apache Kafka, and planted faults
"""

import argparse
import filecmp
import os
import pathlib
import re
import shutil
import signal
import sys
import tempfile

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))

from lib import (  # noqa: E402
    acls,
    clients,
    connect,
    copiers,
    directory,
    groups,
    isolation,
    issuers,
    kafka_tools,
    kills,
    mapping,
    own_transactions,
    peers,
    process,
    quotas,
    sasl,
    selfcheck,
    streams,
    tls,
    tokens,
    tool,
    tool_groups,
    tool_looks,
    tool_transactions,
    transactions,
    trials,
    zombies,
)
from lib.harness import Harness  # noqa: E402
from lib.process import StepFailed  # noqa: E402
from lib.servers import (  # noqa: E402
    Kafka,
    KafkaCluster,
    KafkaOfItsOwn,
    OnDemand,
    Ottla,
    free_port,
)
from lib.table import Table  # noqa: E402


class Context:
    """What rows share."""

    def __init__(self, work, bin_folder):
        self.work = work
        self.bin = bin_folder
        self.jvm_folder = FOLDER / "jvm"
        self.connect_folder = FOLDER / "connect"
        self.token = work / "token"
        self.keys = work / "keys.json"
        # Over https; the JVM is told at its start.
        self.issuer_url = f"https://localhost:{free_port()}"
        places = [f"file://{file}" for file in (self.token, self.keys)]
        places += [self.issuer_url + path for path in issuers.PATHS]
        self.harness = Harness(self.jvm_folder, self.log("jvm.log"), places)
        self.java = peers.Java(self.harness)
        self.producers, self.consumers = peers.all_peers(FOLDER / "peers", self.java)
        self.tool = tool.Tool(bin_folder)
        self.ours = peers.ottla_peer(bin_folder)
        self._folders = 0

    def log(self, name):
        return self.work / name

    def new_folder(self, name):
        self._folders += 1
        folder = self.work / f"{name}-{self._folders}"
        folder.mkdir()
        return folder

    def ottla(self, data, properties=None):
        return Ottla(self.bin, data, self.log("ottla-broker.log"), properties)

    def own_kafka(self, data, properties=None):
        return KafkaOfItsOwn(self.jvm_folder, data, self.log("own-kafka.log"), properties)


def check_versions(table):
    """The peers are those of versions.env."""
    if not table.wants("versions"):
        return
    wanted = dict(
        line.split("=") for line in (FOLDER / "versions.env").read_text().split() if "=" in line
    )
    import confluent_kafka  # from Debian, for /usr/bin/python3

    go_mod = (FOLDER / "peers/franz/go.mod").read_text()
    package = (FOLDER / "peers/kafkajs/package.json").read_text()
    kcat = process.run(["kcat", "-V"]).decode()
    found = {
        "FRANZ_GO_VERSION": re.search(r"twmb/franz-go v(\S+)", go_mod)[1],
        "KAFKAJS_VERSION": re.search(r'"kafkajs": "(\S+)"', package)[1],
        "LIBRDKAFKA_VERSION": confluent_kafka.libversion()[0],
        "CONFLUENT_KAFKA_VERSION": confluent_kafka.version()[0],
        "KCAT_VERSION": re.search(r"Version (\S+)", kcat)[1],
    }
    with table.row("versions") as row:
        for name, version in found.items():
            row.cell(f"{name}={version}", lambda: _expect_equal(wanted[name], version))


def _expect_equal(wanted, found):
    if wanted != found:
        raise StepFailed(f"{found}, but versions.env says {wanted}")


def check_golden(table, context):
    """The golden bytes in the tree are what the pinned Kafka makes."""
    if not table.wants("golden"):
        return
    made = context.new_folder("golden")
    kept = FOLDER.parent / "protocol" / "golden"

    def compare():
        process.run([FOLDER / "golden" / "make.sh", made], timeout=120)
        for file in sorted({each.name for each in [*made.iterdir(), *kept.glob("*.txt")]}):
            if not (kept / file).exists() or not (made / file).exists():
                raise StepFailed(f"{file} is not on both sides")
            if not filecmp.cmp(made / file, kept / file, shallow=False):
                raise StepFailed(f"{file} differs from what golden/make.sh makes")

    with table.row("golden") as row:
        row.cell("", compare)


def check_assignors(table, context, seed):
    """Our assignors answer as Apache Kafka's; the cases in the tree are what it makes."""
    if not table.wants("assignors"):
        return
    make = FOLDER / "golden" / "make.sh"
    folder = context.new_folder("assignors")

    def compare():
        process.run([make, "--assignors", "1", "400", folder / "kept.txt"], timeout=120)
        if not filecmp.cmp(folder / "kept.txt", FOLDER / "assignors/cases.txt", shallow=False):
            raise StepFailed("assignors/cases.txt differs from what golden/make.sh makes")

    def judge():
        cases = folder / "cases.txt"
        process.run([make, "--assignors", str(seed), "100000", cases], timeout=600)
        process.run([context.bin / "assignor-cases", cases], timeout=600)
        cases.unlink()

    with table.row("assignors") as row:
        row.cell("kept", compare)
        row.cell("100000", judge)


def run_broker(table, context):
    """Our broker against every foreign client."""
    server = OnDemand(context.ottla(context.new_folder("broker")))
    try:
        clients.rows(table, context, "broker", server)
        clients.own_rows(table, context, "broker", server)
        tool.rows(table, context, "broker/tool", server)
        tool_looks.rows(table, context, "broker/tool", server)
        tool_groups.row(table, context, "broker/tool/consumer-groups", server)
        groups.rows(table, context, "broker/group", server)
        groups.own_rows(table, context, "broker/consumer", server)
        transactions.rows(table, context, "broker/transaction", server)
        own_transactions.rows(table, context, "broker/transactions", server)
        isolation.rows(table, context, "broker/isolation", server)
        zombies.rows(table, context, "broker/zombie", server)
    finally:
        if server.started:
            with table.row("broker/stop") as row:
                row.cell("", server.stop)


def run_tool(table, context):
    """Our tool and SDK against Apache Kafka."""
    kafka = OnDemand(Kafka(context.harness, context.new_folder("kafka")))
    try:
        tool.rows(table, context, "kafka/tool", kafka)
        tool_looks.rows(table, context, "kafka/tool", kafka)
        tool_groups.row(table, context, "kafka/tool/consumer-groups", kafka)
        tool_groups.assigned_row(table, context, "kafka/tool/assigned-groups", kafka)
        clients.own_rows(table, context, "kafka", kafka)
        groups.own_rows(table, context, "kafka/consumer", kafka)
        isolation.rows(table, context, "kafka/isolation", kafka)
        zombies.rows(table, context, "kafka/zombie", kafka, [zombies.Ours])
        selfcheck.planted(table, context, kafka)
    finally:
        kafka.stop()


def run_kafka_tools(table, context):
    """Kafka's tools on our broker and on Apache Kafka."""
    ours = OnDemand(context.ottla(context.new_folder("kafka-tools")))
    # Eligible leaders would give every topic a setting from its cluster.
    features = ["eligible.leader.replicas.version=0"]
    folder = context.new_folder("kafka-tools")
    kafka = OnDemand(Kafka(context.harness, folder, features=features))
    try:
        kafka_tools.rows(table, context, "broker/kafka-tools", ours, kafka)
    finally:
        ours.stop()
        kafka.stop()


def run_mapping(table, context):
    """Kafka's calls and ours, as the guide has them side by side."""
    for group, one, other in (
        ("broker", context.ottla, context.ottla),
        ("kafka", lambda data: Kafka(context.harness, data), context.own_kafka),
    ):
        name = f"{group}/tool/mapping"
        if not table.wants(name):
            continue
        servers = [OnDemand(each(context.new_folder("mapping"))) for each in (one, other)]
        try:
            mapping.row(table, context, name, *servers)
        finally:
            for server in servers:
                server.stop()


def run_tool_transactions(table, context):
    """Our tool for transactions beside Kafka's, on our broker and on Apache Kafka."""
    quick = tool_transactions.PROPERTIES
    for group, server in (("broker", context.ottla), ("kafka", context.own_kafka)):
        name = f"{group}/tool/transactions"
        if table.wants(name):
            data = context.new_folder(f"{group}-transactions")
            tool_transactions.row(table, context, name, server(data, quick), data)


def run_transactions(table, context):
    """Our transactions on Apache Kafka, of both kinds (KIP-890)."""
    for kind, features in (("first", ["transaction.version=1"]), ("second", [])):
        name = f"kafka/transactions/{kind}"
        if not any(table.wants(f"{name}/{each}") for each in ("write", "copy", "fence")):
            continue
        kafka = OnDemand(Kafka(context.harness, context.new_folder("kafka"), features=features))
        try:
            own_transactions.rows(table, context, name, kafka)
        finally:
            kafka.stop()


def run_kills(table, context, count, seed):
    if not table.wants("broker/kills"):
        return
    server = context.ottla(context.new_folder("kills"))
    server.start()
    try:
        kills.rows(table, context, "broker", server, count, seed)
    finally:
        server.kill()


def run_streams(table, context, kills, seed):
    """Kafka Streams on our broker, both killed."""
    if table.wants("broker/streams"):
        server = context.ottla(context.new_folder("streams"), copiers.BROKER)
        streams.rows(table, context, "broker/streams", server, kills, seed)


def run_connect(table, context):
    """Kafka Connect on our broker."""
    server = OnDemand(context.ottla(context.new_folder("connect-broker")))
    try:
        connect.rows(table, context, "broker/connect", server)
    finally:
        server.stop()


def run_copiers(table, context, kills, seed):
    """Everybody's copiers on our broker, all killed."""
    if table.wants("broker/copiers"):
        server = context.ottla(context.new_folder("copiers"), copiers.BROKER)
        copiers.rows(table, context, "broker/copiers", server, kills, seed)


def run_cluster(table, context, count, seed):
    """Our producer, and the others, on three nodes of Apache Kafka."""
    if not table.wants("cluster/kills"):
        return
    cluster = KafkaCluster(context.jvm_folder, context.new_folder("cluster"), context.log)
    cluster.start()
    try:
        kills.rows(table, context, "cluster", cluster, count, seed, replication=3)
    finally:
        cluster.kill_all()


def run_cluster_tool(table, context):
    """Our tool beside Kafka's, on three nodes of Apache Kafka."""
    names = ("cluster/tool/consumer-groups", "cluster/tool/transactions")
    if not any(table.wants(each) for each in names):
        return
    cluster = KafkaCluster(context.jvm_folder, context.new_folder("cluster-tool"), context.log)
    cluster.start()
    try:
        tool_groups.row(table, context, names[0], cluster)
        tool_transactions.cluster_row(table, context, names[1], cluster)
    finally:
        cluster.kill_all()


def run_trial_of_kafka(table, context, count, seed):
    """The judge of our transactions judges Apache Kafka's."""
    if not table.wants("kafka/transactions"):
        return
    quick = {
        "transaction.abort.timed.out.transaction.cleanup.interval.ms": "500",
        "group.min.session.timeout.ms": "1000",
    }
    kafka = KafkaOfItsOwn(
        context.jvm_folder, context.new_folder("trial"), context.log("trial.log"), quick
    )
    kafka.start()
    try:
        trials.rows(table, context, "kafka/transactions", kafka, count, seed)
    finally:
        kafka.kill()


def kafka_on_ours(context, folders):
    """Started as `ottla export-kafka-config` says."""
    kafka = Kafka(context.harness, folders[0], directory.settings(folders))
    log_dirs = directory.log_dirs(folders)
    kafka.start_with(
        context.tool.export_kafka_config(log_dirs, kafka.bootstrap, kafka.controller_port)
    )
    return kafka


def run_all(table, context, arguments):
    check_versions(table)
    check_golden(table, context)
    if arguments.self_check:
        selfcheck.rows(table, context)
        return
    for program in ("ottla-broker", "ottla", "ottla-peer", "tls-files"):
        if not (context.bin / program).exists():
            raise SystemExit(f"{context.bin / program} is missing: build it, or give --bin")
    check_assignors(table, context, arguments.seed)
    run_broker(table, context)
    run_tool(table, context)
    tls.run_broker(table, context)
    tls.run_kafka(table, context)
    sasl.run_broker(table, context)
    sasl.run_kafka(table, context)
    tokens.run_broker(table, context)
    tokens.run_kafka(table, context)
    issuers.run_broker(table, context)
    issuers.run_kafka(table, context)
    sasl.run_directory(table, context)
    acls.run(table, context)
    quotas.run(table, context)
    run_tool_transactions(table, context)
    run_kafka_tools(table, context)
    run_mapping(table, context)
    run_transactions(table, context)
    directory.rows(
        table,
        context,
        "directory",
        lambda folders: context.ottla(folders[0], directory.settings(folders)),
        lambda folders: kafka_on_ours(context, folders),
        lambda folders: context.own_kafka(folders[0], directory.settings(folders)),
    )
    run_streams(table, context, 30 if arguments.long else 4, arguments.seed)
    run_connect(table, context)
    run_copiers(table, context, 60 if arguments.long else 8, arguments.seed)
    run_kills(table, context, 50 if arguments.long else 10, arguments.seed)
    run_cluster_tool(table, context)
    run_cluster(table, context, 20 if arguments.long else 4, arguments.seed)
    if arguments.long:
        run_trial_of_kafka(table, context, 10, arguments.seed)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bin", type=pathlib.Path, default=pathlib.Path("build/release/bin"))
    parser.add_argument("--only", default="", help="rows whose name holds this")
    parser.add_argument("--long", action="store_true", help="more kills, and the trial of Apache Kafka")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3)))
    parser.add_argument("--self-check", action="store_true")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    work = pathlib.Path(tempfile.mkdtemp(prefix="ottla-interop-"))
    table = Table(arguments.only)
    status = 1
    try:
        context = Context(work, arguments.bin.resolve())
        try:
            run_all(table, context, arguments)
        finally:
            context.harness.close()
        status = table.finish()
    finally:
        process.end_all()
        if status == 0:
            shutil.rmtree(work)
        else:
            print(f"logs and data: {work}", file=sys.stderr)
    sys.exit(status)


if __name__ == "__main__":
    main()
