"""Row: quotas of clients. A Java producer is held to its rate by our broker, and by Apache Kafka on the
directory, to which the quotas go and from which they come back."""

import re
import time

from lib import kafka_tools, process, sasl, servers
from lib.process import StepFailed

# Two windows, so that what may come at once is a second's worth.
RATE = 50_000
RECORDS, RECORD_BYTES = 300, 1000
LEAST_SECONDS = RECORDS * RECORD_BYTES / RATE - 2

# As Kafka's performance tool calls itself, whatever it is told.
HELD = "perf-producer-client"
SET = (
    ("--client", HELD, "--add-config", f"producer_byte_rate={RATE}"),
    ("--user-defaults", "--client", "app", "--add-config", "consumer_byte_rate=20480000"),
    ("--user", "alice", "--add-config", "request_percentage=12.5,controller_mutation_rate=3"),
    ("--ip", "10.0.0.7", "--add-config", "connection_creation_rate=5"),
)
LOOKS = (
    ("--entity-type", "users"),
    ("--entity-type", "clients"),
    ("--entity-type", "users", "--entity-type", "clients"),
    ("--user", "alice"),
    ("--ip", "10.0.0.7"),
)


def broker_properties(address):
    return {
        "listeners": f"PLAINTEXT://{address}",
        "advertised.listeners": f"PLAINTEXT://{address}",
        "quota.window.num": "2",
    }


def run(table, context):
    name = "directory/quotas"
    if not table.wants(name):
        return
    data = context.new_folder("directory-quotas")
    address = f"127.0.0.1:{servers.free_port()}"
    properties = broker_properties(address)
    ours = context.ottla(data, properties)
    kafka = servers.Kafka(context.harness, data)

    def configs(*words):
        command = [context.bin / "ottla", "configs", "--bootstrap-server", address]
        return process.run([*command, *words]).decode().splitlines()

    def their_configs(*words):
        return kafka_tools.output(
            context.harness, "kafka-configs", "--bootstrap-server", address, *words
        )

    def expect_described(extra=()):
        """Both tools see what was set, and print it in the same words."""
        for look in LOOKS:
            one, other = configs("--describe", *look), their_configs("--describe", *look)
            if _normal(one) != _normal(other):
                raise StepFailed(f"{look}: of ours {one}, of Kafka's {other}")
        lines = configs("--describe", "--client", HELD)
        if lines != [f"Quota configs for client-id '{HELD}' are producer_byte_rate={RATE}.0"]:
            raise StepFailed(f"the quota is gone: {lines}")
        for look, wanted in extra:
            if wanted not in "\n".join(configs("--describe", *look)):
                raise StepFailed(f"{look}: no {wanted}")

    def expect_held():
        took, text = _produce(context, address)
        if took < LEAST_SECONDS:
            raise StepFailed(f"{RECORDS} records of {RECORD_BYTES} took {took:.1f} s: {text}")
        return f"{took:.1f} s"

    def ours_first():
        ours.start()
        try:
            context.java.create_topic(address, "held", 1)
            free, text = _produce(context, address)
            if free >= LEAST_SECONDS:
                raise StepFailed(f"without a quota that took {free:.1f} s: {text}")
            for words in SET:
                configs("--alter", *words)
            expect_described()
            return expect_held()
        finally:
            ours.stop()

    def kafka_holds():
        settings = {**properties, "log.dirs": str(data)}
        kafka.start_with(sasl.exported(context, settings, kafka.controller_port))
        kafka.start()
        try:
            expect_described()
            held = expect_held()
            their_configs("--alter", "--client-defaults", "--add-config", "request_percentage=80")
            their_configs("--alter", "--user", "alice", "--delete-config", "request_percentage")
            return held
        finally:
            kafka.stop()

    def ours_holds():
        ours.start()
        try:
            expect_described(
                [
                    (("--client-defaults",), "request_percentage=80.0"),
                    (("--user", "alice"), "are controller_mutation_rate=3.0"),
                ]
            )
        finally:
            ours.stop()

    with table.row(name) as row:
        for step, action in (
            ("ours", ours_first),
            ("Kafka holds", kafka_holds),
            ("ours holds", ours_holds),
        ):
            if not row.cell(step, action):
                return


def _normal(lines):
    """In Kafka's a line's settings, and the lines, are in no order."""
    return sorted(
        re.sub(r"(?<= are ).*", lambda found: ", ".join(sorted(found[0].split(", "))), line)
        for line in lines
        if line
    )


def _produce(context, address):
    begun = time.monotonic()
    lines = kafka_tools.output(
        context.harness, "kafka-producer-perf-test", "--bootstrap-server", address, "--topic", "held",
        "--num-records", RECORDS, "--record-size", RECORD_BYTES, "--throughput", "-1",
        "--command-property", "batch.size=4000",
    )
    return time.monotonic() - begun, lines[-1:]
