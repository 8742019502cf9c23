"""The records that every peer writes and reads, and the comparison."""

import base64
import dataclasses
import json

PARTITIONS = 3
BASE_TIMESTAMP = 1_700_000_000_000


@dataclasses.dataclass(frozen=True)
class Record:
    """A record to be produced. A header is (name, bytes or None)."""

    partition: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple = ()


@dataclasses.dataclass(frozen=True)
class Stored:
    """A record that a consumer has read."""

    offset: int
    record: Record


def full(count):
    """Text, every byte, nothing, null and long values; null keys; headers. Record i is the same
    whatever `count` is."""
    return [_full(index) for index in range(count)]


def _full(index):
    values = [
        f"value {index} Ottla František 変身 🪲".encode(),
        bytes(range(256)) + bytes([index % 256]),
        b"",
        f"the same again and again {index} ".encode() * 100,
    ]
    return Record(
        partition=index % PARTITIONS,
        timestamp=BASE_TIMESTAMP + index * 10,
        key=None if index % 11 == 10 else f"k{index}".encode(),
        value=None if index % 7 == 6 else values[index % 4],
        headers=(
            ("h1", b"\xff\xfe" + str(index).encode()),
            ("empty", b""),
            ("null", None),
        ),
    )


def lines(count):
    """What fits through tools that write a line a record: text, keys, null values, no headers."""
    texts = ["value {} Ottla František 変身 🪲", "a line of text {} " * 30]
    return [
        Record(
            partition=index % PARTITIONS,
            timestamp=BASE_TIMESTAMP + index * 10,
            key=f"k{index}".encode(),
            value=None if index % 7 == 6 else texts[index % 2].format(index, *range(30)).encode(),
        )
        for index in range(count)
    ]


def to_base64(data):
    return None if data is None else base64.b64encode(data).decode()


def from_base64(text):
    return None if text is None else base64.b64decode(text)


def to_json(record):
    return {
        "partition": record.partition,
        "timestamp": record.timestamp,
        "key": to_base64(record.key),
        "value": to_base64(record.value),
        "headers": [[name, to_base64(value)] for name, value in record.headers],
    }


def to_json_lines(records):
    return "".join(json.dumps(to_json(each)) + "\n" for each in records).encode()


def from_json(line):
    headers = tuple((name, from_base64(value)) for name, value in line["headers"])
    record = Record(
        line["partition"],
        line["timestamp"],
        from_base64(line["key"]),
        from_base64(line["value"]),
        headers,
    )
    return Stored(line["offset"], record)


def by_partition(records, partitions=PARTITIONS):
    parts = [[] for _ in range(partitions)]
    for each in records:
        parts[each.partition].append(each)
    return parts


def compare(expected, got, window=None, first_offset=0):
    """The differences, as sentences: none if `got` (Stored) is `expected` (Record), partition by
    partition in order from `first_offset` on. `window` (from, to) is given where the producer sets
    the timestamps by itself: they must then lie in it."""
    differences = []
    parts = [[] for _ in range(PARTITIONS)]
    for each in got:
        parts[each.record.partition].append(each)
    for partition, wanted in enumerate(by_partition(expected)):
        read = parts[partition]
        if len(read) != len(wanted):
            differences.append(f"partition {partition}: {len(read)} records, not {len(wanted)}")
        for position, (want, have) in enumerate(zip(wanted, read)):
            where = f"partition {partition} offset {first_offset + position}"
            differences += [
                f"{where}: {text}"
                for text in _differences(want, have, first_offset + position, window)
            ]
    return differences


def _differences(want, have, offset, window):
    if have.offset != offset:
        yield f"read at offset {have.offset}"
    if window is None:
        if have.record.timestamp != want.timestamp:
            yield f"timestamp {have.record.timestamp}, not {want.timestamp}"
    elif not window[0] <= have.record.timestamp <= window[1]:
        yield f"timestamp {have.record.timestamp}, not within {window}"
    for field in ("key", "value", "headers"):
        wanted, read = getattr(want, field), getattr(have.record, field)
        if wanted != read:
            yield f"{field} {_short(read)}, not {_short(wanted)}"


def _short(value):
    text = repr(value)
    return text if len(text) < 80 else text[:77] + "..."
