package ottla.interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The Java client copying a topic exactly once, and what its admin client says of transactions. */
final class Transactions {
    private static final int DEADLINE_MS = 60_000;

    /**
     * Copies `count` records of `topic` to `to`, or without it whatever comes; every third
     * transaction is aborted and done again.
     */
    void copy(JsonNode request, ObjectNode answer) {
        String topic = request.get("topic").asText();
        String id =
                request.path("transactionalId")
                        .asText("copier-" + request.get("group").asText());
        boolean endless = !request.has("count");
        long deadline = System.nanoTime() + DEADLINE_MS * 1_000_000L;
        try (var producer = producer(request, id);
                var consumer = consumer(request)) {
            producer.initTransactions();
            consumer.subscribe(List.of(topic));
            int left = request.path("count").asInt();
            int round = 0; // of transactions, not of polls
            while (endless || left > 0) {
                if (!endless && System.nanoTime() > deadline) {
                    throw new IllegalStateException(left + " records were not copied in time");
                }
                ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(200));
                if (records.isEmpty()) continue;
                producer.beginTransaction();
                write(request.get("to").asText(), records, producer);
                producer.sendOffsetsToTransaction(ends(records), consumer.groupMetadata());
                if (round++ % 3 == 1) {
                    producer.abortTransaction();
                    for (TopicPartition each : records.partitions()) {
                        consumer.seek(each, records.records(each).get(0).offset());
                    }
                } else {
                    producer.commitTransaction();
                    left -= records.count();
                }
            }
        }
    }

    /** Writes transactions of a record for each partition, until it is fenced: then `fenced`. */
    void write(JsonNode request, ObjectNode answer) {
        String topic = request.get("topic").asText();
        try (var producer = producer(request, request.get("transactionalId").asText())) {
            producer.initTransactions();
            for (int round = 0; ; ++round) {
                byte[] value = Integer.toString(round).getBytes(StandardCharsets.UTF_8);
                producer.beginTransaction();
                for (int i = 0; i < request.get("partitions").asInt(); ++i) {
                    producer.send(new ProducerRecord<>(topic, i, null, value));
                }
                producer.flush();
                producer.commitTransaction();
            }
        } catch (ProducerFencedException | InvalidProducerEpochException fenced) {
            answer.put("fenced", fenced.toString());
        }
    }

    private static void write(
            String to,
            ConsumerRecords<byte[], byte[]> records,
            KafkaProducer<byte[], byte[]> producer) {
        for (var each : records) {
            producer.send(
                    new ProducerRecord<>(
                            to, each.partition(), each.timestamp(), each.key(), each.value(),
                            each.headers()));
        }
    }

    private static Map<TopicPartition, OffsetAndMetadata> ends(
            ConsumerRecords<byte[], byte[]> records) {
        Map<TopicPartition, OffsetAndMetadata> ends = new HashMap<>();
        for (TopicPartition each : records.partitions()) {
            var last = records.records(each).get(records.records(each).size() - 1);
            ends.put(each, new OffsetAndMetadata(last.offset() + 1));
        }
        return ends;
    }

    private static KafkaProducer<byte[], byte[]> producer(JsonNode request, String id) {
        Map<String, Object> config = Clients.config(request);
        config.put("transactional.id", id);
        return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
    }

    private static KafkaConsumer<byte[], byte[]> consumer(JsonNode request) {
        Map<String, Object> config = Clients.config(request);
        config.put("group.id", request.get("group").asText());
        config.put("isolation.level", "read_committed");
        config.put("auto.offset.reset", "earliest");
        config.put("enable.auto.commit", "false");
        config.put("max.poll.records", "50");
        return new KafkaConsumer<>(
                config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /** Looks at an open transaction as administrators do, and fences its producer. */
    void administer(JsonNode request, ObjectNode answer) throws Exception {
        String topic = request.get("topic").asText();
        String id = "open-" + topic;
        TopicPartition partition = new TopicPartition(topic, 0);
        try (Admin admin = Admin.create(Clients.config(request));
                var producer = producer(request, id)) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(topic, 0, null, new byte[] {1})).get();
            var described = admin.describeTransactions(List.of(id)).description(id).get();
            answer.put("state", described.state().toString());
            answer.put("partitions", described.topicPartitions().equals(Set.of(partition)));
            Set<String> listed = new TreeSet<>();
            for (var each : admin.listTransactions().all().get()) {
                listed.add(each.transactionalId() + " " + each.state());
            }
            answer.put("listed", listed.contains(id + " Ongoing"));
            var writing =
                    admin.describeProducers(List.of(partition)).partitionResult(partition).get();
            answer.put(
                    "writing",
                    writing.activeProducers().stream()
                            .anyMatch(
                                    each ->
                                            each.producerId() == described.producerId()
                                                    && each.currentTransactionStartOffset()
                                                            .isPresent()));
            admin.fenceProducers(List.of(id)).all().get();
            try {
                producer.commitTransaction();
                answer.put("fenced", false);
            } catch (ProducerFencedException | InvalidProducerEpochException fenced) {
                answer.put("fenced", true);
            }
            answer.put(
                    "after",
                    admin.describeTransactions(List.of(id)).description(id).get().state()
                            .toString());
        }
    }
}
