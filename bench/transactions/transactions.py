#!/usr/bin/env python3
"""What transactions cost: clients against each other, our broker against Apache Kafka.

    transactions.py BUILD_DIR [--rounds N] [--only TABLE] [--commits N] [--records N] [--work FOLDER]

Tables: clients, broker, throughput, open. Clients and brokers take turns A-B-B-A (with three of
them A-B-C-C-B-A), medians are printed. Java's client and Apache Kafka are those that
tests/interop/setup.sh has brought. Every commit must succeed, or the run ends.
"""
import json
import pathlib
import subprocess
import sys
import time

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER.parent), str(FOLDER.parent / "broker")]
import brokers  # noqa: E402
from tables import arguments_for, head, median, options, row, run, turns  # noqa: E402

ONE_RECORD = {"size": 100, "commit_records": 1, "linger": 0}


# Its Sender asks whether batches are incomplete before it takes the lock under which it looks for the
# next request: a record and the end of its transaction that come between are sent in the wrong order
# (Sender.maybeSendAndPollTransactionalRequest, 4.3.1), once in some tens of thousands of commits. A
# broker can only answer that there is nothing to commit, and the client is of no further use.
JAVAS_RACE = ("Aborting producer batches due to fatal error\n"
              "org.apache.kafka.common.errors.InvalidTxnStateException")


class Bench:
    def __init__(self, arguments, work):
        self.build, self.work, self.rounds = arguments.build, work, arguments.rounds
        self.commits, self.records = arguments.commits, arguments.records
        self.classpath = brokers.classpath()

    def ottla(self):
        return brokers.Ottla(self.build, self.work, {"ottla.durability": "os"})

    def kafka(self):
        return brokers.Kafka(self.classpath, self.work, {
            "transaction.state.log.replication.factor": 1, "transaction.state.log.min.isr": 1})

    def tool(self, *arguments):
        return subprocess.run([f"{self.build}/bin/ottla", *map(str, arguments)],
                              capture_output=True, text=True)

    def serves(self, broker):
        return self.tool("topics", "--list", "--bootstrap-server", broker.bootstrap).returncode == 0

    def create(self, broker, topic):
        made = self.tool("topics", "--create", "--bootstrap-server", broker.bootstrap, "--topic",
                         topic, "--partitions", 1)
        if made.returncode != 0:
            raise SystemExit(f"{broker.name}: {made.stderr}")

    def client(self, name):
        if name == "java":
            return brokers.java_client(self.classpath, FOLDER / "Transact.java")
        return [f"{self.build}/bench/transact_{name}"]

    def run(self, name, broker, again=2, **more):
        """One run of a client, with the CPU that the broker took meanwhile, its warm-up included."""
        command = [*self.client(name), "--bootstrap", broker.bootstrap, *options(more)]
        before = broker.process.cpu_s()
        done = subprocess.run(command, text=True, capture_output=True)
        if done.returncode != 0 and name == "java" and JAVAS_RACE in done.stderr and again > 0:
            print("The Java client ended a transaction before its record had left; again.",
                  file=sys.stderr)
            return self.run(name, broker, again - 1, **more)
        sys.stderr.write(done.stderr)
        if done.returncode != 0:
            raise SystemExit(f"{name} failed on {broker.name}")
        figures = json.loads(done.stdout)
        return figures | {"broker_cpu_s": broker.process.cpu_s() - before}


