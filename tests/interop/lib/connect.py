"""Row: Kafka Connect, a file source and a file sink, on our broker: its own topics, its group of
workers, and a source that writes exactly once, whose worker is killed."""

import json
import re
import subprocess
import urllib.error
import urllib.request

from lib import peers, process
from lib.process import StepFailed
from lib.servers import free_port

TOPIC = "connect-lines"
LINES = 500
EVENTUALLY_S = 60


class Worker:
    """One worker of a distributed Connect cluster, in a JVM of its own."""

    def __init__(self, classpath, bootstrap, folder, log_file):
        self._classpath = classpath
        self._log_file = log_file
        self._address = f"http://127.0.0.1:{free_port()}"
        self._properties = folder / "worker.properties"
        text = "org.apache.kafka.connect.storage.StringConverter"
        properties = {
            "bootstrap.servers": bootstrap,
            "group.id": "connect",
            "listeners": self._address,
            "key.converter": text,
            "value.converter": text,
            "exactly.once.source.support": "enabled",
            "offset.flush.interval.ms": "200",
            "scheduled.rebalance.max.delay.ms": "0",
            "session.timeout.ms": "6000",
            "heartbeat.interval.ms": "500",
            # What a killed worker leaves open, its transaction and its sink's place in the group, is
            # waited for: longer than a test may take at the defaults of 60 s and 45 s.
            "producer.transaction.timeout.ms": "6000",
            "consumer.session.timeout.ms": "6000",
            "plugin.discovery": "hybrid_warn",
            **{f"{each}.storage.topic": f"connect-{each}" for each in ("config", "offset", "status")},
            **{f"{each}.storage.replication.factor": "1" for each in ("config", "offset", "status")},
        }
        self._properties.write_text("".join(f"{k}={v}\n" for k, v in properties.items()))

    def start(self):
        with self._log_file.open("ab") as log:
            self._process = process.start(
                ["java", "-Xmx384m", "-XX:TieredStopAtLevel=1", "-cp", self._classpath,
                 "org.apache.kafka.connect.cli.ConnectDistributed", self._properties],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )
        self._eventually(lambda: self._ask("GET", "/connectors") is not None, "not ready")

    def put(self, name, **config):
        self._eventually(
            lambda: self._ask("PUT", f"/connectors/{name}/config", config) is not None,
            f"{name} is not taken",
        )

    def expect_running(self, name):
        def runs():
            status = self._ask("GET", f"/connectors/{name}/status") or {}
            tasks = [each["state"] for each in status.get("tasks", [])]
            return tasks == ["RUNNING"] and status["connector"]["state"] == "RUNNING"

        self._eventually(runs, f"{name} does not run")

    def kill(self):
        process.kill(self._process)

    def stop(self):
        self._process.terminate()
        try:
            self._process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.kill()
            raise StepFailed("the worker did not stop in 60 s") from None
        process.forget(self._process)

    def _eventually(self, holds, otherwise):
        def or_ended():
            if self._process.poll() is not None:
                tail = self._log_file.read_text(errors="replace")[-600:]
                raise StepFailed(f"the worker ended: {tail}")
            return holds()

        peers.eventually(or_ended, otherwise, EVENTUALLY_S)

    def _ask(self, method, path, body=None):
        """The answer, or None while there is none."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._address + path, data, method=method)
        request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except (urllib.error.URLError, OSError):
            return None


def rows(table, context, name, server):
    if table.wants(name):
        with table.row(name) as row:
            row.cell("", lambda: _file_to_file(context, server))


def _file_to_file(context, server):
    folder = context.new_folder("connect")
    classpath = (context.connect_folder / "target" / "classpath").read_text().strip()
    source, sink = folder / "source.txt", folder / "sink.txt"
    context.java.create_topic(server.bootstrap, TOPIC, 1)
    worker = Worker(classpath, server.bootstrap, folder, context.log("connect.log"))
    worker.start()
    try:
        _append(source, 0)
        stream = "org.apache.kafka.connect.file.FileStream"
        worker.put("source", **{"connector.class": f"{stream}SourceConnector", "tasks.max": "1",
                                "file": str(source), "topic": TOPIC})
        worker.put("sink", **{"connector.class": f"{stream}SinkConnector", "tasks.max": "1",
                              "file": str(sink), "topics": TOPIC})
        for each in ("source", "sink"):
            worker.expect_running(each)
        _await_lines(sink, LINES)
        _append(source, LINES)
        worker.kill()
        worker.start()
        _append(source, 2 * LINES)
        _await_lines(sink, 3 * LINES)
    finally:
        worker.stop()
    read = context.java.consume(
        server.bootstrap, TOPIC, 1, **{"isolation.level": "read_committed"}
    )
    found = [each.record.value.decode() for each in read]
    wanted = source.read_text().splitlines()
    if found != wanted:
        raise StepFailed(f"{len(wanted)} lines became {len(found)} records, or in another order")
    return f"{len(wanted)} lines"


def _append(path, first):
    with path.open("a") as file:
        file.writelines(f"line {each}\n" for each in range(first, first + LINES))


def _await_lines(path, count):
    """Each line at least once: a sink that was killed may write one again, and may have left one
    without its end, which the next worker's first line then follows."""
    wanted = {f"line {each}" for each in range(count)}

    def missing():
        return wanted - set(re.findall(r"line \d+", path.read_text() if path.exists() else ""))

    try:
        peers.eventually(lambda: not missing(), "", EVENTUALLY_S)
    except StepFailed:
        raise StepFailed(f"{len(missing())} of {count} lines are not in {path.name}") from None
