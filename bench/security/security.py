#!/usr/bin/env python3
"""What logins cost a broker, and what those who never log in cost the others.

    security.py BUILD_DIR [--rounds N] [--only TABLE] [--logins N] [--connections N] [--seconds S]
                [--work FOLDER]

Tables: logins (against Apache Kafka, which tests/interop/setup.sh brings), slow. In the latter
broker and client have one half of the processors, the crowd the other.
"""
import json
import os
import pathlib
import subprocess
import sys

BENCH = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(BENCH), str(BENCH / "broker")]
import brokers  # noqa: E402
from tables import arguments_for, head, median, row, run  # noqa: E402

USER, PASSWORD = "bench", "correct-horse-battery"
THREADS = 4
RATE = 1000
# The broker lets so many stand that have not logged in; the others come again and again.
MOST_UNKNOWN = 1024


class Bench:
    def __init__(self, arguments, work):
        self.build, self.work, self.rounds = arguments.build, work, arguments.rounds
        self.logins, self.connections = arguments.logins, arguments.connections
        self.seconds = arguments.seconds
        self.files = work / "files"
        self.files.mkdir()
        subprocess.run([f"{self.build}/bin/tls-files", str(self.files)], check=True)

    def tool(self, broker, *words):
        return subprocess.run([f"{self.build}/bin/ottla", *words, "--bootstrap-server",
                               broker.bootstrap], capture_output=True, text=True)

    def serves(self, broker):
        return self.tool(broker, "topics", "--list").returncode == 0

    def _settings(self, plain, secure, controller):
        listeners = f"PLAINTEXT://{plain},SASL_SSL://{secure}"
        protocols = "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL"
        module = "org.apache.kafka.common.security.scram.ScramLoginModule"
        return {
            "listeners": listeners + controller,
            "advertised.listeners": listeners,
            "listener.security.protocol.map": protocols,
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": self.files / "broker.pem",
            "sasl.enabled.mechanisms": "SCRAM-SHA-256",
            "listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config": f"{module} required;",
        }

    def _addresses(self):
        return (f"127.0.0.1:{brokers.free_port()}", f"localhost:{brokers.free_port()}")

    def ottla(self):
        plain, secure = self._addresses()
        settings = {"ottla.durability": "os", **self._settings(plain, secure, "")}
        broker = brokers.Ottla(self.build, self.work, settings)
        broker.bootstrap, broker.secure_port = plain, secure.rpartition(":")[2]
        return broker

    def kafka(self):
        plain, secure = self._addresses()
        controller = f"127.0.0.1:{brokers.free_port()}"
        settings = self._settings(plain, secure, f",CONTROLLER://{controller}")
        settings["controller.quorum.voters"] = f"1@{controller}"
        broker = brokers.Kafka(brokers.classpath(), self.work, settings)
        broker.bootstrap, broker.secure_port = plain, secure.rpartition(":")[2]
        return broker

    def log_in(self, broker, logins):
        before = broker.process.cpu_s()
        done = subprocess.run([f"{self.build}/bench/login_load", broker.secure_port, USER, PASSWORD,
                               str(logins), str(THREADS)], text=True, stdout=subprocess.PIPE)
        if done.returncode != 0:
            sys.exit(f"logins at {broker.name} failed")
        used = broker.process.cpu_s() - before
        return json.loads(done.stdout) | {"broker_cpu_us": used / logins * 1e6}

    def latency(self, broker):
        """Of one who is let in: acknowledgements of 100 B records at a steady rate."""
        done = subprocess.run(
            [f"{self.build}/bench/latency_ottla", "--bootstrap", broker.bootstrap, "--rate",
             str(RATE), "--records", str(self.seconds * RATE), "--warm-up", str(RATE), "--linger", "0"],
            text=True, stdout=subprocess.PIPE, check=True)
        return json.loads(done.stdout)


def logins(bench):
    head("Logins by TLS 1.3 and SCRAM-SHA-256, 4,096 iterations", "broker", "logins/s",
         "broker's CPU us each")
    runs = {}
    for broker in (bench.ottla(), bench.kafka()):
        with brokers.Running(broker, bench.serves):
            made = bench.tool(broker, "configs", "--alter", "--entity-type", "users",
                              "--entity-name", USER, "--add-config",
                              f"SCRAM-SHA-256=[iterations=4096,password={PASSWORD}]")
            if made.returncode != 0:
                sys.exit(made.stderr)
            # The first round warms the JVM.
            found = [bench.log_in(broker, bench.logins) for _ in range(bench.rounds + 1)][1:]
        runs[broker.name] = found
        row(broker.name, f"{median(found, 'logins_per_s'):.0f}",
            f"{median(found, 'broker_cpu_us'):.0f}")
    ours, theirs = runs.values()
    row("ratio", *(f"{median(ours, field) / median(theirs, field):.2f}"
                   for field in ("logins_per_s", "broker_cpu_us")))


def halve_processors():
    """This process and those it starts from now on keep to one half of them; answers the other,
    for what would be on other machines. Looks at both must be from after this."""
    processors = sorted(os.sched_getaffinity(0))
    half = (len(processors) + 1) // 2
    os.sched_setaffinity(0, processors[:half])
    return ",".join(map(str, processors[half:] or processors))


def slow(bench):
    head(f"Acknowledgements at {RATE} records/s beside connections that never log in",
         "connections", "of which stand", "p50 us", "p99 us", "closed meanwhile",
         "broker RSS MB")
    crowds = halve_processors()
    broker = bench.ottla()
    with brokers.Running(broker, bench.serves):
        bench.latency(broker)  # makes the topic
        runs = {0: [], bench.connections: []}
        closed, standing = [], []
        for _ in range(bench.rounds):
            runs[0].append(bench.latency(broker))
            crowd = subprocess.Popen(
                ["taskset", "-c", crowds, f"{bench.build}/bench/slow_connections",
                 broker.secure_port, str(bench.connections)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            if crowd.stdout.readline() != "held\n":
                sys.exit("the connections cannot be held")
            runs[bench.connections].append(bench.latency(broker))
            resident = broker.process.status_mb("VmRSS")
            left = json.loads(crowd.communicate()[0])
            if left["standing"] < 0.9 * min(bench.connections, MOST_UNKNOWN):
                sys.exit(f"there was no crowd: {left}")
            closed.append(left["closed"])
            standing.append(left["standing"])
        for count, found in runs.items():
            row(count, max(standing) if count else "", f"{median(found, 'ack_p50'):.0f}",
                f"{median(found, 'ack_p99'):.0f}",
                max(closed) if count else "", f"{resident:.0f}" if count else "")
        without, beside = (median(found, "ack_p99") for found in runs.values())
        row("ratio", "", "", f"{beside / without:.2f}", "", "")


TABLES = {"logins": logins, "slow": slow}


def main():
    parser = arguments_for(__doc__, TABLES, rounds=3)
    parser.add_argument("--logins", type=int, default=3000)
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--seconds", type=int, default=10, help="of each look at the latencies")
    run(TABLES, Bench, parser.parse_args())


if __name__ == "__main__":
    main()
