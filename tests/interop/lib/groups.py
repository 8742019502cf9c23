"""Rows: groups of foreign consumers, alone and mixed, that members join, leave and are killed in."""

import itertools
import json
import signal
import subprocess
import threading
import time

from lib import dataset, peers, process
from lib.process import StepFailed

PARTITIONS = 6
RECORDS = 120
EVENTUALLY_S = 40

# Who knows which assignor by Kafka's name; KafkaJS has its own two from peer.js.
ASSIGNORS = {
    "java": ("range", "roundrobin", "cooperative-sticky"),
    "librdkafka": ("range", "roundrobin", "cooperative-sticky"),
    "franz-go": ("range", "roundrobin", "cooperative-sticky"),
    "kafkajs": ("range", "roundrobin"),
    "ottla": ("range", "roundrobin", "cooperative-sticky"),
}
FOREIGN = tuple(kind for kind in ASSIGNORS if kind != "ottla")
JAVA_NAMES = {
    "range": "Range",
    "roundrobin": "RoundRobin",
    "cooperative-sticky": "CooperativeSticky",
}
# The coordinator assigns (KIP-848); of Java's members alone.
BY_COORDINATOR = "coordinator"
_names = itertools.count(1)


class JavaMember:
    """A KafkaConsumer in the harness: see Groups.java."""

    def __init__(self, context, bootstrap, topic, group, assignor, instance=""):
        self._harness = context.harness
        self._name = f"member-{next(_names)}"
        if assignor == BY_COORDINATOR:
            properties = {"group.protocol": "consumer"}
        else:
            java_name = f"org.apache.kafka.clients.consumer.{JAVA_NAMES[assignor]}Assignor"
            properties = {"partition.assignment.strategy": java_name}
        if instance:
            properties["group.instance.id"] = instance
        fields = {"topic": topic, "group": group, "properties": properties}
        self._call("startMember", bootstrap=bootstrap, **fields)
        self._last = {"owned": [], "records": []}

    def _call(self, command, **fields):
        return self._harness.call(command, name=self._name, **fields)

    def _state(self):
        if self._name is not None:
            self._last = self._call("memberState")
            if "failure" in self._last:
                raise StepFailed(f"a Java member failed: {self._last['failure']}")
        return self._last

    def owned(self):
        return set(self._state()["owned"])

    def records(self):
        return {tuple(each) for each in self._state()["records"]}

    def stop(self, vanish=False):
        self._last = self._call("stopMember", vanish=vanish)
        self._name = None

    def kill(self):
        """It says nothing to the group, as if it were killed."""
        self.stop(vanish=True)


class ProgramMember:
    """A peer program: see peers/README.md."""

    def __init__(self, peer, bootstrap, topic, group, assignor, instance=""):
        command = [*peer.command, "member", "--bootstrap", bootstrap, "--topic", topic]
        command += ["--group", group, "--assignor", assignor]
        if instance:
            command += ["--instance", instance]
        self._name = peer.name
        self._owned = set()
        self._records = set()
        self._mutex = threading.Lock()
        self._process = process.start(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self):
        for line in self._process.stdout:
            event = json.loads(line)
            with self._mutex:
                self._owned |= set(event.get("assigned", ()))
                self._owned -= set(event.get("revoked", ()))
                if "owned" in event:
                    self._owned = set(event["owned"])
                if "record" in event:
                    self._records.add(tuple(event["record"]))

    def owned(self):
        with self._mutex:
            return set(self._owned)

    def records(self):
        with self._mutex:
            return set(self._records)

    def stop(self):
        self._process.send_signal(signal.SIGTERM)
        try:
            status = self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill(self._process)
            raise StepFailed(f"a member of {self._name} did not leave in time") from None
        self._thread.join()
        process.forget(self._process)
        if status != 0:
            raise StepFailed(f"a member of {self._name} ended with {status}")

    def kill(self):
        process.kill(self._process)
        self._thread.join()


