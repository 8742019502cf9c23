#!/usr/bin/env python3
"""Checks the shell blocks and the links of the guide.

    shell_blocks.py ROOT BIN PAGE...    flags against --help, files, links; runs `sh run` blocks
    shell_blocks.py --self-test ROOT BIN

BIN holds `ottla` and `ottla-broker`. Blocks that are run run in a folder of their own, one shell for
each page, and find a fresh broker where they say localhost:9092.
"""
import functools
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import tempfile

import pages

OURS = ("ottla", "ottla-broker")
# Of others: that they are right is not for us to find out.
OTHERS = {"apt", "apt-get", "awk", "bin/kafka-server-start.sh", "bin/kafka-storage.sh", "c++", "cat",
          "cd", "clang++", "cmake", "conan", "cp", "cpack", "curl", "dpkg", "echo", "export", "for", "g++", "git",
          "journalctl", "kcat", "kill", "mkdir", "ninja", "pkg-config", "printf", "python3", "rm",
          "seq", "sudo", "systemctl", "sysctl", "tail", "test", "vcpkg", "wait"}


@functools.lru_cache(maxsize=None)
def help_of(bin_folder, program, *commands):
    words = [str(pathlib.Path(bin_folder) / program), *commands, "--help"]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=30)
    return ended.stdout + ended.stderr if ended.returncode == 0 else ""


def commands(text):
    """(line, words) of each command; a pipe, an && or a & ends one."""
    joined, start, collected = [], None, ""
    for number, line in enumerate(text.splitlines()):
        start = number if start is None else start
        if line.endswith("\\"):
            collected += line[:-1] + " "
            continue
        joined.append((start, collected + line))
        start, collected = None, ""
    for number, line in joined:
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
        lexer.whitespace_split = True
        lexer.commenters = "#"
        words = []
        for word in lexer:
            if word in ("|", "&&", "||", "&", ";"):
                yield number, words
                words = []
            elif word[0] in "<>":
                words.append(word)
            else:
                words.append(word)
        yield number, words


def check_flags(program, words, bin_folder):
    """What is wrong with the arguments of one of our programs."""
    if program != "ottla":
        return unknown_flags(program, words, help_of(bin_folder, program))
    if not words or words[0].startswith("-"):
        return []
    command = words[0]
    known = help_of(bin_folder, program, command)
    if not known:
        return [f"ottla has no command '{command}'"]
    for word in words[1:]:
        if re.search(rf"^  {re.escape(word)} ", known, re.M):  # a command of the command
            known += help_of(bin_folder, program, command, word)
    return unknown_flags(command, words, known)


def unknown_flags(name, words, known):
    found = set(re.findall(r"--[\w.-]+|(?<![\w-])-\w\b", known))
    return [f"'{name}' has no flag {word}" for word in (w.split("=")[0] for w in words)
            if re.match(r"--?[A-Za-z]", word) and word not in found]


def check_block(block, root, bin_folder):
    for number, words in commands(block.text):
        while words and (re.match(r"\w+=", words[0]) or words[0] == "sudo"):
            words = words[1:]
        if not words or words[0] in ("done", "do", "fi"):
            continue
        program = words[0]
        name = pathlib.PurePath(program).name
        where = f"{block.page}:{block.line + number}"
        if name in OURS:
            for wrong in check_flags(name, words[1:], bin_folder):
                yield f"{where}: {wrong}"
        elif program.startswith(("scripts/", "tests/", "bench/", ".ci/")):
            if not (root / program).exists():
                yield f"{where}: there is no {program}"
        elif not program.startswith(("./", "build/", "/")) and program not in OTHERS:
            yield f"{where}: '{program}' is not known to tests/guide/shell_blocks.py"


class Broker:
    """One on a free port; `own` is what a page starts its own with, for localhost:9092."""

    def __init__(self, bin_folder, folder, *settings, own=None):
        command = [str(pathlib.Path(bin_folder).resolve() / "ottla-broker")]
        for setting in ("listeners=PLAINTEXT://127.0.0.1:0", f"log.dirs={folder}/data", *settings):
            command += ["--override", setting]
        if own is not None:
            command = ["bash", "-euc", "exec " + own.replace("localhost:9092", "127.0.0.1:0")]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        text=True, cwd=folder, env=with_programs(bin_folder))
        ready = self.process.stdout.readline()
        found = re.search(r"PLAINTEXT://([^, \n]*)(?:.* http://([^, \n]*))?", ready)
        if not found:
            raise SystemExit(f"the broker did not start: {ready!r}")
        self.address, self.http = found.groups()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)


