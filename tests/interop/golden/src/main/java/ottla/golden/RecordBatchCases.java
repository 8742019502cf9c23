package ottla.golden;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.message.LeaderChangeMessage;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;

/** Batches of version 2, made by Kafka's own writer, and what Kafka's own reader sees in them. */
final class RecordBatchCases {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final long TIMESTAMP = 1_700_000_000_000L;

    private RecordBatchCases() {}

    /** A small and a compressible batch in each codec, then one of each other kind. */
    static List<ByteBuffer> all() {
        List<ByteBuffer> cases = new ArrayList<>();
        for (CompressionType type : CompressionType.values()) {
            Compression codec = Compression.of(type).build();
            cases.add(MemoryRecords.withRecords(0, codec, 0, SampleRecords.some(0, 3)).buffer());
            cases.add(MemoryRecords.withRecords(1L << 40, codec, 9, SampleRecords.some(7, 60))
                    .buffer());
        }
        cases.add(data(TimestampType.LOG_APPEND_TIME, false));
        cases.add(data(TimestampType.CREATE_TIME, true));
        cases.add(marker(ControlRecordType.COMMIT));
        cases.add(marker(ControlRecordType.ABORT));
        cases.add(MemoryRecords.withLeaderChangeMessage(
                        5, TIMESTAMP, 3, ByteBuffer.allocate(512), leaderChange())
                .buffer());
        return cases;
    }

    private static ByteBuffer data(TimestampType type, boolean transactional) {
        MemoryRecordsBuilder builder =
                MemoryRecords.builder(
                        ByteBuffer.allocate(2048), RecordBatch.MAGIC_VALUE_V2, Compression.NONE,
                        type, 42, TIMESTAMP + 500, transactional ? 7000L : -1L,
                        (short) (transactional ? 2 : -1), transactional ? Integer.MAX_VALUE : -1,
                        transactional, 6);
        for (var record : SampleRecords.some(1, 4)) builder.append(record);
        return builder.build().buffer();
    }

    private static ByteBuffer marker(ControlRecordType type) {
        return MemoryRecords.withEndTransactionMarker(
                        99, TIMESTAMP, 4, 7000L, (short) 2, new EndTransactionMarker(type, 11))
                .buffer();
    }

    private static LeaderChangeMessage leaderChange() {
        return new LeaderChangeMessage()
                .setLeaderId(1)
                .setVoters(List.of(new LeaderChangeMessage.Voter().setVoterId(1)))
                .setGrantingVoters(List.of(new LeaderChangeMessage.Voter().setVoterId(1)));
    }

    static ObjectNode describe(ByteBuffer bytes) {
        RecordBatch batch =
                MemoryRecords.readableRecords(bytes.duplicate()).batches().iterator().next();
        ObjectNode node = JSON.objectNode();
        node.put("baseOffset", batch.baseOffset());
        node.put("lastOffset", batch.lastOffset());
        node.put("partitionLeaderEpoch", batch.partitionLeaderEpoch());
        node.put("crc", batch.checksum());
        node.put("compression", batch.compressionType().name);
        node.put("timestampType", batch.timestampType().name);
        node.put("maxTimestamp", batch.maxTimestamp());
        node.put("isTransactional", batch.isTransactional());
        node.put("isControlBatch", batch.isControlBatch());
        node.put("producerId", batch.producerId());
        node.put("producerEpoch", batch.producerEpoch());
        node.put("baseSequence", batch.baseSequence());
        ArrayNode records = node.putArray("records");
        for (Record record : batch) records.add(describe(record));
        return node;
    }

    private static ObjectNode describe(Record record) {
        ObjectNode node = JSON.objectNode();
        node.put("offset", record.offset());
        node.put("timestamp", record.timestamp());
        node.put("key", record.hasKey() ? SampleRecords.toBytes(record.key()) : null);
        node.put("value", record.hasValue() ? SampleRecords.toBytes(record.value()) : null);
        ArrayNode headers = node.putArray("headers");
        for (Header header : record.headers()) {
            headers.addArray().add(header.key()).add(header.value());
        }
        return node;
    }
}