def clients(bench):
    """begin, one record of 100 B, commit, one transaction open, on our broker."""
    head("One record a transaction, one open, on Ottla's broker (durability os)", "client",
         "commits/s", "Ottla's share of it", "CPU us/commit", "Ottla's share of it",
         "commit us: p50", "p99")
    broker = bench.ottla()
    with brokers.Running(broker, bench.serves):
        bench.create(broker, "bench")
        runs = {"ottla": [], "librdkafka": [], "java": []}
        for name in turns(bench.rounds, list(runs)):
            runs[name].append(bench.run(name, broker, records=bench.commits,
                                        warm_up=bench.commits // 2, **ONE_RECORD))
        ours = runs["ottla"]
        for name, found in runs.items():
            rate, cpu = median(found, "records_per_s"), median(found, "cpu_s_per_million")
            row(name, f"{rate:.0f}", f"{median(ours, 'records_per_s') / rate:.2f}", f"{cpu:.1f}",
                f"{median(ours, 'cpu_s_per_million') / cpu:.2f}",
                f"{median(found, 'commit_us_p50'):.0f}", f"{median(found, 'commit_us_p99'):.0f}")


def broker(bench):
    """The same client on both brokers: what the broker takes for a commit."""
    head("One record a transaction: the broker's CPU", "client", "us/commit: Ottla",
         "Apache Kafka", "ratio", "commits/s: Ottla", "Apache Kafka")
    ours, theirs = bench.ottla(), bench.kafka()
    workload = ONE_RECORD | {"records": bench.commits, "warm_up": 0}
    with brokers.Running(ours, bench.serves), brokers.Running(theirs, bench.serves):
        for each in (ours, theirs):
            bench.create(each, "bench")
            for _ in range(2):
                bench.run("ottla", each, **workload)
        for name in ("ottla", "librdkafka"):
            runs = {ours.name: [], theirs.name: []}
            for each in turns(bench.rounds, [ours, theirs]):
                runs[each.name].append(bench.run(name, each, **workload))
            cpu = {which: median(found, "broker_cpu_s") * 1e6 / bench.commits
                   for which, found in runs.items()}
            row(name, f"{cpu[ours.name]:.1f}", f"{cpu[theirs.name]:.1f}",
                f"{cpu[ours.name] / cpu[theirs.name]:.2f}",
                *(f"{median(found, 'records_per_s'):.0f}" for found in runs.values()))


def throughput(bench):
    """Records of 1 KiB with commits, against the same producer without transactions."""
    head("Records of 1 KiB on Ottla's broker (durability os)", "commits", "records/s",
         "of those without", "CPU-s per million")
    cases = {"none": {}, "every 100 ms": {"commit_ms": 100}, "every 1,000": {"commit_records": 1000}}
    server = bench.ottla()
    with brokers.Running(server, bench.serves):
        bench.create(server, "bench")
        runs = {case: [] for case in cases}
        for case in turns(bench.rounds, list(cases)):
            runs[case].append(bench.run("ottla", server, size=1024, records=bench.records,
                                        warm_up=bench.records // 10, **cases[case]))
        for case, found in runs.items():
            rate = median(found, "records_per_s")
            row(case, f"{rate:.0f}", f"{rate / median(runs['none'], 'records_per_s'):.2f}",
                f"{median(found, 'cpu_s_per_million'):.3f}")


def many_open(bench):
    """10,000 transactions open on one partition, and one more client that commits."""
    head("Commits of one record beside open transactions", "open", "commit us: p50", "p99",
         "commits/s", "broker RSS MB")
    server = bench.ottla()
    with brokers.Running(server, bench.serves):
        bench.create(server, "bench")
        for more, there in ((0, 0), (10_000, 10_000)):
            if more > 0:
                subprocess.run([f"{bench.build}/bench/open_transactions", server.bootstrap, "bench",
                                str(more)], check=True, stdout=subprocess.DEVNULL)
            runs = [bench.run("ottla", server, records=bench.commits, warm_up=bench.commits // 10,
                              **ONE_RECORD) for _ in range(2 * bench.rounds)]
            row(there, *(f"{median(runs, field):.0f}"
                         for field in ("commit_us_p50", "commit_us_p99", "records_per_s")),
                f"{server.process.status_mb('VmRSS'):.0f}")
    began = time.monotonic()
    with brokers.Running(server, bench.serves):
        row("after a restart", "", "", f"ready in {time.monotonic() - began:.2f} s",
            f"{server.process.status_mb('VmRSS'):.0f}")


TABLES = {"clients": clients, "broker": broker, "throughput": throughput, "open": many_open}


def main():
    parser = arguments_for(__doc__, TABLES, rounds=3)
    parser.add_argument("--commits", type=int, default=20_000)
    parser.add_argument("--records", type=int, default=1_000_000)
    run(TABLES, Bench, parser.parse_args())


if __name__ == "__main__":
    main()
