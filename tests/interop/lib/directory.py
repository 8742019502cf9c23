"""Rows: whoever has written a data directory, Ottla or Apache Kafka, stopped or killed, the other one
takes it over, serves the same records, takes more, and gives it back."""

import subprocess

from lib import contents, dumps
from lib.process import StepFailed

# So that compaction is seen within the time of a test.
QUICK = {
    "log.cleaner.backoff.ms": "200",
    "log.flush.offset.checkpoint.interval.ms": "300",
    "log.flush.start.offset.checkpoint.interval.ms": "300",
    "log.initial.task.delay.ms": "100",
}


def rows(table, context, group, make_ours, make_kafka, make_own_kafka):
    """`make_ours(data)`, `make_kafka(data)` and `make_own_kafka(data)`, which can be killed, make a
    server on the directory, not started; each row takes a directory of its own from `context`."""
    for first in ("ours", "kafka"):
        for ending in ("stopped", "killed"):
            name = f"{group}/{first}-{ending}"
            if not table.wants(name):
                continue
            data = context.new_folder("directory")
            servers = _Servers(data, make_ours, make_kafka, make_own_kafka)
            with table.row(name) as row:
                if first == "ours":
                    _ours_first(row, context, servers, ending)
                else:
                    _kafka_first(row, context, servers, ending)


class _Servers:
    def __init__(self, data, make_ours, make_kafka, make_own_kafka):
        self.data = data
        self.ours = make_ours(data)
        self._make_kafka = make_kafka
        self._make_own_kafka = make_own_kafka

    def with_ours(self, ending, step):
        _serve(self.ours, ending, step)

    def with_kafka(self, ending, step):
        """Only one that lives in a JVM of its own can be killed."""
        make = self._make_kafka if ending == "stopped" else self._make_own_kafka
        _serve(make(self.data), ending, step)


def _serve(server, ending, step):
    server.start()
    try:
        step(server.bootstrap)
    except BaseException:
        server.kill()
        raise
    if ending == "killed":
        server.kill()
    else:
        server.stop()


def _ours_first(row, context, servers, ending):
    held = contents.Contents(context)
    _run(
        row,
        [
            ("ours writes", lambda: servers.with_ours(ending, held.fill)),
            ("its files", lambda: check_files(context, servers.data, ending)),
            ("Kafka takes more", lambda: servers.with_kafka("stopped", held.take_more)),
            ("Kafka's files", lambda: check_files(context, servers.data, "stopped")),
            ("ours takes more", lambda: servers.with_ours(ending, held.take_more)),
            ("Kafka serves all", lambda: servers.with_kafka("stopped", held.expect)),
            ("ours serves all", lambda: servers.with_ours("stopped", held.expect)),
            ("the files", lambda: check_files(context, servers.data, "stopped")),
        ],
    )


def _kafka_first(row, context, servers, ending):
    """Formatted as Apache Kafka does by default, at its own metadata version."""
    held = contents.Contents(context)

    def fill(bootstrap):
        held.fill(bootstrap)
        held.take_more(bootstrap)

    _run(
        row,
        [
            ("Kafka writes", lambda: servers.with_kafka(ending, fill)),
            ("its files", lambda: check_files(context, servers.data, ending)),
            ("ours takes more", lambda: servers.with_ours(ending, held.take_more)),
            ("ours serves all", lambda: servers.with_ours("stopped", held.expect)),
            ("our files", lambda: check_files(context, servers.data, "stopped")),
            ("Kafka serves all", lambda: servers.with_kafka("stopped", held.expect)),
        ],
    )


def _run(row, steps):
    for name, step in steps:
        if not row.cell(name, step):
            return


def check_files(context, data, ending):
    """What was stopped has no fault for either dump tool, nor for `ottla check-log`."""
    if ending != "stopped":
        return "are checked later"
    checked = subprocess.run(
        [context.bin / "ottla", "check-log", data], capture_output=True, timeout=60
    )
    if checked.returncode != 0:
        said = (checked.stdout + checked.stderr).decode().replace(str(data), "")
        raise StepFailed("ottla check-log: " + "; ".join(said.splitlines()[:4]))
    return dumps.compare(context, data)
