"""Rows: a producer that stops in the middle of a transaction, and goes on when another has taken
its place."""

import random
import signal
import subprocess
import threading
import time

from lib import dataset, own_transactions, peers, process
from lib.harness import Harness
from lib.process import StepFailed

EVENTUALLY_S = 60
# By the coordinator, and by the leader of a partition.
FENCED = ("PRODUCER_FENCED", "INVALID_PRODUCER_EPOCH")


class Ours:
    """`ottla-peer` writing transactions."""

    name = "ottla"

    def __init__(self, context, bootstrap, topic):
        self._context = context
        self._arguments = {"bootstrap": bootstrap, "topic": topic, "id": topic}
        self._arguments["partitions"] = dataset.PARTITIONS
        command = [context.bin / "ottla-peer", "transact"]
        for name, value in {**self._arguments, "transactions": 1_000_000}.items():
            command += [f"--{name}", str(value)]
        self._process = process.start(command, stderr=subprocess.PIPE, text=True)

    def signal(self, number):
        self._process.send_signal(number)

    def write_as_the_next(self):
        own_transactions.run(self._context, "transact", **self._arguments, transactions=3)

    def expect_fenced(self):
        _, errors = self._process.communicate(timeout=EVENTUALLY_S)
        process.forget(self._process)
        if not any(code in errors for code in FENCED):
            raise StepFailed(f"the zombie ended with {errors}")


class Java:
    """The Java producer in a JVM of its own."""

    name = "java"

    def __init__(self, context, bootstrap, topic):
        self._context = context
        self._fields = {"bootstrap": bootstrap, "topic": topic}
        self._harness = Harness(context.jvm_folder, context.log(f"{topic}.log"))
        self._outcome = "it is still writing"
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def _write(self):
        topic = self._fields["topic"]
        try:
            answer = self._harness.call(
                "writeTransactions", timeout=None, transactionalId=f"of-{topic}",
                partitions=dataset.PARTITIONS, **self._fields,
            )
            self._outcome = None if "fenced" in answer else str(answer)
        except StepFailed as failure:
            self._outcome = str(failure)

    def signal(self, number):
        self._harness.signal(number)

    def write_as_the_next(self):
        self._context.java.produce_in_transaction(
            **self._fields, records=dataset.full(dataset.PARTITIONS), end="commit"
        )

    def expect_fenced(self):
        self._thread.join(EVENTUALLY_S)
        self._harness.kill()
        if self._outcome is not None:
            raise StepFailed(f"the zombie was not fenced: {self._outcome}")


def rows(table, context, group, server, kinds=(Java, Ours)):
    for kind in kinds:
        name = f"{group}/{kind.name}"
        if table.wants(name):
            with table.row(name) as row:
                row.cell("", lambda: _rise(context, server, kind, name.replace("/", "-")))


def _rise(context, server, kind, topic):
    context.java.create_topic(server.bootstrap, topic)

    def ends(isolation):
        properties = {"isolation.level": isolation}
        return context.java.end_offsets(server.bootstrap, topic, **properties)

    def offsets(isolation):
        properties = {"isolation.level": isolation}
        stored = context.java.consume(server.bootstrap, topic, **properties)
        return {(each.record.partition, each.offset) for each in stored}

    zombie = kind(context, server.bootstrap, topic)
    unfinished = _stop_in_transaction(zombie, ends)
    zombie.write_as_the_next()
    # A commit is answered before its markers are everywhere.
    peers.eventually(
        lambda: ends("read_committed") == ends("read_uncommitted"), "one is open", EVENTUALLY_S
    )
    committed, everything = offsets("read_committed"), offsets("read_uncommitted")
    _expect(unfinished & everything, "what the zombie had begun to write is not there")
    _expect(not unfinished & committed, "what the zombie had begun to write is committed")
    zombie.signal(signal.SIGCONT)
    zombie.expect_fenced()
    _expect(offsets("read_uncommitted") == everything, "the zombie has written")
    _expect(offsets("read_committed") == committed, "the zombie has committed")
    _expect(ends("read_committed") == ends("read_uncommitted"), "a transaction is still open")
    return f"{len(committed)} committed"


def _stop_in_transaction(zombie, ends):
    """The places behind what is committed, as (partition, offset)."""
    deadline = time.monotonic() + EVENTUALLY_S

    def places():
        high = ends("read_uncommitted")
        stable = ends("read_committed")
        pairs = enumerate(zip(stable, high, strict=True))
        return {(part, at) for part, (low, end) in pairs for at in range(low, end)}

    peers.eventually(lambda: any(ends("read_committed")), "the first one is silent", EVENTUALLY_S)
    while time.monotonic() < deadline:
        zombie.signal(signal.SIGSTOP)
        time.sleep(0.2)  # what it had sent before may end the transaction
        if places():
            time.sleep(0.3)  # however busy the machine is
            if found := places():
                return found
        zombie.signal(signal.SIGCONT)
        time.sleep(random.uniform(0.01, 0.05))  # any moment will do
    raise StepFailed("it did not stop in the middle of a transaction")


def _expect(holds, otherwise):
    if not holds:
        raise StepFailed(otherwise)
