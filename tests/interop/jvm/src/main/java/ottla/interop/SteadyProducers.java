package ottla.interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Producers that go on until they are told to stop, through whatever happens to the broker. Record
 * i has the value "i" and goes to partition i % partitions.
 */
final class SteadyProducers {
    private final Map<String, Steady> running = new ConcurrentHashMap<>();

    void start(JsonNode request, ObjectNode answer) {
        Steady steady = new Steady(request);
        running.put(request.get("name").asText(), steady);
        steady.thread.start();
    }

    void acked(JsonNode request, ObjectNode answer) {
        answer.put("count", running.get(request.get("name").asText()).ackedCount());
    }

    /** Stops sending, waits for what is in flight, answers `acked` [index, partition, offset]. */
    void stop(JsonNode request, ObjectNode answer) throws Exception {
        running.remove(request.get("name").asText()).finish(answer);
    }

    private static final class Steady {
        private final String topic;
        private final int partitions;
        private final KafkaProducer<byte[], byte[]> producer;
        final Thread thread = new Thread(this::run, "steady");
        private volatile boolean stopping = false;
        /** Guarded by itself. */
        private final List<long[]> acked = new ArrayList<>();
        /** Guarded by acked. */
        private final List<String> failed = new ArrayList<>();

        Steady(JsonNode request) {
            topic = request.get("topic").asText();
            partitions = request.get("partitions").asInt();
            Map<String, Object> config = Clients.config(request);
            config.put("delivery.timeout.ms", 120_000);
            config.put("request.timeout.ms", 5_000);
            config.put("reconnect.backoff.max.ms", 200);
            producer =
                    new KafkaProducer<>(
                            config, new ByteArraySerializer(), new ByteArraySerializer());
        }

        private void run() {
            for (long index = 0; !stopping; ++index) {
                byte[] value = Long.toString(index).getBytes(StandardCharsets.UTF_8);
                int partition = (int) (index % partitions);
                producer.send(new ProducerRecord<>(topic, partition, null, value), note(index));
                if (index % 2 == 1) pause();
            }
        }

        private Callback note(long index) {
            return (metadata, error) -> {
                synchronized (acked) {
                    if (error == null) {
                        acked.add(new long[] {index, metadata.partition(), metadata.offset()});
                    } else {
                        failed.add(index + ": " + error);
                    }
                }
            };
        }

        private static void pause() {
            try {
                Thread.sleep(1);
            } catch (InterruptedException error) {
                throw new IllegalStateException(error);
            }
        }

        int ackedCount() {
            synchronized (acked) {
                return acked.size();
            }
        }

        void finish(ObjectNode answer) throws InterruptedException {
            stopping = true;
            thread.join();
            producer.close();
            ArrayNode list = answer.putArray("acked");
            for (long[] each : acked) list.addArray().add(each[0]).add(each[1]).add(each[2]);
            ArrayNode failures = answer.putArray("failed");
            failed.forEach(failures::add);
        }
    }
}
