"""Rows: a trial of transactions, judged by tests/checker, on a broker that is killed; see
tests/integration/transactions/README.md."""

import random
import subprocess

from lib import process
from lib.process import StepFailed

# Two banks have one transactional id, and fence each other.
CLIENTS = [
    ("bank", "bank-0"),
    ("bank", "bank-1"),
    ("bank", "bank-1"),
    ("copy", "copy-0"),
    ("copy", "copy-1"),
    ("copy", "copy-2"),
]
FENCED = 3


class Client:
    """One of the processes, the next one in its place when it ends."""

    def __init__(self, trial, what, transactional_id):
        self._trial = trial
        self.what = what
        self._id = transactional_id
        self.start()

    def start(self):
        history, first_value = self._trial.new_history()
        self._process = process.start(
            [
                *(self._trial.program, self.what, "--bootstrap", self._trial.bootstrap),
                *("--history", history, "--id", self._id, "--first-value", first_value),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def wait_for_commit(self):
        while not self._process.stdout.readline():
            self._ended(self._process.wait(), (FENCED,))
            self.start()

    def _ended(self, code, expected):
        process.forget(self._process)
        if code not in expected:
            raise StepFailed(f"{self._id} ended with {code}")

    def kill(self):
        process.kill(self._process)

    def end(self, signal):
        self._process.send_signal(signal)
        for _ in self._process.stdout:
            pass
        self._ended(self._process.wait(timeout=120), (0, FENCED))


class Trial:
    """`server` runs, and has the topics."""

    def __init__(self, bin_folder, folder, server, seed):
        self.program = bin_folder / "ottla-trial"
        self.bootstrap = server.bootstrap
        self._folder = folder
        self._server = server
        self._chance = random.Random(seed)
        self._histories = []
        self._clients = [Client(self, *each) for each in CLIENTS]

    def new_history(self):
        self._histories.append(self._folder / f"history-{len(self._histories)}")
        return self._histories[-1], str(len(self._histories) * 1_000_000_000)

    def kill_something(self):
        witness = self._chance.choice(self._clients)
        for _ in range(self._chance.randint(1, 30)):
            witness.wait_for_commit()
        victim = self._chance.choice([self._server, *self._clients, self._server])
        victim.kill()
        victim.start()

    def finish(self):
        """What the checker says."""
        # One that has just begun might not know yet what SIGTERM is to do.
        for each in self._clients:
            each.wait_for_commit()
        for each in self._clients:
            if each.what == "bank":
                each.end(15)
        self._run("settle", "--bootstrap", self.bootstrap)
        first, second, last = (each for each in self._clients if each.what == "copy")
        first.end(15)
        second.end(15)
        last.end(10)  # SIGUSR1: when all is copied
        history, _ = self.new_history()
        self._run("audit", "--bootstrap", self.bootstrap, "--history", history)
        return self._run("check", *self._histories)

    def _run(self, *arguments):
        done = subprocess.run(
            [self.program, *arguments], capture_output=True, text=True, timeout=300, check=False
        )
        if done.returncode != 0:
            raise StepFailed(f"{arguments[0]}: {done.stdout}{done.stderr}")
        return done.stdout.strip()


def rows(table, context, name, server, kills, seed):
    """`server` runs."""
    with table.row(name) as row:
        row.cell(f"{kills} kills (seed {seed})", lambda: _try(context, name, server, kills, seed))


def _try(context, name, server, kills, seed):
    for topic in ("accounts", "copies"):
        context.java.create_topic(server.bootstrap, topic)
    trial = Trial(context.bin, context.new_folder(name.replace("/", "-")), server, seed)
    for _ in range(kills):
        trial.kill_something()
    return trial.finish()
