"""Rows: copiers in transactions, members of groups, which are killed as the broker is."""

import random
import subprocess
import threading
import time

from lib import dataset, peers, process
from lib.harness import Harness
from lib.process import StepFailed

MEMBERS = 2
RECORDS_A_ROUND = 300
EVENTUALLY_S = 90
TIMEOUT_MS = 3000

# What the dead leave behind is ended soon.
BROKER = {
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "500",
    "group.min.session.timeout.ms": "1000",
    "group.initial.rebalance.delay.ms": "0",
}


class OfProgram:
    """A copier that is a program."""

    def __init__(self, context, command):
        self._log = context.log("copiers.log").open("ab")
        self._process = process.start(command, stdout=subprocess.DEVNULL, stderr=self._log)

    def ended(self):
        return self._process.poll() is not None

    def kill(self):
        process.kill(self._process)
        self._log.close()


class OfJava:
    """A copier in a JVM of its own."""

    def __init__(self, context, fields):
        log = context.log(f"{fields['transactionalId']}.log")
        self._harness = Harness(context.jvm_folder, log)
        self._thread = threading.Thread(target=self._copy, args=(fields,), daemon=True)
        self._thread.start()

    def _copy(self, fields):
        try:
            self._harness.call("copyInTransactions", timeout=None, **fields)
        except StepFailed:
            pass  # it was killed, or could not go on; which of them, who started it knows

    def ended(self):
        return not self._thread.is_alive()

    def kill(self):
        self._harness.kill()
        self._thread.join()


class Group:
    """The copiers of one kind, and what they copy."""

    def __init__(self, context, server, name, start):
        self.name = name
        self._context = context
        self._server = server
        self._start = start
        self._source, self._copy, self._group = (
            f"{what}-{name}" for what in ("source", "copy", "copiers")
        )
        self._written = 0
        self._ended = 0
        self._members = []

    def start(self):
        for topic in (self._source, self._copy):
            self._context.java.create_topic(self._server.bootstrap, topic)
        self._members = [self._new(number) for number in range(MEMBERS)]

    def _new(self, number):
        names = {"topic": self._source, "to": self._copy, "group": self._group}
        return self._start(
            self._context, self._server.bootstrap, names, f"{self._group}-{number}"
        )

    def kill(self, number):
        self._members[number].kill()
        self._members[number] = self._new(number)

    def stop(self):
        for each in self._members:
            each.kill()

    def tend(self):
        """A copier that cannot go on ends, and the next one takes its place."""
        for number, each in enumerate(self._members):
            if each.ended():
                self._ended += 1
                self.kill(number)

    def write(self):
        begin = self._written
        self._written += RECORDS_A_ROUND
        records = dataset.lines(self._written)[begin:]
        self._context.java.produce(self._server.bootstrap, self._source, records, "none")

    def copied(self):
        """A number that grows with every copy."""
        return sum(self._context.java.end_offsets(self._server.bootstrap, self._copy))

    def done(self):
        """Whether the group has committed all."""
        self.tend()
        found = self._context.java.group_offsets(self._server.bootstrap, self._group)
        return sum(found.get(self._source, {}).values()) == self._written

    def check(self):
        wanted = _values(dataset.lines(self._written))
        found, everything = (self._read(f"read_{each}") for each in ("committed", "uncommitted"))
        if found != wanted:
            raise StepFailed(f"not copied once and in order: {found}"[:600])
        aborted = sum(map(len, everything)) - self._written
        ended = f", {self._ended} ended by themselves" if self._ended else ""
        return f"{self._written} copied, {aborted} in aborted transactions{ended}"

    def _read(self, isolation):
        properties = {"isolation.level": isolation}
        stored = self._context.java.consume(self._server.bootstrap, self._copy, **properties)
        return _values(each.record for each in stored)


def _values(records):
    return [
        [(each.key, each.value) for each in part] for part in dataset.by_partition(records)
    ]


def _start_java(context, bootstrap, names, transactional_id):
    properties = {
        "session.timeout.ms": str(TIMEOUT_MS),
        "heartbeat.interval.ms": str(TIMEOUT_MS // 6),
        "transaction.timeout.ms": str(TIMEOUT_MS),
    }
    fields = {"bootstrap": bootstrap, "properties": properties, **names}
    return OfJava(context, {"transactionalId": transactional_id, **fields})


def _starter(peer, *more):
    def start(context, bootstrap, names, transactional_id):
        command = [*peer.command, "copy", "--bootstrap", bootstrap, "--id", transactional_id, *more]
        for name, value in names.items():
            command += [f"--{name}", value]
        return OfProgram(context, command)

    return start


def _groups(context, server):
    starters = {"java": _start_java}
    for each in context.producers:
        if each.name in ("librdkafka", "franz-go"):
            starters[each.name] = _starter(each, "--timeout-ms", str(TIMEOUT_MS))
    starters["ottla"] = _starter(context.ours)
    return [Group(context, server, name, start) for name, start in starters.items()]


def rows(table, context, name, server, kills, seed):
    """A row with a cell for each kind of copier. `server`, with the settings BROKER, is started and
    killed here."""
    server.start()
    try:
        groups = _groups(context, server)
        with table.row(name) as row:
            if row.cell(
                f"{kills} kills (seed {seed})",
                lambda: _kill_again_and_again(server, groups, kills, random.Random(seed)),
            ):
                for each in groups:
                    row.cell(each.name, each.check)
    finally:
        server.kill()


def _kill_again_and_again(server, groups, kills, chance):
    for each in groups:
        each.start()
    for number in range(kills):
        _progress(groups, chance, f"before kill {number + 1}")
        time.sleep(chance.uniform(0, 0.1))  # any moment will do
        if number % 2 == 0:
            groups[number // 2 % len(groups)].kill(chance.randrange(MEMBERS))
        else:
            server.kill()
            server.start()
    for each in groups:
        each.write()
    for each in groups:
        peers.eventually(each.done, f"{each.name} has not copied all", EVENTUALLY_S)
    time.sleep(1)  # what is too much would come now
    for each in groups:
        each.stop()


def _progress(groups, chance, when):
    goals = {}
    for each in groups:
        goals[each] = each.copied() + chance.randint(1, RECORDS_A_ROUND // 2)
        each.write()
    for each, goal in goals.items():

        def reached():
            each.tend()
            return each.copied() >= goal

        peers.eventually(reached, f"{each.name} copies nothing {when}", EVENTUALLY_S)
