package ottla.golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.metadata.MetadataRecordType;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.metadata.MetadataRecordSerde;
import org.apache.kafka.server.common.ApiMessageAndVersion;

/**
 * Writes tests/protocol/golden: bytes and JSON made by Apache Kafka's own message classes.
 * Arguments: the version of Kafka, the folder.
 */
public final class Main {
    private static final String MESSAGES = "org.apache.kafka.common.message.";
    private static final String METADATA = "org.apache.kafka.common.metadata.";
    private static final String GROUPS = "org.apache.kafka.coordinator.group.generated.";

    /** Oldest and newest version of each API that the project speaks. */
    private static final Map<String, int[]> APIS = new LinkedHashMap<>();

    static {
        APIS.put("Produce", new int[] {3, 13});
        APIS.put("Fetch", new int[] {4, 18});
        APIS.put("ListOffsets", new int[] {1, 11});
        APIS.put("Metadata", new int[] {0, 13});
        APIS.put("FindCoordinator", new int[] {0, 6});
        APIS.put("ApiVersions", new int[] {0, 4});
        APIS.put("CreateTopics", new int[] {2, 7});
        APIS.put("DeleteTopics", new int[] {1, 6});
        APIS.put("InitProducerId", new int[] {0, 5});
        APIS.put("DescribeConfigs", new int[] {1, 4});
        APIS.put("DescribeCluster", new int[] {0, 2});
        APIS.put("AlterConfigs", new int[] {0, 2});
        APIS.put("IncrementalAlterConfigs", new int[] {0, 1});
        APIS.put("CreatePartitions", new int[] {0, 3});
        APIS.put("DeleteRecords", new int[] {0, 2});
        APIS.put("OffsetForLeaderEpoch", new int[] {2, 4});
        APIS.put("JoinGroup", new int[] {0, 9});
        APIS.put("SyncGroup", new int[] {0, 5});
        APIS.put("Heartbeat", new int[] {0, 4});
        APIS.put("LeaveGroup", new int[] {0, 5});
        APIS.put("OffsetCommit", new int[] {2, 10});
        APIS.put("OffsetFetch", new int[] {1, 10});
        APIS.put("DescribeGroups", new int[] {0, 6});
        APIS.put("ListGroups", new int[] {0, 5});
        APIS.put("DeleteGroups", new int[] {0, 2});
        APIS.put("OffsetDelete", new int[] {0, 0});
        APIS.put("AddPartitionsToTxn", new int[] {0, 5});
        APIS.put("AddOffsetsToTxn", new int[] {0, 4});
        APIS.put("EndTxn", new int[] {0, 5});
        APIS.put("WriteTxnMarkers", new int[] {1, 2});
        APIS.put("TxnOffsetCommit", new int[] {0, 5});
        APIS.put("DescribeProducers", new int[] {0, 0});
        APIS.put("DescribeTransactions", new int[] {0, 0});
        APIS.put("ListTransactions", new int[] {0, 2});
        APIS.put("DescribeLogDirs", new int[] {1, 5});
        APIS.put("AlterReplicaLogDirs", new int[] {1, 2});
        APIS.put("SaslHandshake", new int[] {0, 1});
        APIS.put("SaslAuthenticate", new int[] {0, 2});
        APIS.put("DescribeUserScramCredentials", new int[] {0, 0});
        APIS.put("AlterUserScramCredentials", new int[] {0, 0});
        APIS.put("DescribeTopicPartitions", new int[] {0, 0});
        APIS.put("UpdateFeatures", new int[] {0, 2});
        APIS.put("ElectLeaders", new int[] {0, 2});
        APIS.put("ListConfigResources", new int[] {0, 1});
        APIS.put("AlterPartitionReassignments", new int[] {0, 1});
        APIS.put("ListPartitionReassignments", new int[] {0, 0});
        APIS.put("DescribeQuorum", new int[] {0, 2});
        APIS.put("UnregisterBroker", new int[] {0, 0});
        APIS.put("DescribeAcls", new int[] {1, 3});
        APIS.put("CreateAcls", new int[] {1, 3});
        APIS.put("DeleteAcls", new int[] {1, 3});
        APIS.put("ConsumerGroupDescribe", new int[] {0, 1});
        APIS.put("DescribeClientQuotas", new int[] {0, 1});
        APIS.put("AlterClientQuotas", new int[] {0, 1});
    }

    /** Control records of a metadata log: the value alone, which has no frame. */
    private static final List<String> CONTROL_RECORDS =
            List.of(
                    "LeaderChangeMessage",
                    "SnapshotHeaderRecord",
                    "SnapshotFooterRecord",
                    "KRaftVersionRecord",
                    "VotersRecord");

    /** What members of a consumer group tell each other: the body behind the version. */
    private static final List<String> CONSUMER_PROTOCOL =
            List.of("ConsumerProtocolSubscription", "ConsumerProtocolAssignment");

    /** Records of __consumer_offsets: keys behind the type of the record. */
    private static final List<String> GROUP_KEYS =
            List.of("LegacyOffsetCommitKey", "OffsetCommitKey", "GroupMetadataKey");

    /** And values behind their version. */
    private static final List<String> GROUP_VALUES =
            List.of("OffsetCommitValue", "GroupMetadataValue");

    private static final String TRANSACTIONS = "org.apache.kafka.coordinator.transaction.generated.";

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final String kafkaVersion;
    private final Path folder;
    private final StringBuilder out = new StringBuilder();

    private Main(String kafkaVersion, Path folder) {
        this.kafkaVersion = kafkaVersion;
        this.folder = folder;
    }

