"""Reads what a console consumer prints."""

import dataclasses
import re

from lib.dataset import Record, Stored
from lib.process import StepFailed

# The parts of a line, in the order in which Kafka's default formatter prints them.
PRINTED = ("timestamp", "partition", "offset", "headers", "key", "value")


@dataclasses.dataclass(frozen=True)
class Format:
    """What stands between fields, headers and lines, and for null."""

    field: str = "\t"
    header: str = ","
    line: str = "\n"
    null: str = "null"

    def parse(self, output):
        """The records (Stored) in `output`."""
        return [self._record(line) for line in output.split(self.line.encode())[:-1]]

    def _record(self, line):
        parts = line.split(self.field.encode())
        if len(parts) != len(PRINTED):
            raise StepFailed(f"{len(parts)} fields in {line[:200]}")
        timestamp, partition, offset = (_number(each) for each in parts[:3])
        key, value = (self._null_or(each) for each in parts[4:])
        return Stored(offset, Record(partition, timestamp, key, value, self._headers(parts[3])))

    def _null_or(self, text):
        return None if text == self.null.encode() else text

    def _headers(self, text):
        if text == b"NO_HEADERS":
            return ()
        pairs = [each.split(b":", 1) for each in text.split(self.header.encode())]
        return tuple((name.decode(), self._null_or(value)) for name, value in pairs)


def _number(text):
    found = re.fullmatch(rb"[A-Za-z]+:(\d+)", text)
    if found is None:
        raise StepFailed(f"not a name and a number: {text[:80]}")
    return int(found[1])


DEFAULT = Format()
# Stands nowhere in the data, so values may hold any byte.
UNUSUAL = Format("\x1f--\x1f", "\x1f,\x1f", "\x1fend\x1f\n", "\x1fnull\x1f")
