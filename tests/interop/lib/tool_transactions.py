"""Row: `ottla transactions` and kafka-transactions say the same, and each ends what hangs."""

import shutil
import time

from lib import dataset
from lib.process import StepFailed

TOPIC = "lines"
PROPERTIES = {"transaction.state.log.num.partitions": "3"}
HOUR_MS = 3_600_000
DURATION = 7  # the column of `describe` that counts on


def row(table, context, name, server, data):
    server.start()
    try:
        with table.row(name) as cells:
            for step, act in (
                ("open", _open),
                ("the same is shown", _show_open),
                ("forget", _forget),
                ("the same hangs", _show_hanging),
                ("each ends one", _abort),
                ("fenced", _terminate),
            ):
                if not cells.cell(step, lambda: act(context, server, data)):
                    break
    finally:
        server.kill()


def cluster_row(table, context, name, cluster):
    """The same of open transactions, where coordinators and leaders are several brokers."""
    if not table.wants(name):
        return
    with table.row(name) as cells:
        if cells.cell("open", lambda: _open(context, cluster, None)):
            cells.cell("the same is shown", lambda: _show_open(context, cluster, None))
            cells.cell("fenced", lambda: _terminate(context, cluster, None))


def _open(context, server, _):
    context.java.create_topic(server.bootstrap, TOPIC, 2)
    for each in ("one", "two"):
        _open_one(context, server, each)


def _open_one(context, server, transactional_id):
    context.harness.call(
        "openTransaction",
        bootstrap=server.bootstrap,
        topic=TOPIC,
        transactionalId=transactional_id,
        timestamp=int(time.time() * 1000) - HOUR_MS,
    )


def _show_open(context, server, _):
    listed = _expect_same(context, server, "list")
    _expect(len(listed) == 2, f"not 2 are listed: {listed}")
    pattern = ("list", "--transactional-id-pattern", "o.e")
    _expect(len(_expect_same(context, server, *pattern)) == 1, "the pattern is not kept to")
    _expect(not _expect_same(context, server, "list", "--duration-filter", "86400000"), "too many")
    described = _expect_same(context, server, "describe", "--transactional-id", "one")
    _expect(described[0][-1] == f"{TOPIC}-0", f"described as {described}")
    producers = _expect_same(context, server, "describe-producers", *_partition())
    # Their ids come from the blocks of their coordinators: either may be the lower.
    starts = sorted(each[-1] for each in producers)
    _expect(starts == ["0", "1"], f"producers: {producers}")
    _expect(not _expect_same(context, server, "find-hanging", "--topic", TOPIC), "one hangs")


def _forget(context, server, data):
    """The coordinator loses what it had on disk: both transactions hang."""
    server.stop()
    lost = list(data.glob("__transaction_state-*"))
    for each in lost:
        shutil.rmtree(each)
    for each in ("one", "two"):
        context.harness.call("leaveTransaction", transactionalId=each)
    server.start()
    _expect(lost, "there was nothing to lose")


def _show_hanging(context, server, _):
    hanging = _expect_same(context, server, "find-hanging", "--topic", TOPIC)
    _expect(len(hanging) == 2, f"not 2 hang: {hanging}")
    _expect_same(context, server, "find-hanging", "--broker-id", "1")
    younger = ("--max-transaction-timeout", "90")
    _expect(
        not _expect_same(context, server, "find-hanging", "--topic", TOPIC, *younger),
        "what is younger is looked at",
    )


def _abort(context, server, _):
    _ours(context, server, "abort", *_partition(), "--start-offset", "0")
    hanging = _expect_same(context, server, "find-hanging", "--topic", TOPIC)
    _expect([each[5] for each in hanging] == ["1"], f"hanging: {hanging}")
    _theirs(context, server, "abort", *_partition(), "--start-offset", "1")
    _expect(not _expect_same(context, server, "find-hanging", "--topic", TOPIC), "one hangs")
    _expect_same(context, server, "describe-producers", *_partition())
    properties = {"isolation.level": "read_committed"}
    _expect(not context.java.consume(server.bootstrap, TOPIC, 2, **properties), "one is committed")


def _terminate(context, server, _):
    for act, transactional_id in ((_ours, "three"), (_theirs, "four")):
        _open_one(context, server, transactional_id)
        act(context, server, "forceTerminateTransaction", "--transactionalId", transactional_id)
        context.harness.call("leaveTransaction", transactionalId=transactional_id)
        described = _expect_same(context, server, "describe", "--transactional-id", transactional_id)
        _expect(described[0][4] in ("Empty", "CompleteAbort"), f"described as {described}")


def _partition():
    return ("--topic", TOPIC, "--partition", "0")


def _expect_same(context, server, *arguments):
    """What both print: the same lines, spaces and all. The values of the rows, sorted."""
    ours = _ours(context, server, *arguments)
    theirs = _theirs(context, server, *arguments)
    for which, out in (("ours", ours), ("Kafka's", theirs)):
        _expect(len(out) > 0, f"{which} prints nothing of {arguments}")
    if arguments[0] == "describe":
        ours, theirs = (_without_duration(each) for each in (ours, theirs))
    if ours[0] != theirs[0] or sorted(ours) != sorted(theirs):
        raise StepFailed(f"{arguments}: ours {ours}, Kafka's {theirs}")
    return sorted([value.strip() for value in line.split("\t")[:-1]] for line in ours[1:])


def _without_duration(lines):
    """It goes on between two calls."""
    return [
        "\t".join(value for at, value in enumerate(line.split("\t")) if at != DURATION)
        for line in lines
    ]


def _ours(context, server, *arguments):
    return context.tool.run("transactions", server.bootstrap, *arguments).decode().splitlines()


def _theirs(context, server, *arguments):
    answer = context.harness.call(
        "transactions", arguments=["--bootstrap-server", server.bootstrap, *arguments]
    )
    return dataset.from_base64(answer["output"]).decode().splitlines()


def _expect(holds, otherwise):
    if not holds:
        raise StepFailed(otherwise)
