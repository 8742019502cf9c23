"""Rows: our transactional producer, sessions and read_committed consumer."""

import json
import signal
import subprocess
import time

from lib import dataset, peers, process
from lib.process import StepFailed

PARTITIONS = 3
TRANSACTIONS = 30
COPIED = 600
COPIERS = 2
KILLS = 4
EVENTUALLY_S = 60


def rows(table, context, group, server):
    for name, step in (("write", _write), ("copy", _copy), ("fence", _fence)):
        row_name = f"{group}/{name}"
        if table.wants(row_name):
            with table.row(row_name) as row:
                row.cell("", lambda: step(context, server.bootstrap, row_name.replace("/", "-")))


def run(context, action, **arguments):
    command = [context.bin / "ottla-peer", action]
    for name, value in arguments.items():
        command += [f"--{name}", str(value)]
    return process.run(command, timeout=120)


def _values(records):
    parts = [[] for _ in range(PARTITIONS)]
    for each in records:
        value = each.record.value
        parts[each.record.partition].append(None if value is None else value.decode())
    return parts


def _ours(context, bootstrap, topic, isolation):
    out = run(
        context, "consume", bootstrap=bootstrap, topic=topic, partitions=PARTITIONS,
        isolation=isolation,
    )
    return _values(dataset.from_json(json.loads(line)) for line in out.splitlines())


def _javas(context, bootstrap, topic, isolation):
    properties = {"isolation.level": isolation}
    return _values(context.java.consume(bootstrap, topic, PARTITIONS, **properties))


def _expect(holds, otherwise):
    if not holds:
        raise StepFailed(otherwise[:600])


def _write(context, bootstrap, topic):
    """What is committed is there for everybody, what is aborted only for who asks for it."""
    context.java.create_topic(bootstrap, topic, PARTITIONS)
    run(
        context, "transact", bootstrap=bootstrap, topic=topic, partitions=PARTITIONS, id=topic,
        transactions=TRANSACTIONS,
    )
    everything = [[f"{n}-{p}" for n in range(TRANSACTIONS)] for p in range(PARTITIONS)]
    committed = [[v for v in part if int(v.split("-")[0]) % 3 != 1] for part in everything]
    for reader in (_ours, _javas):
        found = reader(context, bootstrap, topic, "read_committed")
        _expect(found == committed, f"{reader.__name__}: committed, but read {found}")
        found = reader(context, bootstrap, topic, "read_uncommitted")
        _expect(found == everything, f"{reader.__name__}: written, but read {found}")


class _Copier:
    """One life of a member of the group that copies."""

    def __init__(self, context, bootstrap, topic, name):
        command = [context.bin / "ottla-peer", "copy", "--bootstrap", bootstrap]
        command += ["--topic", topic, "--to", f"{topic}-copy", "--group", topic, "--id", name]
        self._log = context.log("copiers.log").open("ab")
        self._process = process.start(command, stdout=subprocess.DEVNULL, stderr=self._log)

    def kill(self):
        process.kill(self._process)
        self._log.close()

    def stop(self):
        self._process.send_signal(signal.SIGTERM)
        status = self._process.wait(timeout=30)
        process.forget(self._process)
        self._log.close()
        _expect(status == 0, f"a copier stopped with {status}: see copiers.log")


def _copy(context, bootstrap, topic):
    """Copiers that are killed, and that abort now and then, copy each record once, in order."""
    context.java.create_topic(bootstrap, topic, PARTITIONS)
    context.java.create_topic(bootstrap, f"{topic}-copy", PARTITIONS)
    records = dataset.lines(COPIED)
    context.java.produce(bootstrap, topic, records, "none")
    wanted = _javas(context, bootstrap, topic, "read_committed")
    copiers = [_Copier(context, bootstrap, topic, f"{topic}-{n}") for n in range(COPIERS)]

    def copied():
        return _javas(context, bootstrap, f"{topic}-copy", "read_committed")

    for kill in range(KILLS):
        before = sum(map(len, copied()))
        peers.eventually(
            lambda: sum(map(len, copied())) >= min(before + 40, COPIED),
            "nothing is copied any more", EVENTUALLY_S,
        )
        victim = kill % COPIERS
        copiers[victim].kill()
        copiers[victim] = _Copier(context, bootstrap, topic, f"{topic}-{victim}")
    peers.eventually(
        lambda: sum(map(len, copied())) >= COPIED, "not everything is copied", EVENTUALLY_S
    )
    time.sleep(1)  # what is too much would come now
    for each in copiers:
        each.stop()
    found = copied()
    _expect(found == wanted, f"not copied once and in order: {found}")
    offsets = context.java.group_offsets(bootstrap, topic)[topic]
    ends = {str(p): len(part) for p, part in enumerate(wanted)}
    found = {str(p): offset for p, offset in offsets.items()}
    _expect(found == ends, f"committed {found}, not {ends}")


def _fence(context, bootstrap, topic):
    """A second producer with the id takes over, and the first one cannot write any more."""
    context.java.create_topic(bootstrap, topic, PARTITIONS)
    arguments = {"bootstrap": bootstrap, "topic": topic, "partitions": PARTITIONS, "id": topic}
    command = [context.bin / "ottla-peer", "transact"]
    for name, value in {**arguments, "transactions": 1_000_000}.items():
        command += [f"--{name}", str(value)]
    first = process.start(command, stderr=subprocess.PIPE, text=True)
    peers.eventually(
        lambda: any(_ours(context, bootstrap, topic, "read_committed")), "the first one is silent",
        EVENTUALLY_S,
    )
    run(context, "transact", **arguments, transactions=3)
    _, errors = first.communicate(timeout=30)
    process.forget(first)
    # By the coordinator; by the leader of a partition; by a coordinator that has aborted what the
    # first one would commit, and has not introduced the second one yet.
    codes = ("PRODUCER_FENCED", "INVALID_PRODUCER_EPOCH", "INVALID_TXN_STATE")
    _expect(any(code in errors for code in codes), f"the first one ended with {errors}")