class Team:
    """A group on a topic of its own, its members of any kind, and what must hold for it."""

    def __init__(self, context, bootstrap, name):
        self.context = context
        self.bootstrap = bootstrap
        self.topic = f"topic-of-{name}"
        self.group = f"group-{name}"
        self.members = []
        self.gone = []
        self.written = 0
        context.java.create_topic(bootstrap, self.topic, PARTITIONS)

    def write(self):
        each = RECORDS // PARTITIONS
        records = [
            dataset.Record(partition, int(time.time() * 1000), None, b"x")
            for partition in range(PARTITIONS)
            for _ in range(each)
        ]
        self.context.java.produce(self.bootstrap, self.topic, records, "none")
        self.written += each

    def add(self, kind, assignor, instance=""):
        arguments = (self.bootstrap, self.topic, self.group, assignor, instance)
        if kind == "java":
            member = JavaMember(self.context, *arguments)
        elif kind == "ottla":
            peer = peers.Program("ottla", [self.context.bin / "ottla-member"])
            member = ProgramMember(peer, *arguments)
        else:
            peer = next(each for each in self.context.producers if each.name == kind)
            member = ProgramMember(peer, *arguments)
        self.members.append(member)
        return member

    def remove(self, member, how):
        self.members.remove(member)
        self.gone.append(member)
        getattr(member, how)()

    def stop(self):
        for member in list(self.members):
            self.remove(member, "stop")

    def describe(self):
        return self.context.harness.call(
            "describeGroup", bootstrap=self.bootstrap, group=self.group
        )

    def offsets(self):
        found = self.context.harness.call("groupOffsets", bootstrap=self.bootstrap, group=self.group)
        return {int(each): at for each, at in found["offsets"].get(self.topic, {}).items()}

    def _problem(self):
        """Why the group is not where it should be: one owner for each partition, everybody at work,
        everything read. None if it is."""
        try:
            found = self.describe()
        except StepFailed as failure:
            if "GroupIdNotFound" not in str(failure):
                raise
            return str(failure)
        if found["state"] != "Stable" or len(found["members"]) != len(self.members):
            return f"not stable with {len(self.members)} members: {found}"
        owned = [each for member in found["members"] for each in member["partitions"]]
        if sorted(owned) != list(range(PARTITIONS)):
            return f"partitions have not one owner each: {found}"
        if not all(member["partitions"] for member in found["members"]):
            return f"a member has nothing to do: {found}"
        seen = [member.owned() for member in self.members]
        if sorted(each for some in seen for each in some) != list(range(PARTITIONS)):
            return f"members see it otherwise: {seen}, {found}"
        return self._reading_problem()

    def _reading_problem(self):
        read = self._read()
        wanted = {(p, o) for p in range(PARTITIONS) for o in range(self.written)}
        if read != wanted:
            return f"{len(wanted - read)} records not read, {len(read - wanted)} made up"
        committed = self.offsets()
        if committed != {each: self.written for each in range(PARTITIONS)}:
            return f"committed {committed}, not {self.written} each"
        return None

    def expect_no_skips(self):
        """No committed offset lies beyond a record that nobody has read."""
        committed = self.offsets()
        wanted = {(each, o) for each, at in committed.items() for o in range(at)}
        # What a member has told lies in a pipe for a moment.
        peers.eventually(
            lambda: wanted <= self._read(),
            f"committed {committed}, but somebody skipped records",
        )

    def _read(self):
        return set().union(*(member.records() for member in [*self.members, *self.gone]))

    def expect_whole(self):
        deadline = time.monotonic() + EVENTUALLY_S
        while True:
            self.expect_no_skips()
            problem = self._problem()
            if problem is None:
                return
            if time.monotonic() > deadline:
                raise StepFailed(problem)
            time.sleep(0.1)


def own_rows(table, context, prefix, server):
    """Groups of our own consumers, alone and with others."""
    wanted = [(["ottla"] * 3, each) for each in ASSIGNORS["ottla"]]
    wanted += [(["ottla", *FOREIGN, "ottla"], each) for each in ("range", "roundrobin")]
    with_all = ["java", "ottla", "librdkafka", "franz-go", "ottla"]
    wanted.append((with_all, "cooperative-sticky"))
    for kinds, assignor in wanted:
        name = f"{prefix}/{'ottla' if len(set(kinds)) == 1 else 'mixed'}/{assignor}"
        if table.wants(name):
            with table.row(name) as row:
                _fill(row, context, server, kinds, assignor)
    if table.wants(f"{prefix}/static/ottla"):
        with table.row(f"{prefix}/static/ottla") as row:
            _fill_static(row, context, server, "ottla")


def rows(table, context, prefix, server):
    for kind in FOREIGN:
        for assignor in ASSIGNORS[kind]:
            name = f"{prefix}/{kind}/{assignor}"
            if table.wants(name):
                with table.row(name) as row:
                    _fill(row, context, server, [kind, kind, kind], assignor)
    for assignor in ("range", "roundrobin"):
        name = f"{prefix}/mixed/{assignor}"
        if table.wants(name):
            with table.row(name) as row:
                _fill(row, context, server, ["java", "librdkafka", "franz-go", "kafkajs"], assignor)
    for kind in ("librdkafka", "java", "franz-go"):
        name = f"{prefix}/static/{kind}"
        if table.wants(name):
            with table.row(name) as row:
                _fill_static(row, context, server, kind)
    for name, check in (("console", _fill_console), ("tool", _fill_tool)):
        if table.wants(f"{prefix}/{name}"):
            with table.row(f"{prefix}/{name}") as row:
                check(row, context, server)


def _run_steps(row, team, steps):
    try:
        for name, step in steps:
            if not row.cell(name, step):
                return
    finally:
        for member in list(team.members):
            try:
                team.remove(member, "kill")
            except StepFailed:
                pass


def _fill(row, context, server, kinds, assignor):
    team = Team(context, server.bootstrap, f"{'-'.join(kinds)}-{assignor}")

    def join(kind):
        team.add(kind, assignor)
        team.write()
        team.expect_whole()

    def leave():
        team.remove(team.members[0], "stop")
        team.write()
        team.expect_whole()

    def kill():
        team.remove(team.members[-1], "kill")
        team.write()
        team.expect_whole()

    steps = [(f"{each} joins", lambda each=each: join(each)) for each in kinds]
    steps += [("one leaves", leave), ("one is killed", kill)]
    _run_steps(row, team, [*steps, ("all leave", team.stop)])


