#!/usr/bin/env python3
"""What the broker takes for a megabyte and for a request, against Apache Kafka and bare loops.

    broker_speed.py BUILD_DIR [--rounds N] [--only TABLE] [--megabytes N] [--members N]
                    [--work FOLDER]

Tables: produce-fetch, requests, durable, backlog, start, many, groups. Apache Kafka is the one that
tests/interop/setup.sh has brought; the brokers take turns A-B-B-A, each on a directory of its own
that is kept warm, and medians are printed. CPU is that of the broker's process (user and system).
"""
import json
import pathlib
import signal
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import brokers  # noqa: E402
from tables import arguments_for, head, row, run, turns  # noqa: E402
from tables import options as words  # noqa: E402


class Bench:
    def __init__(self, arguments, work):
        self.build, self.work = arguments.build, work
        self.rounds, self.megabytes = arguments.rounds, arguments.megabytes
        self.members = arguments.members

    def pair(self, name, ours, theirs):
        work = self.work / name
        work.mkdir()
        return (brokers.Ottla(self.build, work, ours),
                brokers.Kafka(brokers.classpath(), work, theirs))

    def ottla(self, *arguments):
        return subprocess.run([f"{self.build}/bin/ottla", *map(str, arguments)],
                              capture_output=True, text=True)

    def serves(self, broker):
        return self.ottla("topics", "--list", "--bootstrap-server", broker.bootstrap).returncode == 0

    def create(self, broker, topic, partitions=1, **configs):
        options = [f"--config={key.replace('_', '.')}={value}" for key, value in configs.items()]
        made = self.ottla("topics", "--create", "--bootstrap-server", broker.bootstrap, "--topic",
                          topic, "--partitions", partitions, *options)
        if made.returncode != 0:
            raise SystemExit(f"{broker.name}: {made.stderr}")
        # Apache Kafka answers before the broker leads: a topic is there when every partition takes a
        # record.
        self.until_it_can(
            f"produce to {topic}", lambda: self.loads("produce", broker, topic, partitions=partitions,
                                                      batch_bytes=1, requests=partitions))

    @staticmethod
    def until_it_can(what, do):
        deadline = time.monotonic() + 60
        while not do():
            if time.monotonic() > deadline:
                raise SystemExit(f"could not {what} in 60 s")

    def loads(self, mode, broker, topic, **options):
        return subprocess.run(self.command(mode, broker, topic, options),
                              capture_output=True).returncode == 0

    def command(self, mode, broker, topic, options):
        command = [f"{self.build}/bench/broker_load", mode, "--bootstrap", broker.bootstrap,
                   "--topic", topic]
        return command + words(options)

    def load(self, mode, broker, topic, **options):
        """One run of broker_load, with the CPU that the broker took meanwhile."""
        before = broker.process.cpu_s()
        done = subprocess.run(self.command(mode, broker, topic, options), check=True, text=True,
                              stdout=subprocess.PIPE)
        figures = json.loads(done.stdout)
        return figures | {"cpu_s": broker.process.cpu_s() - before}

    def turns(self, *these):
        return turns(self.rounds, these)


def per_mb(figures):
    return figures["cpu_s"] * 1e3 / (figures["bytes"] / 1e6)


def medians(runs):
    return {name: statistics.median(values) for name, values in runs.items()}


