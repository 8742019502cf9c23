"""Rows: Apache Kafka takes over the data directory of our broker, and gives it back; ours takes over
one that Apache Kafka has formatted."""

import time

from lib import clients, dataset, dumps, peers, tool
from lib.process import StepFailed
from lib.servers import Ottla

RECORDS = 120


class Contents:
    """What the directory should hold: topic by topic the records, and their topic ids."""

    def __init__(self, java):
        self._java = java
        self._records = {}
        self._ids = {}
        self._committed = {}

    def add(self, bootstrap, topic, codec, count):
        if topic not in self._records:
            self._java.create_topic(bootstrap, topic)
            self._records[topic] = []
        records = dataset.full(count)
        self._java.produce(bootstrap, topic, records, codec)
        self._records[topic] += records

    def add_by_tool(self, ottla, bootstrap, topic, count):
        """Through our own tool and SDK; the timestamps are theirs."""
        records = tool.keyed_lines(self._java, count)
        since = time.time()
        ottla.create_topic(bootstrap, topic)
        ottla.produce(bootstrap, topic, records, "zstd")
        stored = self._java.consume(bootstrap, topic)
        clients.expect_same(records, stored, peers.time_window(since))
        self._records[topic] = [each.record for each in stored]

    def commit(self, bootstrap, group, topic, offset):
        """What `group` has committed of every partition of `topic` from now on."""
        self._java.commit(bootstrap, group, topic, offset)
        places = {str(each): offset for each in range(dataset.PARTITIONS)}
        self._committed.setdefault(group, {})[topic] = places

    def forget(self, bootstrap, group):
        self._java.delete_group(bootstrap, group)
        del self._committed[group]

    def expect(self, bootstrap):
        """Fails unless the broker serves every topic, with its id and a leader, all records, and what
        every group has committed."""
        listed = self._java.list_topics(bootstrap)
        for topic, records in self._records.items():
            if topic not in listed:
                raise StepFailed(f"{topic} is missing: {listed}")
            found = self._java.describe_topic(bootstrap, topic)
            if found["topicId"] != self._ids.setdefault(topic, found["topicId"]):
                raise StepFailed(f"{topic} has another id than {self._ids[topic]}: {found}")
            stored = self._java.consume(bootstrap, topic, **{"fetch.max.wait.ms": "50"})
            clients.expect_same(records, stored)
        self._expect_groups(bootstrap)

    def _expect_groups(self, bootstrap):
        listed = [each for each in self._java.list_groups(bootstrap) if each.startswith("kept-")]
        if listed != sorted(self._committed):
            raise StepFailed(f"groups are {listed}, not {sorted(self._committed)}")
        for group, committed in self._committed.items():
            found = self._java.group_offsets(bootstrap, group)
            if found != committed:
                raise StepFailed(f"{group} has committed {found}, not {committed}")


def rows(table, context, group, make_ours, make_kafka):
    """`make_ours()` and `make_kafka()` make a server on the same directory, not started; each row
    takes a directory of its own from `context`."""
    for ending in ("stopped", "killed"):
        name = f"{group}/{ending}"
        if table.wants(name):
            with table.row(name) as row:
                _fill(row, context, ending, make_ours, make_kafka)
    name = f"{group}/from-kafka"
    if table.wants(name):
        with table.row(name) as row:
            _fill_from_kafka(row, context, make_ours, make_kafka)


    name = f"{group}/dump-log"
    if table.wants(name):
        with table.row(name) as row:
            _dump(row, context, make_ours, make_kafka)


def _dump(row, context, make_ours, make_kafka):
    """Whoever has written the files last, both tools print the same."""
    data = context.new_folder("dump")
    contents = Contents(context.java)
    ours = make_ours(data)

    def fill(bootstrap):
        for codec in peers.ALL_CODECS:
            contents.add(bootstrap, f"first-{codec}", codec, RECORDS)

    def add_transactions(bootstrap):
        context.java.create_topic(bootstrap, "in-transactions")
        for commit in (True, False, True):
            context.java.produce_in_transaction(
                bootstrap, "in-transactions", dataset.full(RECORDS), commit
            )

    def killed():
        _serve(ours, "killed", lambda: _more(contents, "ours")(ours.bootstrap))
        _serve(ours, "stopped", lambda: contents.expect(ours.bootstrap))

    steps = [
        ("ours writes", lambda: _serve(ours, "stopped", lambda: fill(ours.bootstrap))),
        ("of ours", lambda: dumps.compare(context, data)),
        ("Kafka writes", lambda: _serve_new(data, make_kafka, add_transactions)),
        ("of Kafka's", lambda: dumps.compare(context, data)),
        ("ours recovers", killed),
        ("of what is recovered", lambda: dumps.compare(context, data)),
    ]
    for name, step in steps:
        if not row.cell(name, step):
            return