def _fill_static(row, context, server, kind):
    team = Team(context, server.bootstrap, f"static-{kind}")

    def work_of(instance):
        found = team.describe()
        members = [each for each in found["members"] if each["instance"] == instance]
        if len(members) != 1:
            raise StepFailed(f"{instance} is not one member: {found}")
        return members[0]

    def join():
        for instance in ("one", "two"):
            team.add(kind, "range", instance)
        team.write()
        team.expect_whole()

    def start_again():
        before = work_of("two")
        others = work_of("one")
        team.remove(team.members[1], "kill")
        team.add(kind, "range", "two")
        team.write()
        team.expect_whole()
        after = work_of("two")
        if after["partitions"] != before["partitions"] or after["id"] == before["id"]:
            raise StepFailed(f"was {before}, is {after}")
        if work_of("one") != others:
            raise StepFailed(f"was {others}, is {work_of('one')}")

    _run_steps(row, team, [("join", join), ("one starts again", start_again), ("end", team.stop)])


def _fill_console(row, context, server):
    team = Team(context, server.bootstrap, "console")
    team.write()

    def count(output):
        found = output.count(b"x\n")
        if found != team.written * PARTITIONS:
            raise StepFailed(f"{found} records, not {team.written * PARTITIONS}")

    def kcat(group):
        command = ["kcat", "-G", group, "-b", server.bootstrap, "-X", "auto.offset.reset=earliest"]
        command += ["-X", "fetch.wait.max.ms=50", "-q", "-e", "-f", "%s\\n", team.topic]
        count(process.run(command))

    def java(group):
        arguments = ["--bootstrap-server", server.bootstrap, "--topic", team.topic]
        arguments += ["--group", group, "--from-beginning", "--timeout-ms", "10000"]
        arguments += ["--max-messages", str(team.written * PARTITIONS)]
        answer = context.harness.call("consoleConsume", arguments=arguments)
        count(dataset.from_base64(answer["output"]))

    row.cell("kcat -G", lambda: kcat("kcat"))
    row.cell("console consumer", lambda: java("console"))


def _tool(context, server, *arguments):
    answer = context.harness.call(
        "consumerGroups", arguments=["--bootstrap-server", server.bootstrap, *arguments]
    )
    return (dataset.from_base64(answer["output"]) + dataset.from_base64(answer["errors"])).decode()


def _fill_tool(row, context, server):
    team = Team(context, server.bootstrap, "tool")

    def expect(holds, output):
        if not holds:
            raise StepFailed(f"printed {output!r}")

    def describe():
        team.add("librdkafka", "range")
        team.write()
        team.expect_whole()
        listed = _tool(context, server, "--list").split()
        expect(team.group in listed, listed)
        output = _tool(context, server, "--describe", "--group", team.group)
        lines = [each.split() for each in output.splitlines() if team.topic in each]
        expect(len(lines) == PARTITIONS, output)
        # GROUP TOPIC PARTITION CURRENT-OFFSET LOG-END-OFFSET LAG
        expect(all(each[3:6] == [str(team.written)] * 2 + ["0"] for each in lines), output)
        output = _tool(context, server, "--describe", "--group", team.group, "--state")
        expect("Stable" in output and "range" in output, output)
        output = _tool(context, server, "--describe", "--group", team.group, "--members", "--verbose")
        expect(f"{team.topic}:" in output and "/127.0.0.1" in output, output)

    def refuse():
        output = _tool(context, server, "--delete", "--group", team.group)
        expect("NonEmpty" in output or "not empty" in output, output)
        expect(set(team.offsets().values()) == {team.written}, team.offsets())

    def reset():
        team.stop()
        arguments = ["--reset-offsets", "--group", team.group, "--topic", team.topic]
        _tool(context, server, *arguments, "--to-earliest", "--dry-run")
        expect(set(team.offsets().values()) == {team.written}, team.offsets())
        _tool(context, server, *arguments, "--shift-by", "-5", "--execute")
        expect(set(team.offsets().values()) == {team.written - 5}, team.offsets())
        _tool(context, server, *arguments, "--to-earliest", "--execute")
        expect(set(team.offsets().values()) == {0}, team.offsets())

    def delete():
        arguments = ["--delete-offsets", "--group", team.group, "--topic", f"{team.topic}:0"]
        _tool(context, server, *arguments)
        expect(sorted(team.offsets()) == list(range(1, PARTITIONS)), team.offsets())
        output = _tool(context, server, "--delete", "--group", team.group)
        expect("success" in output, output)
        listed = _tool(context, server, "--list").split()
        expect(team.group not in listed, listed)

    steps = [("describe", describe), ("refuse", refuse), ("reset", reset), ("delete", delete)]
    _run_steps(row, team, steps)