    public static void main(String[] args) throws Exception {
        Main main = new Main(args[0], Path.of(args[1]));
        for (var api : APIS.entrySet()) main.writeApi(api.getKey(), api.getValue());
        main.writeHeaders();
        main.writeMetadataRecords();
        main.writeGroupData();
        main.writeTransactionLog();
        main.writeRecordBatches();
        Files.writeString(main.folder.resolve("key_partitions.txt"), PartitionCases.text(args[0]));
    }

    private interface Encoding {
        byte[] bytes(ApiMessage data, int version) throws ReflectiveOperationException;
    }

    private void writeApi(String api, int[] range) throws Exception {
        for (String side : List.of("Request", "Response")) {
            MessageKind kind = new MessageKind(MESSAGES + api + side + "Data");
            String name = api + " " + side.toLowerCase();
            addCases(name, kind, range[0], range[1], kind::encode);
        }
        save(api);
    }

    private void writeHeaders() throws Exception {
        for (String side : List.of("Request", "Response")) {
            MessageKind kind = new MessageKind(MESSAGES + side + "HeaderData");
            String name = side + "Header " + side.toLowerCase();
            addCases(name, kind, kind.lowest(), kind.highest(), kind::encode);
            save(side + "Header");
        }
    }

    private void writeMetadataRecords() throws Exception {
        for (MetadataRecordType type : MetadataRecordType.values()) {
            String name = type.newMetadataRecord().getClass().getSimpleName();
            MessageKind kind = new MessageKind(METADATA + name);
            addCases(name, kind, kind.lowest(), kind.highest(), Main::framed);
        }
        for (String name : CONTROL_RECORDS) {
            MessageKind kind = new MessageKind(MESSAGES + name);
            addCases(name, kind, kind.lowest(), kind.highest(), kind::encode);
        }
        save("metadata_records");
    }

    private void writeGroupData() throws Exception {
        for (String name : CONSUMER_PROTOCOL) {
            MessageKind kind = new MessageKind(MESSAGES + name);
            addCases(name, kind, kind.lowest(), kind.highest(), Main::withVersion);
        }
        for (String name : GROUP_KEYS) {
            MessageKind kind = new MessageKind(GROUPS + name);
            addCases(name, kind, kind.lowest(), kind.highest(), Main::withType);
        }
        for (String name : GROUP_VALUES) {
            MessageKind kind = new MessageKind(GROUPS + name);
            addCases(name, kind, kind.lowest(), kind.highest(), Main::withVersion);
        }
        save("group_data");
    }

    /** Records of __transaction_state, the key and the value behind their versions. */
    private void writeTransactionLog() throws Exception {
        for (String name : List.of("TransactionLogKey", "TransactionLogValue")) {
            MessageKind kind = new MessageKind(TRANSACTIONS + name);
            addCases(name, kind, kind.lowest(), kind.highest(), Main::withVersion);
        }
        save("transaction_log");
    }

    private void writeRecordBatches() throws IOException {
        for (ByteBuffer batch : RecordBatchCases.all()) {
            byte[] bytes = SampleRecords.toBytes(batch);
            addLine("RecordBatch", 2, bytes, RecordBatchCases.describe(batch));
        }
        save("record_batches");
    }

    private void addCases(String name, MessageKind kind, int lowest, int highest, Encoding encoding)
            throws Exception {
        for (int version = lowest; version <= highest; ++version) {
            ApiMessage defaults = kind.defaults();
            addLine(name, version, encoding.bytes(defaults, version),
                    kind.print(defaults, version, null));
            for (Filler.Mode mode : Filler.Mode.values()) {
                ObjectNode filled = new Filler(mode).fill(kind.schema(version));
                ApiMessage data = kind.parse(filled, version);
                addLine(name, version, encoding.bytes(data, version),
                        kind.print(data, version, filled));
            }
        }
    }

    /** The value of a metadata record: frame version, record type, record version, fields. */
    private static byte[] framed(ApiMessage data, int version) {
        ApiMessageAndVersion record = new ApiMessageAndVersion(data, (short) version);
        ObjectSerializationCache cache = new ObjectSerializationCache();
        int size = MetadataRecordSerde.INSTANCE.recordSize(record, cache);
        ByteBufferAccessor accessor = new ByteBufferAccessor(ByteBuffer.allocate(size));
        MetadataRecordSerde.INSTANCE.write(record, cache, accessor);
        accessor.flip();
        return SampleRecords.toBytes(accessor.buffer());
    }

    /** Two bytes of version, then the fields. */
    private static byte[] withVersion(ApiMessage data, int version) {
        return SampleRecords.toBytes(
                MessageUtil.toVersionPrefixedByteBuffer((short) version, data));
    }

    /** Two bytes of type, then the fields. */
    private static byte[] withType(ApiMessage data, int version) {
        return MessageUtil.toCoordinatorTypePrefixedBytes(data);
    }

    private void addLine(String name, int version, byte[] bytes, JsonNode json)
            throws IOException {
        String hex = bytes.length == 0 ? "-" : HexFormat.of().formatHex(bytes);
        String line =
                name + " " + version + " " + hex + " " + MAPPER.writeValueAsString(json) + "\n";
        if (out.indexOf(line) < 0) out.append(line);
    }

    private void save(String file) throws IOException {
        String first =
                "# Table of data: made by tests/interop/golden with kafka-clients "
                        + kafkaVersion
                        + "\n";
        Files.writeString(folder.resolve(file + ".txt"), first + out, StandardCharsets.UTF_8);
        out.setLength(0);
    }
}
