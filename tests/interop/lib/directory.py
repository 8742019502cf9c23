"""Rows: whoever has written a data directory, Ottla or Apache Kafka, stopped or killed, the other one
takes it over, serves the same records, takes more, and gives it back. Also two that belong together."""

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
    """`make_ours(folders)`, `make_kafka(folders)` and `make_own_kafka(folders)`, which can be killed,
    make a server on those log.dirs, not started; each row takes a folder of its own from `context`."""
    for kind in ("", "two-"):
        for first in ("ours", "kafka"):
            for ending in ("stopped", "killed"):
                name = f"{group}/{kind}{first}-{ending}"
                if not table.wants(name):
                    continue
                data = context.new_folder("directory")
                folders = [data / "one", data / "two"] if kind else [data]
                servers = _Servers(data, folders, make_ours, make_kafka, make_own_kafka)
                with table.row(name) as row:
                    if first == "ours":
                        _ours_first(row, context, servers, ending)
                    else:
                        _kafka_first(row, context, servers, ending)


def settings(folders):
    """Of a server on `folders`."""
    return {**QUICK, "log.dirs": log_dirs(folders)}


def log_dirs(folders):
    return ",".join(str(each) for each in folders)


class _Servers:
    def __init__(self, data, folders, make_ours, make_kafka, make_own_kafka):
        self.data = data
        self.folders = folders
        self.ours = make_ours(folders)
        self._make_kafka = make_kafka
        self._make_own_kafka = make_own_kafka

    def with_ours(self, ending, step):
        _serve(self.ours, ending, step)

    def with_kafka(self, ending, step):
        """Only one that lives in a JVM of its own can be killed."""
        make = self._make_kafka if ending == "stopped" else self._make_own_kafka
        _serve(make(self.folders), ending, step)


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
            ("its files", lambda: check_files(context, servers, ending)),
            ("Kafka takes more", lambda: servers.with_kafka("stopped", held.take_more)),
            ("Kafka's files", lambda: check_files(context, servers, "stopped")),
            ("ours takes more", lambda: servers.with_ours(ending, held.take_more)),
            ("Kafka serves all", lambda: servers.with_kafka("stopped", held.expect)),
            ("ours serves all", lambda: servers.with_ours("stopped", held.expect)),
            ("the files", lambda: check_files(context, servers, "stopped")),
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
            ("its files", lambda: check_files(context, servers, ending)),
            ("ours takes more", lambda: servers.with_ours(ending, held.take_more)),
            ("ours serves all", lambda: servers.with_ours("stopped", held.expect)),
            ("our files", lambda: check_files(context, servers, "stopped")),
            ("Kafka serves all", lambda: servers.with_kafka("stopped", held.expect)),
        ],
    )


def _run(row, steps):
    for name, step in steps:
        if not row.cell(name, step):
            return


def check_files(context, servers, ending):
    """What was stopped has no fault for either dump tool, nor for `ottla check-log`."""
    for folder in servers.folders:
        if not any(folder.glob("java-*-*/*.log")):
            raise StepFailed(f"no partition is in {folder.name}")
    if ending != "stopped":
        return "are checked later"
    for folder in servers.folders:
        checked = subprocess.run(
            [context.bin / "ottla", "check-log", folder], capture_output=True, timeout=60
        )
        if checked.returncode != 0:
            said = (checked.stdout + checked.stderr).decode().replace(str(folder), "")
            raise StepFailed("ottla check-log: " + "; ".join(said.splitlines()[:4]))
    return dumps.compare(context, servers.data)
