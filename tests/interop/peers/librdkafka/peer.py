#!/usr/bin/python3
"""The librdkafka side of the interop tests, through its Python binding; see ../README.md."""

import argparse
import base64
import ctypes
import json
import os
import signal
import sys
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

DEADLINE_S = 30


def from_base64(text):
    return None if text is None else base64.b64decode(text)


def to_base64(data):
    return None if data is None else base64.b64encode(data).decode()


def write(line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def security():
    authority, own = os.environ.get("OTTLA_TLS_CA"), os.environ.get("OTTLA_TLS_KEY")
    if authority is None:
        return {}
    config = {"security.protocol": "ssl", "ssl.ca.location": authority}
    return config | ({"ssl.key.location": own, "ssl.certificate.location": own} if own else {})


def login():
    mechanism = os.environ.get("OTTLA_SASL_MECHANISM")
    if mechanism is None:
        return {}
    protocol = {"security.protocol": "SASL_SSL" if security() else "SASL_PLAINTEXT"}
    if mechanism == "OAUTHBEARER":
        with open(os.environ["OTTLA_SASL_TOKEN"]) as file:
            token = file.read()
        given = lambda _: (token, time.time() + 600)  # noqa: E731
        return {**protocol, "sasl.mechanism": mechanism, "oauth_cb": given}
    return {
        **protocol,
        "sasl.mechanism": mechanism,
        "sasl.username": os.environ["OTTLA_SASL_USER"],
        "sasl.password": os.environ["OTTLA_SASL_PASSWORD"],
    }


def client_config(arguments):
    return {
        **security(),
        **login(),
        "bootstrap.servers": arguments.bootstrap,
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 200,
        "topic.metadata.refresh.interval.ms": 1000,
        "log_level": 0,
    }


def produce(arguments):
    producer = Producer(
        {
            **client_config(arguments),
            "enable.idempotence": True,
            "compression.codec": arguments.codec,
            "message.timeout.ms": 120_000,
            "linger.ms": 5,
        }
    )

    def acknowledge(index):
        def report(error, message):
            line = {"index": index, "partition": message.partition(), "offset": message.offset()}
            if error is not None:
                line["error"] = str(error)
            write(line)

        return report

    for index, line in enumerate(sys.stdin):
        record = json.loads(line)
        producer.produce(
            arguments.topic,
            partition=record["partition"],
            key=from_base64(record["key"]),
            value=from_base64(record["value"]),
            timestamp=record["timestamp"],
            headers=[(name, from_base64(value)) for name, value in record["headers"]],
            on_delivery=acknowledge(index),
        )
        producer.poll(0)
    if producer.flush(DEADLINE_S * 2) > 0:
        sys.exit("not every record was acknowledged in time")


def consume(arguments):
    consumer = Consumer(
        {
            **client_config(arguments),
            "group.id": "unused",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 100,
            "check.crcs": True,
        }
    )
    left = set(range(arguments.partitions))
    consumer.assign([TopicPartition(arguments.topic, each, 0) for each in sorted(left)])
    deadline = time.monotonic() + DEADLINE_S
    while left:
        if time.monotonic() > deadline:
            sys.exit(f"partitions {left} did not end in time")
        message = consumer.poll(0.2)
        if message is None:
            continue
        if message.error() is None:
            write(describe(message))
        elif message.error().code() == KafkaError._PARTITION_EOF:
            left.discard(message.partition())
        else:
            raise KafkaException(message.error())
    consumer.close()


def commit(consumer, topic, uncommitted):
    """Commits of what is still this member's, now or by a later call; whoever owns the rest reads on
    from the last commit."""
    owned = {each.partition for each in consumer.assignment()}
    for partition in set(uncommitted) - owned:
        del uncommitted[partition]
    offsets = [TopicPartition(topic, each, at) for each, at in uncommitted.items()]
    if not offsets:
        return
    try:
        consumer.commit(offsets=offsets, asynchronous=False)
        uncommitted.clear()
    except KafkaException:
        pass


def member(arguments):
    """Polls and commits until SIGTERM."""
    stopping = []
    signal.signal(signal.SIGTERM, lambda *_: stopping.append(True))
    config = {
        **client_config(arguments),
        "group.id": arguments.group,
        "partition.assignment.strategy": arguments.assignor,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "session.timeout.ms": 6000,
        "heartbeat.interval.ms": 200,
        "fetch.wait.max.ms": 50,
    }
    if arguments.instance:
        config["group.instance.id"] = arguments.instance
    consumer = Consumer(config)

    uncommitted = {}

    def report(kind):
        def tell(_, partitions):
            write({kind: [each.partition for each in partitions]})
            for each in partitions:
                uncommitted.pop(each.partition, None)

        return tell

    consumer.subscribe(
        [arguments.topic],
        on_assign=report("assigned"),
        on_revoke=report("revoked"),
        on_lost=report("revoked"),
    )
    while not stopping:
        message = consumer.poll(0.05)
        if message is not None and message.error() is None:
            write({"record": [message.partition(), message.offset()]})
            uncommitted[message.partition()] = message.offset() + 1
        if uncommitted:
            commit(consumer, arguments.topic, uncommitted)
    consumer.close()


def copy(arguments):
    """Every third transaction is aborted and done again."""
    endless = arguments.count == 0
    consumer = Consumer(
        {
            **client_config(arguments),
            "group.id": arguments.group,
            "session.timeout.ms": arguments.timeout_ms,
            "heartbeat.interval.ms": arguments.timeout_ms // 6,
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "fetch.wait.max.ms": 50,
        }
    )
    producer = Producer(
        {
            **client_config(arguments),
            "transactional.id": arguments.id or f"copier-{arguments.group}",
            "transaction.timeout.ms": arguments.timeout_ms,
        }
    )
    producer.init_transactions(DEADLINE_S)
    consumer.subscribe([arguments.topic])
    deadline = time.monotonic() + 2 * DEADLINE_S
    left = arguments.count
    round = 0
    while endless or left > 0:
        if not endless and time.monotonic() > deadline:
            sys.exit(f"{left} records were not copied in time")
        messages = [each for each in consumer.consume(50, 0.2) if each.error() is None]
        if not messages:
            continue
        producer.begin_transaction()
        firsts, ends = {}, {}
        for each in messages:
            headers = each.headers() or []
            keep_none(headers)
            producer.produce(
                arguments.to,
                partition=each.partition(),
                key=each.key(),
                value=each.value(),
                timestamp=each.timestamp()[1],
                headers=headers,
            )
            firsts.setdefault(each.partition(), each.offset())
            ends[each.partition()] = each.offset() + 1
        offsets = [TopicPartition(arguments.topic, *each) for each in ends.items()]
        producer.send_offsets_to_transaction(
            offsets, consumer.consumer_group_metadata(), DEADLINE_S
        )
        if round % 3 == 1:
            producer.flush(DEADLINE_S)
            producer.abort_transaction(DEADLINE_S)
            for each in firsts.items():
                consumer.seek(TopicPartition(arguments.topic, *each))
        else:
            producer.commit_transaction(DEADLINE_S)
            left -= len(messages)
        round += 1
    consumer.close()


def keep_none(headers):
    """This version of the binding gives away a reference to None that it does not own with every
    null header, until Python dies of it: give them back."""
    for _, value in headers:
        if value is None:
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(None))


