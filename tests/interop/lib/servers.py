"""The brokers under test: ours, and Apache Kafka in a JVM of the harness."""

import concurrent.futures
import queue
import re
import signal
import socket
import subprocess
import threading
from pathlib import Path

from lib import process
from lib.harness import Harness
from lib.process import StepFailed

CLUSTER_ID = "T3R0bGFJbnRlcm9wVGVzdA"
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 30

READY = re.compile(r"ottla-broker ready: node (\d+), PLAINTEXT://([^,]+),.* data (.*), durability")


class Ottla:
    """An `ottla-broker` process. After the first start it keeps its port."""

    name = "ottla-broker"

    def __init__(self, bin_folder, data, log_file, properties=None):
        self._program = bin_folder / "ottla-broker"
        self._properties = properties or {}
        self._data = data
        self._log_file = log_file
        self._process = None
        self.bootstrap = "127.0.0.1:0"

    def start(self):
        command = [self._program, "--override", f"listeners=PLAINTEXT://{self.bootstrap}"]
        command += ["--override", f"log.dirs={self._data}"]
        for name, value in self._properties.items():
            command += ["--override", f"{name}={value}"]
        with self._log_file.open("ab") as log:
            self._log_begins = log.tell()
            self._process = process.start(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True
            )
        lines = queue.Queue()
        reader = threading.Thread(
            target=_read_lines, args=(self._process.stdout, lines), daemon=True
        )
        reader.start()
        try:
            self.bootstrap = self._wait_ready(lines)
        except StepFailed:
            process.kill(self._process)
            raise

    def _wait_ready(self, lines):
        while True:
            try:
                line = lines.get(timeout=START_TIMEOUT_S)
            except queue.Empty:
                raise StepFailed(f"ottla-broker not ready in {START_TIMEOUT_S} s") from None
            if line is None:
                raise StepFailed(f"ottla-broker ended at start: {self._log_tail()}")
            found = READY.match(line)
            if found:
                return found[2]

    def has_said(self, words):
        """Whether this is in its log since the last start."""
        return words in self._log_file.read_bytes()[self._log_begins:].decode(errors="replace")

    def _log_tail(self):
        return self._log_file.read_text(errors="replace").strip()[-600:]

    def stop(self):
        """SIGTERM; fails unless the exit code is 0 in time."""
        self._process.send_signal(signal.SIGTERM)
        try:
            status = self._process.wait(timeout=STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill(self._process)
            raise StepFailed(f"ottla-broker did not stop in {STOP_TIMEOUT_S} s") from None
        process.forget(self._process)
        if status != 0:
            raise StepFailed(f"ottla-broker stopped with {status}: {self._log_tail()}")

    def kill(self):
        process.kill(self._process)


def _read_lines(stream, lines):
    for line in stream:
        lines.put(line)
    lines.put(None)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def read_properties(path):
    pairs = [line.split("=", 1) for line in path.read_text().splitlines() if "=" in line]
    return {name.strip(): value.strip() for name, value in pairs if not name.startswith("#")}


class OnDemand:
    """A server that is started when its address is first asked for; it remembers a failed start."""

    def __init__(self, server):
        self._server = server
        self._failure = None
        self.started = False

    @property
    def bootstrap(self):
        if self._failure is not None:
            raise self._failure
        if not self.started:
            try:
                self._server.start()
            except StepFailed as failure:
                self._failure = failure
                raise
            self.started = True
        return self._server.bootstrap

    def stop(self):
        if self.started:
            self._server.stop()


class Kafka:
    """Apache Kafka, broker and controller in one. Formats `data` unless it is formatted; then with
    `features`, "name=level" each, that are not the newest."""

    name = "Apache Kafka"

    def __init__(self, harness, data, properties=None, features=()):
        self.harness = harness
        self._features = list(features)
        self._data = data
        port, controller_port = free_port(), free_port()
        self.controller_port = controller_port
        self.bootstrap = f"127.0.0.1:{port}"
        self._own = properties or {}
        self._node = (
            {"node.id": "1", "cluster.id": CLUSTER_ID}
            if not self._formatted()
            else read_properties(data / "meta.properties")
        )
        self._properties = {
            "process.roles": "broker,controller",
            "node.id": self._node["node.id"],
            "controller.quorum.voters": f"{self._node['node.id']}@127.0.0.1:{controller_port}",
            "controller.listener.names": "CONTROLLER",
            "listeners": f"PLAINTEXT://{self.bootstrap},CONTROLLER://127.0.0.1:{controller_port}",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
            "log.dirs": str(data),
            "offsets.topic.replication.factor": "1",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            "broker.session.timeout.ms": "2000",
            "broker.heartbeat.interval.ms": "500",
            **self._own,
        }

    def start_with(self, properties):
        """These alone, and what makes a test quick."""
        quick = ("group.", "broker.session.", "broker.heartbeat.")
        kept = {key: value for key, value in self._properties.items() if key.startswith(quick)}
        kept |= self._own
        self._properties = {**properties, **kept}

    @property
    def properties(self):
        return dict(self._properties)

    def _formatted(self):
        return (self._data / "meta.properties").exists()

    def start(self):
        if not self._formatted():
            self.harness.call(
                "formatKafka",
                clusterId=self._node["cluster.id"],
                properties=self._properties,
                features=self._features,
            )
        self.harness.call("startKafka", properties=self._properties)

    def stop(self):
        self.harness.call("stopKafka")

    def kill(self):
        """It lives with others: it can only be stopped."""
        self.stop()


class KafkaOfItsOwn:
    """Apache Kafka in a JVM of its own, so that it can be killed."""

    name = "Apache Kafka"

    def __init__(self, folder, data, log_file, properties=None):
        self._folder = folder
        self._data = data
        self._log_file = log_file
        self._starts = 0
        self._harness = self._new_harness()
        self._kafka = Kafka(self._harness, data, properties)
        self.bootstrap = self._kafka.bootstrap

    def _new_harness(self):
        self._starts += 1
        log_file = self._log_file.with_suffix(f".{self._starts}.log")
        return Harness(self._folder, log_file)

    def start(self):
        if self._harness is None:
            self._harness = self._new_harness()
        self._kafka.harness = self._harness
        self._kafka.start()

    def stop(self):
        self._kafka.stop()
        self._harness.close()
        self._harness = None

    def kill(self):
        self._harness.kill()
        self._harness = None


class KafkaCluster:
    """Three nodes of Apache Kafka, each broker and controller in a JVM of its own. `kill` takes
    one node after the other, `start` brings back what is down."""

    name = "three of Apache Kafka"
    NODES = 3

    def __init__(self, jvm_folder, folder, log):
        self._jvm_folder = jvm_folder
        self._log = log
        self._starts = 0
        self._killed = 0
        ports = [(free_port(), free_port()) for _ in range(self.NODES)]
        voters = ",".join(
            f"{index + 1}@127.0.0.1:{controller}" for index, (_, controller) in enumerate(ports)
        )
        self._properties = []
        for index, (port, controller) in enumerate(ports):
            data = folder / str(index + 1)
            data.mkdir()
            self._properties.append(self._of_node(index + 1, port, controller, voters, data))
        self._harnesses = [None] * self.NODES
        self.bootstrap = ",".join(f"127.0.0.1:{port}" for port, _ in ports)

    @staticmethod
    def _of_node(node, port, controller, voters, data):
        return {
            "process.roles": "broker,controller",
            "node.id": str(node),
            "controller.quorum.voters": voters,
            "controller.listener.names": "CONTROLLER",
            "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
            "log.dirs": str(data),
            "offsets.topic.replication.factor": "3",
            "transaction.state.log.replication.factor": "3",
            "transaction.state.log.min.isr": "2",
            "broker.session.timeout.ms": "2000",
            "broker.heartbeat.interval.ms": "500",
        }

    def _start_node(self, index):
        self._starts += 1
        harness = Harness(self._jvm_folder, self._log(f"node-{index + 1}.{self._starts}.log"))
        self._harnesses[index] = harness
        properties = self._properties[index]
        if not (Path(properties["log.dirs"]) / "meta.properties").exists():
            harness.call("formatKafka", clusterId=CLUSTER_ID, properties=properties)
        harness.call("startKafka", properties=properties)

    def start(self):
        down = [index for index, each in enumerate(self._harnesses) if each is None]
        # Together: a controller is ready only when most of them are there.
        with concurrent.futures.ThreadPoolExecutor() as pool:
            list(pool.map(self._start_node, down))

    def kill(self):
        index = self._killed % self.NODES
        self._killed += 1
        self._harnesses[index].kill()
        self._harnesses[index] = None

    def kill_all(self):
        for index, each in enumerate(self._harnesses):
            if each is not None:
                each.kill()
            self._harnesses[index] = None
