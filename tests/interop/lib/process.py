"""Programs that the tests start. Every one of them is ended by its process id, whatever happens."""

import subprocess
import threading


class StepFailed(Exception):
    """A step of a row did not do what it should; the text is for the reader of the table."""


_running = set()
_running_mutex = threading.Lock()


def start(command, **options):
    """subprocess.Popen, remembered until `forget` or `end_all`."""
    process = subprocess.Popen([str(each) for each in command], **options)
    with _running_mutex:
        _running.add(process)
    return process


def forget(process):
    with _running_mutex:
        _running.discard(process)


def kill(process):
    """SIGKILL, by id, and waits."""
    process.kill()
    process.wait()
    forget(process)


def end_all():
    """Kills whatever still runs."""
    with _running_mutex:
        left = list(_running)
    for process in left:
        kill(process)


def run(command, data=b"", timeout=60):
    """Runs a program to its end with `data` on stdin; its stdout. Fails unless it exits with 0."""
    name = " ".join(str(each) for each in command)
    process = start(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        out, err = process.communicate(data, timeout=timeout)
    except subprocess.TimeoutExpired:
        kill(process)
        raise StepFailed(f"not done in {timeout} s: {name}") from None
    forget(process)
    if process.returncode != 0:
        tail = err.decode(errors="replace").strip()[-600:]
        raise StepFailed(f"exit {process.returncode}: {name}: {tail}")
    return out
