#!/usr/bin/env python3
"""The CPU that TLS 1.3 costs clients and brokers.

    tls.py BUILD_DIR [--rounds N] [--records N] [--only clients|brokers] [--work FOLDER]

Records of 1 KiB, in batches of up to a megabyte, are produced and read over TLS, A-B-B-A for N
rounds. Clients: Ottla's and librdkafka, each against Ottla's broker; CPU seconds of the client per
million records. Brokers: Ottla's and Apache Kafka (which tests/interop/setup.sh brings), the same
work done by librdkafka; CPU seconds of the broker per GB.
"""
import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER.parent), str(FOLDER.parent / "broker")]
import brokers  # noqa: E402
from tables import head, median, row, turns  # noqa: E402

SIZE = 1024
OPTIONS = {"produce": ["--batch-size", "1000000"], "consume": ["--poll-records", "1000"]}


def with_tls(files, secure, plain, controller=""):
    """Settings of a broker that has a listener for TLS beside the one without."""
    broker_listeners = f"PLAINTEXT://{plain},SSL://{secure}"
    return {
        "listeners": broker_listeners + controller,
        "advertised.listeners": broker_listeners,
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": files / "broker.pem",
        "message.max.bytes": 2 << 20,
    }


def ottla(build, work, files):
    plain, secure = f"127.0.0.1:{brokers.free_port()}", f"localhost:{brokers.free_port()}"
    settings = {"ottla.durability": "os", **with_tls(files, secure, plain)}
    broker = brokers.Ottla(build, work, settings)
    broker.bootstrap, broker.secure = plain, secure
    return broker


def kafka(_, work, files):
    plain, secure = f"127.0.0.1:{brokers.free_port()}", f"localhost:{brokers.free_port()}"
    controller = f"127.0.0.1:{brokers.free_port()}"
    settings = with_tls(files, secure, plain, f",CONTROLLER://{controller}")
    settings["controller.quorum.voters"] = f"1@{controller}"
    settings["listener.security.protocol.map"] = "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SSL:SSL"
    broker = brokers.Kafka(brokers.classpath(), work, settings)
    broker.bootstrap, broker.secure = plain, secure
    return broker


def serves(build):
    return lambda broker: subprocess.run(
        [f"{build}/bin/ottla", "topics", "--list", "--bootstrap-server", broker.bootstrap],
        capture_output=True).returncode == 0


def work_with(build, broker, files, action, client, topic, records):
    """The client's figures, with the broker's CPU seconds per GB."""
    warm_up = records // 10
    before = broker.process.cpu_s()
    done = subprocess.run(
        [f"{build}/bench/{action}_{client}", "--bootstrap", broker.secure, "--ca",
         str(files / "ca.pem"), "--topic", topic, "--size", str(SIZE), "--records", str(records),
         "--warm-up", str(warm_up), *OPTIONS[action]],
        check=True, text=True, stdout=subprocess.PIPE, timeout=600)
    figures = json.loads(done.stdout.splitlines()[-1])
    if figures["delivered"] < records - 1000 or figures["failed"] != 0:
        sys.exit(f"{client}: not everything was delivered: {figures}")
    used = broker.process.cpu_s() - before
    return figures | {"broker_cpu_s_per_gb": used / ((records + warm_up) * SIZE / 1e9)}


def compare_clients(arguments, work, files):
    head("Clients", "1 KiB over TLS 1.3", "CPU-s per million: Ottla", "librdkafka", "ratio")
    broker = ottla(arguments.build, work, files)
    with brokers.Running(broker, serves(arguments.build)):
        for action in ("produce", "consume"):
            runs = {"ottla": [], "librdkafka": []}
            for name in turns(arguments.rounds, tuple(runs)):
                runs[name].append(work_with(arguments.build, broker, files, action, name,
                                            "bench", arguments.records))
            one, another = (median(each, "cpu_s_per_million") for each in runs.values())
            row(action, f"{one:.3f}", f"{another:.3f}", f"{one / another:.2f}")


def compare_brokers(arguments, work, files):
    head("Brokers", "1 KiB over TLS 1.3", "CPU-s per GB: Ottla", "Apache Kafka", "ratio")
    runs = {action: {"Ottla": [], "Apache Kafka": []} for action in ("produce", "consume")}
    for make in (ottla, kafka):
        folder = work / make.__name__
        folder.mkdir()
        broker = make(arguments.build, folder, files)
        with brokers.Running(broker, serves(arguments.build)):
            for action in ("produce", "consume"):
                for each in range(arguments.rounds + 1):
                    figures = work_with(arguments.build, broker, files, action, "librdkafka",
                                        "bench", arguments.records)
                    # The first round warms the JVM.
                    if each > 0:
                        runs[action][broker.name].append(figures)
    for action, by_broker in runs.items():
        one, another = (median(each, "broker_cpu_s_per_gb") for each in by_broker.values())
        row(action, f"{one:.2f}", f"{another:.2f}", f"{one / another:.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--records", type=int, default=500_000)
    parser.add_argument("--only", choices=("clients", "brokers"))
    parser.add_argument("--work", help="where data directories are made; removed at the end")
    arguments = parser.parse_args()
    work = pathlib.Path(tempfile.mkdtemp(dir=arguments.work))
    try:
        files = work / "files"
        files.mkdir()
        subprocess.run([f"{arguments.build}/bin/tls-files", str(files)], check=True)
        if arguments.only != "brokers":
            compare_clients(arguments, work, files)
        if arguments.only != "clients":
            compare_brokers(arguments, work, files)
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
