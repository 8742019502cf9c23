package ottla.interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The Java producer, consumer and admin client with their default settings. */
final class Clients {
    private static final int DEADLINE_MS = 30_000;

    static Map<String, Object> config(JsonNode request) {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", request.get("bootstrap").asText());
        config.put("request.timeout.ms", 10_000);
        config.put("default.api.timeout.ms", DEADLINE_MS);
        for (var entry : request.path("properties").properties()) {
            config.put(entry.getKey(), entry.getValue().asText());
        }
        return config;
    }

    /** Creates a topic; done when every partition has a leader that answers. */
    void createTopic(JsonNode request, ObjectNode answer) throws Exception {
        try (Admin admin = Admin.create(config(request))) {
            NewTopic topic =
                    new NewTopic(
                            request.get("topic").asText(), request.get("partitions").asInt(),
                            (short) request.path("replication").asInt(1));
            Map<String, String> topicConfig = new HashMap<>();
            for (var entry : request.path("config").properties()) {
                topicConfig.put(entry.getKey(), entry.getValue().asText());
            }
            var result = admin.createTopics(List.of(topic.configs(topicConfig)));
            result.all().get();
            answer.put("topicId", result.topicId(topic.name()).get().toString());
        }
        try (var consumer = consumer(request)) {
            consumer.endOffsets(partitions(request));
        }
    }

    void deleteTopic(JsonNode request, ObjectNode answer) throws Exception {
        try (Admin admin = Admin.create(config(request))) {
            admin.deleteTopics(List.of(request.get("topic").asText())).all().get();
        }
    }

    void listTopics(JsonNode request, ObjectNode answer) throws Exception {
        try (Admin admin = Admin.create(config(request))) {
            ArrayNode topics = answer.putArray("topics");
            new TreeSet<>(admin.listTopics().names().get()).forEach(topics::add);
        }
    }

    void describeTopic(JsonNode request, ObjectNode answer) throws Exception {
        try (Admin admin = Admin.create(config(request))) {
            String name = request.get("topic").asText();
            TopicDescription topic =
                    admin.describeTopics(List.of(name)).allTopicNames().get().get(name);
            answer.put("topicId", topic.topicId().toString());
            ArrayNode partitions = answer.putArray("partitions");
            for (var partition : topic.partitions()) {
                ObjectNode node = partitions.addObject();
                node.put("partition", partition.partition());
                node.put("leader", partition.leader() == null ? -1 : partition.leader().id());
                node.put("replicas", partition.replicas().size());
                node.put("isr", partition.isr().size());
            }
        }
    }

    /** The topic's configuration, as far as it was set at the topic. */
    void describeConfig(JsonNode request, ObjectNode answer) throws Exception {
        try (Admin admin = Admin.create(config(request))) {
            ConfigResource topic =
                    new ConfigResource(
                            ConfigResource.Type.TOPIC, request.get("topic").asText());
            ObjectNode set = answer.putObject("config");
            var found = admin.describeConfigs(List.of(topic)).all().get().get(topic);
            for (var entry : found.entries()) {
                if (entry.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG) {
                    set.put(entry.name(), entry.value());
                }
            }
        }
    }

    void describeCluster(JsonNode request, ObjectNode answer) throws Exception {
        try (Admin admin = Admin.create(config(request))) {
            var cluster = admin.describeCluster();
            answer.put("clusterId", cluster.clusterId().get());
            answer.put("controller", cluster.controller().get().id());
            ArrayNode nodes = answer.putArray("nodes");
            for (var node : cluster.nodes().get()) nodes.add(node.host() + ":" + node.port());
        }
    }

    /** The end of each of `partitions` partitions. */
    void endOffsets(JsonNode request, ObjectNode answer) throws Exception {
        List<TopicPartition> partitions = partitions(request);
        try (var consumer = consumer(request)) {
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            ArrayNode offsets = answer.putArray("offsets");
            for (TopicPartition partition : partitions) offsets.add(ends.get(partition));
        }
    }

    void partitionForKey(JsonNode request, ObjectNode answer) {
        ArrayNode partitions = answer.putArray("partitions");
        for (JsonNode key : request.get("keys")) {
            byte[] bytes = key.asText().getBytes(StandardCharsets.UTF_8);
            partitions.add(
                    BuiltInPartitioner.partitionForKey(bytes, request.get("partitions").asInt()));
        }
    }

