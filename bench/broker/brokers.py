"""The brokers that broker_speed.py compares, as processes whose CPU and memory can be read."""
import os
import pathlib
import signal
import socket
import subprocess
import time

CLASSPATH = pathlib.Path(__file__).resolve().parents[2] / "tests/interop/jvm/target/classpath"
CLUSTER_ID = "T3R0bGFCZW5jaENsdXN0ZQ"
TICKS = os.sysconf("SC_CLK_TCK")
START_LIMIT_S = 180


def classpath():
    """Of Apache Kafka and its client."""
    if not CLASSPATH.exists():
        raise SystemExit("run tests/interop/setup.sh first: it brings Apache Kafka")
    return CLASSPATH.read_text().strip()


def java_client(path, source):
    return ["java", "-Xmx1G", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", path,
            str(source)]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """A broker that runs; `kill` and `stop` wait until it has ended."""

    def __init__(self, command, log):
        self._log = log.open("ab")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self._log,
                                        stderr=self._log)

    def cpu_s(self):
        """User and system time that all its threads have taken."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def status_mb(self, name):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1]) / 1024
        raise KeyError(name)

    def open_files(self):
        return len(list(pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def end(self, how):
        self.process.send_signal(how)
        status = self.process.wait(timeout=120)
        self._log.close()
        return status


class Ottla:
    name = "Ottla"

    def __init__(self, build, work, overrides):
        self._build, self._work = build, work
        self._port = free_port()
        self.bootstrap = f"127.0.0.1:{self._port}"
        self.data = work / "ottla"
        self._overrides = overrides

    def launch(self):
        command = [f"{self._build}/bin/ottla-broker"]
        settings = {"listeners": f"PLAINTEXT://{self.bootstrap}", "log.dirs": self.data,
                    "num.partitions": 1, **self._overrides}
        for key, value in settings.items():
            command += ["--override", f"{key}={value}"]
        self.process = Process(command, self._work / "ottla.log")


class Kafka:
    """With the JVM settings of its own start script."""

    name = "Apache Kafka"
    JVM = ["-Xmx1G", "-Xms1G", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20",
           "-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent",
           "-Djava.awt.headless=true", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]

    def __init__(self, classpath, work, overrides):
        self._classpath, self._work = classpath, work
        self._port, controller = free_port(), free_port()
        self.bootstrap = f"127.0.0.1:{self._port}"
        self.data = work / "kafka"
        self._properties = work / "kafka.properties"
        settings = {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "controller.listener.names": "CONTROLLER",
            "listeners": f"PLAINTEXT://{self.bootstrap},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
            "log.dirs": self.data,
            "offsets.topic.replication.factor": 1,
            "num.partitions": 1,
            **overrides,
        }
        self._properties.write_text("".join(f"{k}={v}\n" for k, v in settings.items()))
        if not self.data.exists():
            subprocess.run(self._java("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c",
                                      str(self._properties)), check=True, capture_output=True)

    def _java(self, *arguments):
        return ["java", *self.JVM, "-cp", self._classpath, *arguments]

    def launch(self):
        self.process = Process(self._java("kafka.Kafka", str(self._properties)),
                               self._work / "kafka.log")


class Running:
    """Starts a broker, and ends it when the block does."""

    def __init__(self, broker, ready):
        self._broker, self._ready = broker, ready

    def __enter__(self):
        start(self._broker, self._ready)
        return self._broker

    def __exit__(self, *_):
        self._broker.process.end(signal.SIGTERM)


def start(broker, ready):
    """Launches, and asks `ready` until it says yes; returns the seconds that took."""
    began = time.monotonic()
    broker.launch()
    while not ready(broker):
        if broker.process.process.poll() is not None:
            raise SystemExit(f"{broker.name} ended at its start; see its log")
        if time.monotonic() - began > START_LIMIT_S:
            raise SystemExit(f"{broker.name} is not ready after {START_LIMIT_S} s")
    return time.monotonic() - began
