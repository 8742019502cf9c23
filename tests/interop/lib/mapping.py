"""Rows: the tables of docs/guide/kafka-tools.md. Kafka's form of each call runs against one cluster
and ours against another that began as empty; what comes out is compared, row by row."""

import dataclasses
import pathlib
import re
import shlex

from lib import kafka_tools, process
from lib.process import StepFailed

PAGE = pathlib.Path(__file__).resolve().parents[3] / "docs/guide/kafka-tools.md"
HOW = ("same", "form", "own")

FILES = {
    "lines.txt": "".join(f"{key}:value of {key}\n" for key in "abcdef"),
    "offsets.json": '{"partitions": [{"topic": "greetings", "partition": 0, "offset": 1}]}\n',
}


@dataclasses.dataclass
class Call:
    """A row of the page."""

    theirs: list
    ours: list
    how: str


def calls(text):
    """The rows of the page's tables; fails for one that is none."""
    found = []
    for line in text.splitlines():
        if not line.startswith("| `kafka-"):
            continue
        row = re.fullmatch(r"\| `(kafka-[^`]*)` \| `ottla ([^`]*)` \| (\w+) \|", line)
        if row is None or row[3] not in HOW:
            raise StepFailed(f"{PAGE.name}: not a row of a call: {line}")
        found.append(Call(shlex.split(row[1]), shlex.split(row[2]), row[3]))
    return found


def row(table, context, name, kafkas, ours):
    """`kafkas` and `ours`: two servers that are alike and empty, for Kafka's calls and for ours."""
    if table.wants(name):
        with table.row(name) as row:
            row.cell("", lambda: _compare(context, kafkas, ours))


def _compare(context, kafkas, ours):
    folder = context.new_folder("mapping")
    for name, text in FILES.items():
        (folder / name).write_text(text)
    every = calls(PAGE.read_text())
    for call in every:
        words, flags = _split(call.ours)
        command = [context.bin / "ottla", *words, "--bootstrap-server", ours.bootstrap]
        flags, data = _with_files(flags, folder)
        said = process.run([*command, *flags], data).decode().splitlines()
        _expect_alike(call, _theirs(context, call, kafkas, folder), said, kafkas, ours)
    return f"{len(every)} calls"


def _theirs(context, call, server, folder):
    script, *arguments = call.theirs
    arguments, data = _with_files(arguments, folder)
    tool = script.removesuffix(".sh")
    address = ["--bootstrap-server", server.bootstrap]
    # This one wants its action first.
    at = 1 if tool == "kafka-cluster" else 0
    words = [*arguments[:at], *address, *arguments[at:]]
    said = kafka_tools.run(context.harness, tool, *words, data=data)
    if said.status != 0:
        raise StepFailed(f"{' '.join(call.theirs)}: exit {said.status}: {said.complaint}")
    return said.out


def _split(arguments):
    """The command with the words that are its actions, and the flags."""
    at = next((i for i, each in enumerate(arguments) if each[0] in "-<"), len(arguments))
    return arguments[:at], arguments[at:]


def _with_files(arguments, folder):
    """The arguments with files where they are, and what is to be read from stdin."""
    if "<" in arguments:
        at = arguments.index("<")
        return arguments[:at], (folder / arguments[at + 1]).read_bytes()
    return [str(folder / each) if each in FILES else each for each in arguments], b""


def _expect_alike(call, theirs, said, kafkas, ours):
    if call.how == "own":
        return
    one, other = _plain(theirs, kafkas, call.how), _plain(said, ours, call.how)
    if one != other:
        raise StepFailed(f"{' '.join(call.ours)}: ours {other}, Kafka's {one}")


def _plain(lines, server, how):
    def plain(line):
        line = line.replace(server.bootstrap, "ADDRESS")
        line = re.sub(rf"\b{server.bootstrap.rpartition(':')[2]}\b", "PORT", line)
        for pattern, by in kafka_tools.NORMAL:
            line = pattern.sub(by, line)
        return (re.sub(r"\d+", "9", line) if how == "form" else line).rstrip()

    # Kafka's console consumer makes a group where it is told none; ours reads without one.
    told = (each for each in lines if not re.search(r"console-consumer-\d+", each))
    return sorted(filter(None, map(plain, told)))