def _fill_from_kafka(row, context, make_ours, make_kafka):
    """Formatted as Apache Kafka does by default, at its own metadata version."""
    data = context.new_folder("from-kafka")
    contents = Contents(context.java)
    first_kafka = make_kafka(data)
    ours = make_ours(data)

    def fill_first(bootstrap):
        for codec in peers.ALL_CODECS:
            contents.add(bootstrap, f"first-{codec}", codec, RECORDS)

    def serve_first():
        first_kafka.start()
        try:
            fill_first(first_kafka.bootstrap)
        finally:
            first_kafka.stop()

    steps = [
        ("Kafka writes", serve_first),
        (
            "ours takes more",
            lambda: _serve(ours, "stopped", lambda: _more(contents, "ours")(ours.bootstrap)),
        ),
        ("ours killed", lambda: _serve(ours, "killed", lambda: contents.expect(ours.bootstrap))),
        ("Kafka takes more", lambda: _serve_new(data, make_kafka, _more(contents, "kafka"))),
        ("ours serves all", lambda: _serve(ours, "stopped", lambda: contents.expect(ours.bootstrap))),
    ]
    for name, step in steps:
        if not row.cell(name, step):
            return


def _fill(row, context, ending, make_ours, make_kafka):
    data = context.new_folder("directory")
    contents = Contents(context.java)
    ours = make_ours(data)
    steps = [
        ("ours writes", lambda: _serve(ours, ending, lambda: _fill_first(context, contents, ours))),
        ("Kafka serves", lambda: _serve_new(data, make_kafka, contents.expect)),
        ("ours serves", lambda: _serve(ours, "stopped", lambda: contents.expect(ours.bootstrap))),
        ("Kafka takes more", lambda: _serve_new(data, make_kafka, _more(contents, "kafka"))),
        (
            "ours takes more",
            lambda: _serve(ours, ending, lambda: _more(contents, "ours")(ours.bootstrap)),
        ),
        ("Kafka serves all", lambda: _serve_new(data, make_kafka, contents.expect)),
    ]
    for name, step in steps:
        if not row.cell(name, step):
            return


def _fill_first(context, contents, ours):
    if isinstance(ours, Ottla):
        contents.add_by_tool(context.tool, ours.bootstrap, "first-by-tool", RECORDS)
    for codec in peers.ALL_CODECS:
        contents.add(ours.bootstrap, f"first-{codec}", codec, RECORDS)
    for group in ("kept-one", "kept-two", "kept-not"):
        for offset in (1, 5):
            contents.commit(ours.bootstrap, group, "first-none", offset)
    contents.commit(ours.bootstrap, "kept-one", "first-zstd", 7)
    contents.forget(ours.bootstrap, "kept-not")
    contents.expect(ours.bootstrap)


def _more(contents, who):
    def add(bootstrap):
        contents.expect(bootstrap)
        contents.add(bootstrap, "first-none", "none", RECORDS)
        contents.add(bootstrap, f"by-{who}", "zstd", RECORDS)
        contents.commit(bootstrap, "kept-two", "first-none", RECORDS // 4)
        contents.commit(bootstrap, f"kept-by-{who}", f"by-{who}", 3)
        contents.expect(bootstrap)

    return add


def _serve(server, ending, step):
    server.start()
    try:
        step()
    except BaseException:
        server.kill()
        raise
    if ending == "killed":
        server.kill()
    else:
        server.stop()


def _serve_new(data, make_kafka, step):
    kafka = make_kafka(data)
    kafka.start()
    try:
        step(kafka.bootstrap)
    finally:
        kafka.stop()