def with_programs(bin_folder):
    """The environment, with our programs in it."""
    return {**os.environ, "PATH": f"{pathlib.Path(bin_folder).resolve()}:{os.environ['PATH']}"}


def run_page(page, bin_folder):
    """What came out otherwise than the page says, of the blocks that are run."""
    wanted = [b for b in page.blocks if b.language == "sh" and "run" in b.words]
    if not wanted:
        return
    own = next((b.text for b in page.blocks if b.language == "sh" and "broker" in b.words), None)
    with tempfile.TemporaryDirectory() as name:
        broker = Broker(bin_folder, name, own=own)
        try:
            yield from run_blocks(page, wanted, broker.address, bin_folder, name)
        finally:
            broker.stop()


def run_blocks(page, wanted, address, bin_folder, folder):
    for block in wanted:
        text = block.text.replace("localhost:9092", address)
        ended = subprocess.run(["bash", "-euo", "pipefail", "-c", text], cwd=folder, timeout=120,
                               env=with_programs(bin_folder), capture_output=True, text=True)
        where = f"{page.path}:{block.line}"
        if ended.returncode != 0:
            yield f"{where}: ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}"
            continue
        at = page.blocks.index(block) + 1
        shown = page.blocks[at] if at < len(page.blocks) else None
        if shown is None or shown.language != "text" or "output" not in shown.words:
            continue
        if normal(shown.text) != normal(ended.stdout.replace(address, "localhost:9092")):
            yield f"{where}: the page shows\n{shown.text}and it printed\n{ended.stdout}"


def normal(text):
    """Without what lies in the width of columns."""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def check(root, bin_folder, paths):
    all_pages = [pages.read(path) for path in paths]
    yield from pages.broken_links(all_pages)
    for page in all_pages:
        for block in page.blocks:
            if block.language == "sh":
                yield from check_block(block, root, bin_folder)
        for block in calls_in_tables(page.path):
            yield from check_block(block, root, bin_folder)
        yield from run_page(page, bin_folder)


def calls_in_tables(path):
    """The calls of `ottla` that stand in cells of tables, as blocks."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("|"):
            for call in re.findall(r"`(ottla [^`]*-[^`]*)`", line):
                yield pages.Block(path, number, "sh", [], call)


# A page, and what must be said of it; None: nothing.
SELF_TEST = [
    ("```sh\nottla topics --list --bootstrap-server b:1 | cat\n```\n", None),
    ("```sh\nottla topics --lists --bootstrap-server b:1\n```\n", "no flag --lists"),
    ("```sh\necho x | ottla produce \\\n  --topics t\n```\n", "no flag --topics"),
    ("```sh\nottla topic --list\n```\n", "no command 'topic'"),
    ("```sh\nottla-broker --overide a=b\n```\n", "no flag --overide"),
    ("```sh\nscripts/nothing.sh\n```\n", "there is no scripts/nothing.sh"),
    ("```sh\nkaffeecat -L\n```\n", "is not known"),
    ("| `x` | `ottla topics --lists` |\n", "no flag --lists"),
    ("| `x` | `ottla topics --list` |\n", None),
    ("[x](nowhere.md)\n", "there is no nowhere.md"),
    ("# A title\n[x](#another)\n", "no heading #another"),
    ("# A title\n[x](#a-title)\n", None),
    ("```sh run\necho hello\n```\n```text output\nhello\n```\n", None),
    ("```sh run\necho hello\n```\n```text output\ngoodbye\n```\n", "the page shows"),
    ("```sh run\nottla topics --describe --bootstrap-server localhost:9092 --topic none\n```\n", "ended with"),
]


def self_test(root, bin_folder):
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        path = pathlib.Path(name) / "page.md"
        for text, expected in SELF_TEST:
            path.write_text(text)
            said = list(check(root, bin_folder, [path]))
            right = not said if expected is None else any(expected in line for line in said)
            if not right:
                print(f"{text!r} gave {said}, not {expected!r}")
                failed += 1
    print(f"{len(SELF_TEST) - failed} passed, {failed} failed")
    return failed


def main():
    if sys.argv[1] == "--self-test":
        return 1 if self_test(pathlib.Path(sys.argv[2]), sys.argv[3]) else 0
    root, bin_folder = pathlib.Path(sys.argv[1]), sys.argv[2]
    wrong = list(check(root, bin_folder, sys.argv[3:]))
    for line in wrong:
        print(line)
    print(f"guide: {len(wrong)} mistakes")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
