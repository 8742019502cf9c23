"""Row: `ottla consumer-groups` and kafka-consumer-groups print the same, and do the same."""

import time

from lib import dataset, groups, peers
from lib.process import StepFailed

LIVE = (("--offsets",), ("--verbose",), ("--members",), ("--members", "--verbose"), ("--state",),
        ("--state", "--verbose"))


def assigned_row(table, context, name, server):
    """Groups whose coordinator assigns (KIP-848): while they have members, and when these are gone."""
    if not table.wants(name):
        return
    with table.row(name) as cells:
        pair = _Pair(context, server)
        try:
            if cells.cell("live", pair.show_assigned):
                cells.cell("inactive", pair.show_inactive_assigned)
        finally:
            pair.stop()


def row(table, context, name, server):
    if not table.wants(name):
        return
    with table.row(name) as cells:
        pair = _Pair(context, server)
        steps = (
            ("live", pair.show_live),
            ("inactive", pair.show_inactive),
            ("plans", pair.show_plans),
            ("reset", pair.reset),
            ("delete", pair.delete),
        )
        try:
            for step, act in steps:
                if not cells.cell(step, act):
                    break
        finally:
            pair.stop()


class _Pair:
    """Two groups that one tool after the other looks at and changes."""

    def __init__(self, context, server):
        self._context = context
        self._server = server
        self._teams = []

    def stop(self):
        for each in self._teams:
            each.stop()

    def show_live(self):
        for name, kinds, instance in (
            ("seen-one", ("java", "ottla"), ""),
            ("seen-two", ("librdkafka",), "static"),
        ):
            team = groups.Team(self._context, self._server.bootstrap, name)
            self._teams.append(team)
            for kind in kinds:
                team.add(kind, "range", instance)
            team.write()
            team.expect_whole()
        self._expect_same("--list")
        self._expect_same("--list", "--state", "--type")
        self._expect_same("--list", "--state", "stable")
        for view in LIVE:
            self._expect_same("--describe", *self._both(), *view)

    def show_assigned(self):
        team = groups.Team(self._context, self._server.bootstrap, "seen-assigned")
        self._teams.append(team)
        # None is static: those are waited for until their session ends, which is the broker's to say.
        for _ in range(2):
            team.add("java", groups.BY_COORDINATOR)
        team.write()
        team.expect_whole()
        self._expect_same("--list", "--state", "--type")
        peers.eventually(
            lambda: self._stands_at("Stable"),
            "the group does not become stable",
        )
        for view in LIVE:
            self._expect_same("--describe", *self._both(), *view)

    def show_inactive_assigned(self):
        self._teams[0].stop()
        peers.eventually(
            lambda: self._stands_at("Empty"),
            "the group has members",
        )
        for view in LIVE:
            self._expect_same("--describe", *self._both(), *view)

    def _stands_at(self, state):
        return any(state in each for each in self._ours("--describe", *self._both(), "--state"))

    def show_inactive(self):
        for each in self._teams:
            each.stop()
            # A static member is waited for until its session ends.
            peers.eventually(lambda: each.describe()["state"] == "Empty", f"{each.group} has members")
        for view in LIVE:
            self._expect_same("--describe", *self._both(), *view)
        self._expect_same("--list", "--state", "Empty", "--type", "classic")

    def show_plans(self):
        one = self._teams[0]
        # Both take a time without a zone for one in UTC.
        yesterday = time.strftime("%Y-%m-%dT%H:%M:%S.000", time.gmtime(time.time() - 86400))
        topics = f"{one.topic}:0,2"
        for place in (
            ("--all-topics", "--to-earliest"),
            ("--all-topics", "--to-latest"),
            ("--all-topics", "--to-current"),
            ("--all-topics", "--shift-by", "-3"),
            ("--topic", one.topic, "--to-offset", "7"),
            ("--topic", topics, "--to-offset", "7000"),
            ("--topic", topics, "--shift-by", "5"),
            ("--topic", topics, "--to-datetime", yesterday),
            ("--topic", topics, "--by-duration", "P1DT1H"),
            ("--topic", topics, "--by-duration", "PT0S"),
        ):
            for more in (("--dry-run",), ("--dry-run", "--export")):
                self._expect_same("--reset-offsets", "--group", one.group, *place, *more)
        self._expect_same(
            "--reset-offsets", *self._both(), "--all-topics", "--to-earliest", "--dry-run",
            "--export",
        )

    def reset(self):
        one, two = self._teams
        back = ("--all-topics", "--shift-by", "-4", "--execute")
        self._ours("--reset-offsets", "--group", one.group, *back)
        self._theirs("--reset-offsets", "--group", two.group, *back)
        for team in (one, two):
            _expect(set(team.offsets().values()) == {team.written - 4}, f"at {team.offsets()}")
        # What one writes to a file, the other can follow.
        earlier = ("--topic", f"{one.topic}:1,3", "--to-offset", "2", "--dry-run", "--export")
        for write, follow in ((self._theirs, self._ours), (self._ours, self._theirs)):
            plan = self._context.new_folder("plan") / "plan.csv"
            plan.write_text("\n".join(write("--reset-offsets", "--group", one.group, *earlier)))
            follow("--reset-offsets", "--group", one.group, "--from-file", plan, "--execute")
            found = one.offsets()
            _expect((found[1], found[3], found[0]) == (2, 2, one.written - 4), f"at {found}")
            self._ours("--reset-offsets", "--group", one.group, "--topic", one.topic, "--to-offset",
                       str(one.written - 4), "--execute")
        self._expect_same("--describe", *self._both(), "--verbose")

    def delete(self):
        one, two = self._teams
        printed = [
            tool("--delete-offsets", "--group", team.group, "--topic", f"{team.topic}:0")
            for tool, team in ((self._ours, one), (self._theirs, two))
        ]
        self._expect_equal_but_for_names(*printed)
        for team in (one, two):
            _expect(0 not in team.offsets(), "what partition 0 had committed is still there")
        printed = [
            tool("--delete", "--group", team.group)
            for tool, team in ((self._ours, one), (self._theirs, two))
        ]
        self._expect_equal_but_for_names(*printed)
        for tool in (self._ours, self._theirs):
            left = tool("--list")
            _expect(not {one.group, two.group} & set(left), f"still there: {left}")

    def _both(self):
        return [each for team in self._teams for each in ("--group", team.group)]

    def _expect_equal_but_for_names(self, ours, theirs):
        one, two = self._teams
        named = [each.replace(one.group, two.group).replace(one.topic, two.topic) for each in ours]
        _expect(named == theirs, f"ours {ours}, Kafka's {theirs}")

    def _expect_same(self, *arguments):
        """Both print the same lines, spaces and all, in whatever order; our lines."""
        ours = self._ours(*arguments)
        theirs = [each for each in self._theirs(*arguments) if not each.startswith("Warn: ")]
        _expect(ours, f"nothing is printed of {arguments}")
        _expect(sorted(filter(None, ours)) == sorted(filter(None, theirs)),
                f"{arguments}: ours {ours}, Kafka's {theirs}")
        return ours

    def _ours(self, *arguments):
        tool = self._context.tool
        return tool.run("consumer-groups", self._server.bootstrap, *arguments).decode().splitlines()

    def _theirs(self, *arguments):
        command = ["--bootstrap-server", self._server.bootstrap, *map(str, arguments)]
        answer = self._context.harness.call("consumerGroups", arguments=command)
        return dataset.from_base64(answer["output"]).decode().splitlines()


def _expect(holds, otherwise):
    if not holds:
        raise StepFailed(otherwise)
