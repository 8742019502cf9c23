"""The JVM that holds every Java peer and Apache Kafka: see jvm/src/.../Harness.java."""

import concurrent.futures
import itertools
import json
import subprocess
import threading

from lib import process
from lib.process import StepFailed

# Commands have time limits of their own below this one, and say more when they pass them.
COMMAND_TIMEOUT_S = 90


class Harness:
    """One JVM. `call` may be used from several threads. `places` are the URLs that it may take
    tokens of OAUTHBEARER, and keys to check them, from."""

    def __init__(self, folder, log_file, places=("file:///none",)):
        classpath = (folder / "target" / "classpath").read_text().strip()
        self._process = process.start(
            [
                "java",
                "-Xmx512m",
                "-XX:TieredStopAtLevel=1",
                f"-Dorg.slf4j.simpleLogger.logFile={log_file}",
                "-Dorg.slf4j.simpleLogger.showDateTime=true",
                "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
                "-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls="
                + ",".join(places),
                "-cp",
                f"{folder / 'target' / 'classes'}:{classpath}",
                "ottla.interop.Harness",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )
        self._ids = itertools.count(1)
        self._mutex = threading.Lock()
        self._waiting = {}
        threading.Thread(target=self._read_answers, daemon=True).start()

    def _read_answers(self):
        for line in self._process.stdout:
            answer = json.loads(line)
            with self._mutex:
                future = self._waiting.pop(answer["id"], None)
            if future is not None:
                future.set_result(answer)
        with self._mutex:
            left, self._waiting = self._waiting, {}
        for future in left.values():
            future.set_result({"ok": False, "error": "the JVM ended"})

    def call(self, command, timeout=COMMAND_TIMEOUT_S, **fields):
        """The answer's fields. Fails if the command does, or is not done in `timeout` seconds; None:
        it may take as long as it wants."""
        future = concurrent.futures.Future()
        with self._mutex:
            number = next(self._ids)
            self._waiting[number] = future
            line = json.dumps({"id": number, "command": command, **fields})
            try:
                self._process.stdin.write(line + "\n")
                self._process.stdin.flush()
            except OSError:
                raise StepFailed(f"the JVM ended before {command}") from None
        try:
            answer = future.result(timeout)
        except concurrent.futures.TimeoutError:
            raise StepFailed(f"the JVM did not answer {command} in {timeout} s") from None
        if not answer["ok"]:
            raise StepFailed(f"{command}: {answer['error']}")
        return answer

    def signal(self, number):
        self._process.send_signal(number)

    def kill(self):
        process.kill(self._process)

    def close(self):
        """Ends the JVM in order, by its id if that takes too long."""
        try:
            self._process.stdin.close()
            self._process.wait(timeout=20)
            process.forget(self._process)
        except (OSError, subprocess.TimeoutExpired):
            self.kill()