    /** Sends `records` in order; the answer's `offsets` stand in the same order. */
    void produce(JsonNode request, ObjectNode answer) throws Exception {
        String topic = request.get("topic").asText();
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        try (var producer =
                new KafkaProducer<>(
                        config(request), new ByteArraySerializer(), new ByteArraySerializer())) {
            for (JsonNode record : request.get("records")) {
                sent.add(producer.send(producerRecord(topic, record)));
            }
            producer.flush();
        }
        ArrayNode offsets = answer.putArray("offsets");
        for (Future<RecordMetadata> each : sent) offsets.add(each.get().offset());
    }

    /** Sends `records` in a transaction of `transactionalId`; its `end` is commit, abort or open. */
    void produceInTransaction(JsonNode request, ObjectNode answer) throws Exception {
        Map<String, Object> config = config(request);
        config.put("transactional.id", request.get("transactionalId").asText());
        String topic = request.get("topic").asText();
        try (var producer =
                new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            producer.beginTransaction();
            for (JsonNode record : request.get("records")) {
                producer.send(producerRecord(topic, record));
            }
            producer.flush();
            switch (request.get("end").asText()) {
                case "commit" -> producer.commitTransaction();
                case "abort" -> producer.abortTransaction();
                case "open" -> producer.close(Duration.ZERO); // which ends no transaction
                default -> throw new IllegalArgumentException(request.get("end").asText());
            }
        }
    }

    private static ProducerRecord<byte[], byte[]> producerRecord(String topic, JsonNode record)
            throws IOException {
        List<Header> headers = new ArrayList<>();
        for (JsonNode header : record.get("headers")) {
            headers.add(new RecordHeader(header.get(0).asText(), bytes(header.get(1))));
        }
        return new ProducerRecord<>(
                topic,
                record.get("partition").asInt(),
                record.get("timestamp").asLong(),
                bytes(record.get("key")),
                bytes(record.get("value")),
                headers);
    }

    private static byte[] bytes(JsonNode node) throws IOException {
        return node.isNull() ? null : node.binaryValue();
    }

    /** Reads `partitions` partitions from their beginning to the end they have now. */
    void consume(JsonNode request, ObjectNode answer) throws Exception {
        List<TopicPartition> assigned = partitions(request);
        try (var consumer = consumer(request)) {
            consumer.assign(assigned);
            consumer.seekToBeginning(assigned);
            Map<TopicPartition, Long> ends = consumer.endOffsets(assigned);
            ArrayNode records = answer.putArray("records");
            long deadline = System.nanoTime() + DEADLINE_MS * 1_000_000L;
            while (!reached(consumer, ends)) {
                if (System.nanoTime() > deadline) {
                    throw new IllegalStateException("not at " + ends + " in time");
                }
                for (var record : consumer.poll(Duration.ofMillis(200))) {
                    records.add(describe(record));
                }
            }
        }
    }

    private static List<TopicPartition> partitions(JsonNode request) {
        List<TopicPartition> partitions = new ArrayList<>();
        for (int i = 0; i < request.get("partitions").asInt(); ++i) {
            partitions.add(new TopicPartition(request.get("topic").asText(), i));
        }
        return partitions;
    }

    private static KafkaConsumer<byte[], byte[]> consumer(JsonNode request) {
        Map<String, Object> config = config(request);
        config.put("allow.auto.create.topics", "false");
        return new KafkaConsumer<>(
                config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private static boolean reached(
            KafkaConsumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends) {
        for (var end : ends.entrySet()) {
            if (consumer.position(end.getKey()) < end.getValue()) return false;
        }
        return true;
    }

    private static ObjectNode describe(ConsumerRecord<byte[], byte[]> record) {
        ObjectNode node = Harness.JSON.createObjectNode();
        node.put("partition", record.partition());
        node.put("offset", record.offset());
        node.put("timestamp", record.timestamp());
        node.put("key", record.key());
        node.put("value", record.value());
        ArrayNode headers = node.putArray("headers");
        for (Header header : record.headers()) {
            headers.addArray().add(header.key()).add(header.value());
        }
        return node;
    }
}
