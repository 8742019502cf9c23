"""Rows: Kafka Streams counts words exactly once, while its instances and the broker are killed."""

import random
import time

from lib import dataset, peers
from lib.harness import Harness
from lib.process import StepFailed

INSTANCES = 2
LINES_A_ROUND = 400
WORDS_A_LINE = 6
WORDS = 97
EVENTUALLY_S = 90
TIMEOUT_MS = 3000

STREAMS = {
    "commit.interval.ms": "100",
    "producer.transaction.timeout.ms": str(TIMEOUT_MS),
    "consumer.session.timeout.ms": str(TIMEOUT_MS),
    "consumer.heartbeat.interval.ms": "500",
}


class Instance:
    """One instance of the application in a JVM of its own, the next one in its place when it is
    killed."""

    def __init__(self, context, server, name, state):
        self._context = context
        self._server = server
        self._name = name
        self._state = state
        self._starts = 0

    def start(self):
        self._starts += 1
        log = self._context.log(f"{self._state.name}.{self._starts}.log")
        self._harness = Harness(self._context.jvm_folder, log)
        self._harness.call(
            "startStreams",
            bootstrap=self._server.bootstrap,
            application=self._name,
            topic=f"{self._name}-lines",
            to=f"{self._name}-counts",
            stateDir=str(self._state),
            properties=STREAMS,
        )

    def kill(self):
        self._harness.kill()

    def stop(self):
        self._harness.call("stopStreams")
        self._harness.close()


class WordCount:
    """The application, what it reads, and what it must write."""

    def __init__(self, context, server, name, seed):
        self._java = context.java
        self._server = server
        self._name = name
        self._chance = random.Random(seed)
        self._lines = 0
        self._instances = [
            Instance(context, server, name, context.new_folder(name)) for _ in range(INSTANCES)
        ]

    def start(self):
        for topic in ("lines", "counts"):
            self._java.create_topic(self._server.bootstrap, f"{self._name}-{topic}")
        for each in self._instances:
            each.start()

    def kill(self, number):
        """Something in the middle of work: now the broker, now an instance."""
        before = self._written()
        self._write_lines()
        goal = before + self._chance.randint(1, LINES_A_ROUND)
        peers.eventually(
            lambda: self._written() >= goal, f"nothing is counted before kill {number + 1}",
            EVENTUALLY_S,
        )
        time.sleep(self._chance.uniform(0, 0.2))  # any moment will do
        victim = self._server if number % 2 else self._instances[number // 2 % INSTANCES]
        victim.kill()
        victim.start()

    def finish(self):
        self._write_lines()
        wanted = self._wanted()
        total = sum(wanted.values())
        peers.eventually(
            lambda: len(self._read("read_committed")) >= total, "not everything is counted",
            EVENTUALLY_S,
        )
        for each in self._instances:
            each.stop()
        committed = self._read("read_committed")
        faults = find_faults(committed, wanted)
        if faults:
            raise StepFailed("; ".join(faults[:3]) + f" (of {len(faults)})")
        self._expect_offsets()
        self._expect_internal_topics()
        aborted = len(self._read("read_uncommitted")) - len(committed)
        return f"{total} words, {aborted} in aborted transactions"

    def _words(self):
        """Every line that was written, as words."""
        return [
            [f"word-{(line * line + 7 * place) % WORDS}" for place in range(WORDS_A_LINE)]
            for line in range(self._lines)
        ]

    def _wanted(self):
        counts = {}
        for words in self._words():
            for word in words:
                counts[word] = counts.get(word, 0) + 1
        return counts

    def _write_lines(self):
        begin = self._lines
        self._lines += LINES_A_ROUND
        records = [
            dataset.Record(line % dataset.PARTITIONS, line, None, " ".join(words).encode())
            for line, words in enumerate(self._words()[begin:], begin)
        ]
        self._java.produce(self._server.bootstrap, f"{self._name}-lines", records, "none")

    def _ends(self, topic):
        return self._java.end_offsets(self._server.bootstrap, topic)

    def _written(self):
        return sum(self._ends(f"{self._name}-counts"))

    def _read(self, isolation):
        """(word, count), each word's in order."""
        properties = {"isolation.level": isolation}
        stored = self._java.consume(
            self._server.bootstrap, f"{self._name}-counts", **properties
        )
        return [
            (each.record.key.decode(), int.from_bytes(each.record.value)) for each in stored
        ]

    def _expect_offsets(self):
        """What was read is committed."""
        lines = f"{self._name}-lines"
        found = self._java.group_offsets(self._server.bootstrap, self._name).get(lines, {})
        wanted = {str(partition): end for partition, end in enumerate(self._ends(lines))}
        if found != wanted:
            raise StepFailed(f"committed {found}, not {wanted}")

    def _expect_internal_topics(self):
        """The changelog is compacted, and of the repartition topic what was read is deleted."""
        changelog, repartition = (
            self._java.describe_topic(self._server.bootstrap, f"{self._name}-{each}")
            for each in ("counts-changelog", "words-repartition")
        )
        policies = [each["config"].get("cleanup.policy") for each in (changelog, repartition)]
        if policies != ["compact", "delete"]:
            raise StepFailed(f"cleanup policies of internal topics: {policies}")
        left = self._java.consume(self._server.bootstrap, f"{self._name}-words-repartition")
        if len(left) >= self._lines * WORDS_A_LINE:
            raise StepFailed("nothing of the repartition topic was deleted")


def find_faults(found, wanted):
    """What is wrong, as sentences: each word must be counted up from 1, one by one, to what it
    must come to."""
    faults = []
    counts = {}
    for word, count in found:
        before = counts.get(word, 0)
        if count != before + 1:
            faults.append(f"{word} is {count} after {before}")
        counts[word] = count
    for word in sorted(counts.keys() | wanted.keys()):
        if counts.get(word, 0) != wanted.get(word, 0):
            faults.append(f"{word} is {counts.get(word, 0)}, not {wanted.get(word, 0)}")
    return faults


def rows(table, context, name, server, kills, seed):
    """`server`, with the settings of copiers.BROKER, is started and killed here."""
    server.start()
    try:
        count = WordCount(context, server, name.replace("/", "-"), seed)
        with table.row(name) as row:
            if row.cell("start", count.start) and row.cell(
                f"{kills} kills (seed {seed})", lambda: _kill(count, kills)
            ):
                row.cell("counts", count.finish)
    finally:
        server.kill()


def _kill(count, kills):
    for number in range(kills):
        count.kill(number)
