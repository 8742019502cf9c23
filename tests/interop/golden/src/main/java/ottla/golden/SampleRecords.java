package ottla.golden;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** Small real record batches for the fields of type records. */
final class SampleRecords {
    private static final long BASE_TIMESTAMP = 1_700_000_000_000L;

    private SampleRecords() {}

    /** One or two batches of version 2, with keys, nulls, headers; the second one idempotent. */
    static byte[] bytes(int seed) {
        MemoryRecords plain =
                MemoryRecords.withRecords(
                        100L + seed,
                        Compression.NONE,
                        7,
                        record(seed, "key", "value"),
                        record(seed + 1, null, "変身"),
                        record(seed + 2, "gone", null));
        if (seed % 2 == 0) return toBytes(plain.buffer());
        MemoryRecords idempotent =
                MemoryRecords.withIdempotentRecords(
                        103L + seed,
                        Compression.NONE,
                        4_000_000_000L + seed,
                        (short) 3,
                        12,
                        7,
                        record(seed + 3, "key", ""));
        byte[] first = toBytes(plain.buffer());
        byte[] second = toBytes(idempotent.buffer());
        return ByteBuffer.allocate(first.length + second.length).put(first).put(second).array();
    }

    /** Records that compress well, each third one with a null key. */
    static SimpleRecord[] some(int seed, int count) {
        SimpleRecord[] records = new SimpleRecord[count];
        for (int i = 0; i < count; ++i) {
            String key = i % 3 == 2 ? null : "key-" + (seed + i);
            String value = i % 3 == 1 ? null : "Ottla, Ottla, Ottla ".repeat(i % 5);
            records[i] = record(seed + i, key, value);
        }
        return records;
    }

    private static SimpleRecord record(int index, String key, String value) {
        Header[] headers = {
            new RecordHeader("h1", new byte[] {1, (byte) index}),
            new RecordHeader("empty", new byte[0]),
            new RecordHeader("null", (byte[]) null),
        };
        return new SimpleRecord(BASE_TIMESTAMP + index, utf8(key), utf8(value), headers);
    }

    private static byte[] utf8(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    static byte[] toBytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }
}