def produce_fetch(bench):
    """Records of 1 KiB, acks=all, what the operating system has taken; then the same fetched."""
    head("Broker CPU, ms per MB", "batches", "what", "Ottla", "Apache Kafka", "ratio")
    for size in (16 << 10, 128 << 10, 1 << 20):
        ours, theirs = bench.pair(f"batches-{size}", {"ottla.durability": "os"}, {})
        requests = max(bench.megabytes * 1_000_000 // size, 1)
        with brokers.Running(ours, bench.serves), brokers.Running(theirs, bench.serves):
            results = {what: {ours.name: [], theirs.name: []}
                       for what in ("produce", "fetch", "both")}
            for broker in (ours, theirs):
                bench.create(broker, "warm", max_message_bytes=2 << 20)
                for _ in range(3):
                    bench.load("produce", broker, "warm", batch_bytes=size, depth=5,
                               requests=requests)
                    bench.load("fetch", broker, "warm", megabytes=bench.megabytes)
            for turn, broker in enumerate(bench.turns(ours, theirs)):
                topic = f"turn-{turn}"
                bench.create(broker, topic, max_message_bytes=2 << 20)
                made = bench.load("produce", broker, topic, batch_bytes=size, depth=5,
                                  requests=requests)
                read = bench.load("fetch", broker, topic, megabytes=bench.megabytes)
                results["produce"][broker.name].append(per_mb(made))
                results["fetch"][broker.name].append(per_mb(read))
                results["both"][broker.name].append(per_mb(made) + per_mb(read))
        for what, runs in results.items():
            of = medians(runs)
            row(f"{size >> 10} KiB", what, f"{of[ours.name]:.3f}", f"{of[theirs.name]:.3f}",
                f"{of[ours.name] / of[theirs.name]:.2f}")


def requests(bench):
    """One record of 100 B a request."""
    head("Requests of one 100 B record, acks=all", "connections x under way", "requests/s: Ottla",
         "Apache Kafka", "ratio", "CPU us/request: Ottla", "Apache Kafka", "ratio")
    ours, theirs = bench.pair("requests", {"ottla.durability": "os"}, {})
    with brokers.Running(ours, bench.serves), brokers.Running(theirs, bench.serves):
        for connections, depth in ((1, 1), (16, 1), (4, 5)):
            topic = f"requests-{connections}-{depth}"
            options = {"connections": connections, "depth": depth, "record_size": 100,
                       "batch_bytes": 1, "requests": 20_000}
            rate = {ours.name: [], theirs.name: []}
            cpu = {ours.name: [], theirs.name: []}
            for broker in (ours, theirs):
                bench.create(broker, topic)
                for _ in range(3):
                    bench.load("produce", broker, topic, **options)
            for broker in bench.turns(ours, theirs):
                run = bench.load("produce", broker, topic, **options)
                rate[broker.name].append(run["requests"] / run["seconds"])
                cpu[broker.name].append(run["cpu_s"] * 1e6 / run["requests"])
            rate, cpu = medians(rate), medians(cpu)
            row(f"{connections} x {depth}", f"{rate[ours.name]:.0f}", f"{rate[theirs.name]:.0f}",
                f"{rate[ours.name] / rate[theirs.name]:.2f}", f"{cpu[ours.name]:.1f}",
                f"{cpu[theirs.name]:.1f}", f"{cpu[ours.name] / cpu[theirs.name]:.2f}")


def durable(bench):
    """Every acknowledgement on disk: fsync against flush.messages=1."""
    head("16 producers, one 1 KiB record a request, every acknowledgement on disk", "partitions",
         "records/s: Ottla", "Apache Kafka", "ratio")
    ours, theirs = bench.pair("durable", {}, {})
    with brokers.Running(ours, bench.serves), brokers.Running(theirs, bench.serves):
        for partitions in (1, 16, 1000):
            topic = f"durable-{partitions}"
            options = {"connections": 16, "partitions": partitions, "batch_bytes": 1,
                       "requests": 8_000}
            rate = {ours.name: [], theirs.name: []}
            for broker in (ours, theirs):
                bench.create(broker, topic, partitions, flush_messages=1)
                bench.load("produce", broker, topic, **options)
            for broker in bench.turns(ours, theirs):
                run = bench.load("produce", broker, topic, **options)
                rate[broker.name].append(run["requests"] / run["seconds"])
            rate = medians(rate)
            row(partitions, f"{rate[ours.name]:.0f}", f"{rate[theirs.name]:.0f}",
                f"{rate[ours.name] / rate[theirs.name]:.2f}")


# Of the backlog's readers; and what the broker sets for each by default (socket.send.buffer.bytes).
CONNECTIONS = 2
SEND_BUFFER = 102_400


def backlog(bench):
    """A backlog from the page cache over loopback, against a bare sendfile loop of the same file."""
    head("Backlog of 1 KiB records from the page cache", "what", "MB/s", "sender CPU ms per MB")
    work = bench.work / "backlog"
    work.mkdir()
    broker = brokers.Ottla(bench.build, work, {"ottla.durability": "os",
                                               "log.segment.bytes": 1 << 30})
    megabytes = max(4 * bench.megabytes, 64)
    with brokers.Running(broker, bench.serves):
        bench.create(broker, "backlog")
        bench.load("produce", broker, "backlog", batch_bytes=128 << 10, depth=5,
                   requests=megabytes * 1_000_000 // (128 << 10))
        file = min((broker.data / "backlog-0").glob("*.log"))
        runs = {"bare": [], "broker": []}
        for which in ("warm", *("bare", "broker", "broker", "bare") * bench.rounds):
            if which != "broker":
                done = subprocess.run([f"{bench.build}/bench/broker_load", "sendfile", str(file),
                                       str(CONNECTIONS), str(SEND_BUFFER)], check=True,
                                      text=True, stdout=subprocess.PIPE)
                run = json.loads(done.stdout)
                run["cpu_s"] = run["sender_cpu"]
            else:
                run = bench.load("fetch", broker, "backlog", megabytes=megabytes, connections=CONNECTIONS,
                                 fetch_bytes=4 << 20)
            if which != "warm":
                runs[which].append((run["bytes"] / 1e6 / run["seconds"], per_mb(run)))
    speed = {}
    for which, found in runs.items():
        speed[which] = statistics.median(each[0] for each in found)
        row(which, f"{speed[which]:.0f}", f"{statistics.median(each[1] for each in found):.3f}")
    print(f"\nbroker / bare: {speed['broker'] / speed['bare']:.2f}")


def start(bench):
    """A topic of 1,000 partitions filled with 10 GB (or --megabytes times 20)."""
    head("Start with 1,000 partitions, ms to the first acknowledged record", "after",
         "GB", "Ottla", "Apache Kafka", "ratio")
    ours, theirs = bench.pair("start", {"ottla.durability": "os"}, {})
    megabytes = 20 * bench.megabytes
    for broker in (ours, theirs):
        with brokers.Running(broker, bench.serves):
            bench.create(broker, "many", 1000)
            bench.load("produce", broker, "many", partitions=1000, connections=4, depth=2,
                       batch_bytes=256 << 10, requests=megabytes * 1_000_000 // (256 << 10))

    def acknowledged(broker):
        return bench.loads("produce", broker, "many", requests=1, batch_bytes=1)

    for after, how in (("clean stop", signal.SIGTERM), ("SIGKILL", signal.SIGKILL)):
        took = {ours.name: [], theirs.name: []}
        for broker in (ours, theirs):
            brokers.start(broker, acknowledged)
            broker.process.end(how)
        for broker in bench.turns(ours, theirs):
            took[broker.name].append(brokers.start(broker, acknowledged) * 1e3)
            broker.process.end(how)
        took = medians(took)
        row(after, f"{megabytes / 1e3:.1f}", f"{took[ours.name]:.0f}", f"{took[theirs.name]:.0f}",
            f"{took[ours.name] / took[theirs.name]:.2f}")


def many(bench):
    head("Ottla with 10,000 partitions, each with one record, idle", "when", "RSS MB", "open files")
    work = bench.work / "many"
    work.mkdir()
    broker = brokers.Ottla(bench.build, work, {})
    with brokers.Running(broker, bench.serves):
        bench.create(broker, "many", 10_000)
        bench.load("produce", broker, "many", partitions=10_000, connections=4, batch_bytes=1,
                   requests=10_000)
        row("after writing", f"{broker.process.status_mb('VmRSS'):.0f}",
            broker.process.open_files())
    with brokers.Running(broker, bench.serves):
        row("after a start", f"{broker.process.status_mb('VmRSS'):.0f}",
            broker.process.open_files())


def groups(bench):
    """A group of --members over ten times as many partitions; three groups a run."""
    partitions = 10 * bench.members
    head(f"Groups of {bench.members} members over {partitions} partitions, initial delay 0", "what",
         "Ottla", "Apache Kafka", "ratio")
    ours, theirs = bench.pair("groups", {}, {"group.initial.rebalance.delay.ms": 0})
    with brokers.Running(ours, bench.serves), brokers.Running(theirs, bench.serves):
        runs = {ours.name: [], theirs.name: []}

        def load(broker, count):
            before = broker.process.cpu_s()
            command = [f"{bench.build}/bench/group_load", "--bootstrap", broker.bootstrap]
            command += words({"topic": "groups", "partitions": partitions,
                              "members": bench.members, "groups": count})
            done = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE)
            took = (broker.process.cpu_s() - before) * 1e3 / count
            return json.loads(done.stdout) | {"cpu_ms": took}

        for broker in (ours, theirs):
            bench.create(broker, "groups", partitions)
            bench.until_it_can("find a coordinator", lambda: coordinates(bench, broker))
            load(broker, 3 * bench.rounds)
        for broker in bench.turns(ours, theirs):
            runs[broker.name].append(load(broker, 3))
    for what, field in (("first full assignment, ms", "first_ms"),
                        ("stable after one member has died, ms", "after_death_ms"),
                        ("broker CPU of both, ms", "cpu_ms")):
        of = {name: statistics.median(each[field] for each in found)
              for name, found in runs.items()}
        row(what, f"{of[ours.name]:.1f}", f"{of[theirs.name]:.1f}",
            f"{of[ours.name] / of[theirs.name]:.2f}")


def coordinates(bench, broker):
    """The topic of the groups is there and led."""
    command = [f"{bench.build}/bench/group_load", "--bootstrap", broker.bootstrap]
    command += words({"topic": "groups", "partitions": 10 * bench.members, "members": 2})
    return subprocess.run(command, capture_output=True).returncode == 0


TABLES = {"produce-fetch": produce_fetch, "requests": requests, "durable": durable,
          "backlog": backlog, "start": start, "many": many, "groups": groups}


def main():
    parser = arguments_for(__doc__, TABLES, rounds=5)
    parser.add_argument("--megabytes", type=int, default=500)
    parser.add_argument("--members", type=int, default=100, help="of the table groups")
    run(TABLES, Bench, parser.parse_args())


if __name__ == "__main__":
    main()
