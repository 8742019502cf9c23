"""Rows: a broker is killed again and again in the middle of acknowledged production."""

import json
import random
import subprocess
import threading
import time

from lib import dataset, process
from lib.process import StepFailed

# Each producer must get so many acknowledgements between two kills.
ACKS_BETWEEN_KILLS = 150
ACKS_TIMEOUT_S = 60
RECORDS_A_SECOND = 2000


class SteadyJava:
    """The Java producer of the harness: see SteadyProducers.java."""

    name = "java"

    def __init__(self, harness):
        self._harness = harness

    def start(self, bootstrap, topic):
        fields = {"topic": topic, "partitions": dataset.PARTITIONS}
        self._harness.call("startSteady", name=topic, bootstrap=bootstrap, **fields)
        self._topic = topic

    def acked_count(self):
        return self._harness.call("ackedSteady", name=self._topic)["count"]

    def stop(self):
        """([index, partition, offset] of what was acknowledged, what failed)."""
        answer = self._harness.call("stopSteady", name=self._topic, timeout=150)
        return answer["acked"], answer["failed"]


class SteadyProgram:
    """A peer program, fed with record i = "i" for partition i % 3 until it is stopped."""

    def __init__(self, peer):
        self.name = peer.name
        self._command = peer.command
        self._acked = []
        self._failed = []
        self._stopping = threading.Event()

    def start(self, bootstrap, topic):
        command = [*self._command, "produce", "--bootstrap", bootstrap, "--topic", topic]
        self._process = process.start(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._threads = [threading.Thread(target=each) for each in (self._feed, self._listen)]
        for each in self._threads:
            each.start()

    def _feed(self):
        index = 0
        try:
            while not self._stopping.wait(0.02):
                records = []
                for index in range(index, index + RECORDS_A_SECOND // 50):
                    partition = index % dataset.PARTITIONS
                    now = int(time.time() * 1000)
                    records.append(dataset.Record(partition, now, None, str(index).encode()))
                index += 1
                self._process.stdin.write(dataset.to_json_lines(records))
                self._process.stdin.flush()
            self._process.stdin.close()
        except OSError:
            pass  # the program ended: then no acknowledgements come, which is noticed

    def _listen(self):
        for line in self._process.stdout:
            ack = json.loads(line)
            if ack.get("error"):
                self._failed.append(f"{ack['index']}: {ack['error']}")
            else:
                self._acked.append([ack["index"], ack["partition"], ack["offset"]])

    def acked_count(self):
        return len(self._acked)

    def stop(self):
        self._stopping.set()
        try:
            self._process.wait(timeout=150)
        except subprocess.TimeoutExpired:
            process.kill(self._process)
            raise StepFailed(f"{self.name} did not end") from None
        finally:
            for each in self._threads:
                each.join(timeout=10)
        process.forget(self._process)
        return self._acked, self._failed


def rows(table, context, group, server, kills, seed, replication=1):
    """`server` runs. A row for the kills, with a cell for each producer. Of a cluster a node at a
    time is killed."""
    name = f"{group}/kills"
    if not table.wants(name):
        return
    programs = [each for each in context.producers if each.name in ("librdkafka", "franz-go")]
    programs.append(context.ours)
    steady = [SteadyJava(context.harness), *(SteadyProgram(each) for each in programs)]
    topics = {each.name: f"kills-{each.name}" for each in steady}
    with table.row(name) as row:
        started = []
        survived = row.cell(
            f"{kills} kills (seed {seed})",
            lambda: _kill_again_and_again(
                context, server, steady, topics, started, kills, seed, replication
            ),
        )
        for each in started:
            row.cell(
                each.name, lambda: _check(context, server, each, topics[each.name], survived)
            )


def _kill_again_and_again(context, server, steady, topics, started, kills, seed, replication):
    config = {"min.insync.replicas": "2"} if replication > 2 else {}
    for each in steady:
        context.java.create_topic(
            server.bootstrap, topics[each.name], replication=replication, **config
        )
        each.start(server.bootstrap, topics[each.name])
        started.append(each)
    chance = random.Random(seed)
    for number in range(kills):
        _wait_for_acks(steady, f"before kill {number + 1}")
        time.sleep(chance.uniform(0, 0.1))  # any moment will do
        server.kill()
        server.start()
    _wait_for_acks(steady, "after the last kill")


def _wait_for_acks(steady, when):
    deadline = time.monotonic() + ACKS_TIMEOUT_S
    goals = {each.name: each.acked_count() + ACKS_BETWEEN_KILLS for each in steady}
    for each in steady:
        while each.acked_count() < goals[each.name]:
            if time.monotonic() > deadline:
                raise StepFailed(f"{each.name} got no acknowledgements {when}")
            time.sleep(0.01)


def _check(context, server, producer, topic, survived):
    acked, failed = producer.stop()
    if not survived:
        raise StepFailed("not checked: the broker or a producer did not go on")
    stored = context.java.consume(server.bootstrap, topic)
    faults = find_faults(acked, stored)
    if faults:
        raise StepFailed("; ".join(faults[:3]) + f" (of {len(faults)})")
    return f"{len(acked)} acked, {len(failed)} refused"


def find_faults(acked, stored):
    """What is wrong, as sentences: each acknowledged [index, partition, offset] must be stored with
    the value "index" there, and the indexes of a partition must rise, none twice."""
    values = {(each.record.partition, each.offset): each.record.value for each in stored}
    faults = []
    for index, partition, offset in acked:
        value = values.get((partition, offset))
        if value is None:
            faults.append(f"acknowledged record {index} is lost at {partition}-{offset}")
        elif value != str(index).encode():
            faults.append(f"{partition}-{offset} holds {value}, acknowledged as {index}")
    last = {}
    for each in stored:
        partition, index = each.record.partition, int(each.record.value)
        if index <= last.get(partition, -1):
            faults.append(
                f"{partition}-{each.offset} holds {index} again or late, after {last[partition]}"
            )
        last[partition] = max(index, last.get(partition, -1))
    return faults
