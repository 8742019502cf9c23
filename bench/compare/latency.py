#!/usr/bin/env python3
"""How long records take, and what waits in between, against librdkafka.

    latency.py BUILD_DIR [--rounds N] [--seconds S] [--only TABLE] [--work FOLDER]

Tables: acks, soon, read, partitions, queued, brokers. Clients take turns A-B-B-A, each in a process of its own.
Latencies count from when a record was due; percentiles are medians of the rounds.
"""
import json
import pathlib
import signal
import subprocess
import sys

BENCH = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(BENCH), str(BENCH / "broker")]
import brokers  # noqa: E402
from tables import arguments_for, head, median, options, row, run, turns  # noqa: E402

CLIENTS = ("ottla", "librdkafka")
PERCENTILES = ("p50", "p99", "p999")


class Bench:
    def __init__(self, arguments, work):
        self.build, self.work = arguments.build, work
        self.rounds, self.seconds = arguments.rounds, arguments.seconds

    def broker(self):
        return brokers.Ottla(self.build, self.work, {"ottla.durability": "os"})

    def serves(self, broker):
        return subprocess.run([f"{self.build}/bin/ottla", "topics", "--list", "--bootstrap-server",
                               broker.bootstrap], capture_output=True).returncode == 0

    def run(self, client, bootstrap, rate, **more):
        records = int(rate * self.seconds)
        command = [f"{self.build}/bench/latency_{client}", "--bootstrap", bootstrap, "--rate",
                   str(rate), "--records", str(records), "--warm-up", str(max(records // 5, 10)),
                   *options(more)]
        done = subprocess.run(command, text=True, stdout=subprocess.PIPE, timeout=600)
        if done.returncode != 0:
            sys.exit(f"{client} failed")
        figures = json.loads(done.stdout)
        if figures["ack_count"] != records:
            sys.exit(f"{client}: not everything was acknowledged: {figures}")
        return figures

    def rounds_of(self, measure):
        runs = {client: [] for client in CLIENTS}
        for client in turns(self.rounds, CLIENTS):
            runs[client].append(measure(client))
        return runs


def print_percentiles(what, runs, kind):
    cells = [what]
    for name in PERCENTILES:
        ours, theirs = (median(runs[client], f"{kind}_{name}") for client in CLIENTS)
        cells += [f"{ours:.0f}", f"{theirs:.0f}", f"{ours / theirs:.2f}"]
    ours, theirs = (median(runs[client], "cpu_s_per_million") for client in CLIENTS)
    row(*cells, f"{ours:.1f}", f"{theirs:.1f}")


COLUMNS = [column for name in PERCENTILES for column in (f"{name}: Ottla", "librdkafka", "ratio")]
CPU = ["CPU us/record: Ottla", "librdkafka"]


# What a user who wants it soon asks of the runtime; librdkafka has no such settings.
SOON = {"busy_poll": 200, "network_callbacks": 1}


def acks(bench, what="", **of_ottla):
    head(f"Acknowledgement of 100 B records, linger 0{what}, us", "records/s", *COLUMNS, *CPU)
    more = {"ottla": of_ottla, "librdkafka": {}}
    broker = bench.broker()
    with brokers.Running(broker, bench.serves):
        for rate in (100, 1000, 10_000):
            print_percentiles(rate, bench.rounds_of(lambda client: bench.run(
                client, broker.bootstrap, rate, linger=0, **more[client])), "ack")


def soon(bench):
    """The broker's part is the same as in `acks`."""
    acks(bench, ", Ottla's busy_poll 200 us and callbacks on the network thread", **SOON)


def read(bench):
    head("From due to read, 100 B records, linger 0, us", "records/s", *COLUMNS, *CPU)
    broker = bench.broker()
    with brokers.Running(broker, bench.serves):
        print_percentiles(10_000, bench.rounds_of(
            lambda client: bench.run(client, broker.bootstrap, 10_000, linger=0, read=1)), "read")


def with_null_broker(bench, partitions, use, cluster=1):
    broker = subprocess.Popen(
        [f"{bench.build}/bench/null_broker", str(partitions), str(cluster)], text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    result = use(f"127.0.0.1:{broker.stdout.readline().strip()}", broker)
    return result | {"requests": json.loads(broker.communicate()[0])["requests"]}


def partitions(bench):
    head("200 partitions, keyed, 100,000 records/s, linger 5 ms, null broker, us", "records/s",
         *COLUMNS, *CPU)
    runs = bench.rounds_of(lambda client: with_null_broker(
        bench, 200,
        lambda bootstrap, _: bench.run(client, bootstrap, 100_000, linger=5, key_size=8)))
    print_percentiles(100_000, runs, "ack")
    row("produce requests, warm-up included", *(
        f"{client}: {median(found, 'requests'):.0f}" for client, found in runs.items()))


def queued(bench):
    """The broker is stopped while records are sent, and goes on when memory was looked at."""
    head("A million 100 B records queued", "", "Ottla", "librdkafka", "ratio")

    def use(client, bootstrap, broker):
        process = subprocess.Popen(
            [f"{bench.build}/bench/produce_{client}", "--bootstrap", bootstrap, "--pause", "1",
             "--warm-up", "10", "--records", "1000000"], text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)
        before = json.loads(process.stdout.readline())["rss_mb"]
        broker.send_signal(signal.SIGSTOP)
        process.stdin.write("\n")
        process.stdin.flush()
        after = json.loads(process.stdout.readline())["rss_mb"]
        broker.send_signal(signal.SIGCONT)
        figures = json.loads(process.communicate("\n")[0])
        if figures["delivered"] != 1_000_000:
            sys.exit(f"{client}: not everything was delivered: {figures}")
        return {"before": before, "after": after}

    runs = bench.rounds_of(lambda client: with_null_broker(
        bench, 1, lambda bootstrap, broker: use(client, bootstrap, broker)))
    for what in ("before", "after"):
        ours, theirs = (median(runs[client], what) for client in CLIENTS)
        row(f"RSS MB {what}", f"{ours:.0f}", f"{theirs:.0f}", f"{ours / theirs:.2f}")


def of_many_brokers(bench):
    """What a producer has open that has sent to each broker of a cluster."""
    head("Threads and file descriptors of a producer", "brokers", "threads: Ottla", "librdkafka",
         "descriptors: Ottla", "librdkafka")

    def use(client, bootstrap):
        process = subprocess.Popen(
            [f"{bench.build}/bench/produce_{client}", "--bootstrap", bootstrap, "--pause", "1",
             "--warm-up", "5000", "--records", "10", "--key-size", "8"], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process.stdout.readline()
        of = pathlib.Path(f"/proc/{process.pid}")
        found = {"threads": len(list((of / "task").iterdir())),
                 "descriptors": len(list((of / "fd").iterdir()))}
        process.communicate("\n\n")
        return found

    for cluster in (1, 10, 50):
        found = {client: with_null_broker(bench, cluster, lambda bootstrap, _: use(client, bootstrap),
                                          cluster) for client in CLIENTS}
        row(cluster, *(found[client][what] for what in ("threads", "descriptors")
                       for client in CLIENTS))


TABLES = {"acks": acks, "soon": soon, "read": read, "partitions": partitions, "queued": queued,
          "brokers": of_many_brokers}


def main():
    parser = arguments_for(__doc__, TABLES, rounds=3)
    parser.add_argument("--seconds", type=float, default=5)
    run(TABLES, Bench, parser.parse_args())


if __name__ == "__main__":
    main()