def describe(message):
    headers = message.headers() or []
    keep_none(headers)
    return {
        "partition": message.partition(),
        "offset": message.offset(),
        "timestamp": message.timestamp()[1],
        "key": to_base64(message.key()),
        "value": to_base64(message.value()),
        "headers": [[name, to_base64(value)] for name, value in headers],
    }


def admin(arguments):
    client = AdminClient(client_config(arguments))
    topic = arguments.topic
    client.create_topics([NewTopic(topic, 2, 1)])[topic].result(DEADLINE_S)
    await_partitions(client, topic, 2)
    client.delete_topics([topic])[topic].result(DEADLINE_S)
    await_partitions(client, topic, 0)


def await_partitions(client, topic, count):
    """Waits until the broker, which learns of changes after the controller, sees the topic with so
    many partitions; 0 means that there is no such topic."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        found = client.list_topics(timeout=DEADLINE_S).topics.get(topic)
        got = 0 if found is None else len(found.partitions)
        if got == count:
            return
        if time.monotonic() > deadline:
            sys.exit(f"{topic} has {got} partitions, not {count}")
        time.sleep(0.02)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["produce", "consume", "admin", "member", "copy"])
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--codec", default="none")
    parser.add_argument("--partitions", type=int, default=1)
    parser.add_argument("--group", default="")
    parser.add_argument("--assignor", default="range")
    parser.add_argument("--instance", default="")
    parser.add_argument("--to", default="")
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--id", default="")
    parser.add_argument("--timeout-ms", type=int, default=45_000)
    arguments = parser.parse_args()
    commands = {"produce": produce, "consume": consume, "admin": admin}
    commands |= {"member": member, "copy": copy}
    commands[arguments.command](arguments)


if __name__ == "__main__":
    main()
