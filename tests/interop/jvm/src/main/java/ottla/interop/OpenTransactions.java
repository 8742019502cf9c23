package ottla.interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Producers with an open transaction, until they are told to leave it behind. */
final class OpenTransactions {
    private final Map<String, KafkaProducer<byte[], byte[]>> producers = new ConcurrentHashMap<>();

    /** Opens one of `transactionalId` with a record of `timestamp` in partition 0 of `topic`. */
    void open(JsonNode request, ObjectNode answer) throws Exception {
        String id = request.get("transactionalId").asText();
        Map<String, Object> config = Clients.config(request);
        config.put("transactional.id", id);
        var producer =
                new KafkaProducer<>(
                        config, new ByteArraySerializer(), new ByteArraySerializer());
        producers.put(id, producer);
        producer.initTransactions();
        producer.beginTransaction();
        long timestamp = request.get("timestamp").asLong();
        producer.send(
                        new ProducerRecord<>(
                                request.get("topic").asText(), 0, timestamp, null, new byte[] {1}))
                .get();
    }

    /** Ends the producer as a crash would. */
    void leave(JsonNode request, ObjectNode answer) {
        producers.remove(request.get("transactionalId").asText()).close(Duration.ZERO);
    }
}
