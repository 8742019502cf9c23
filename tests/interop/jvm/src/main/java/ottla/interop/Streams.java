package ottla.interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.Arrays;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.state.Stores;

/**
 * Kafka Streams counting words exactly once (exactly_once_v2); one instance in a JVM, which is
 * killed with it. Words go through a repartition topic, counts are kept in memory and in a
 * changelog, and every change of a count is written: 1, 2, 3, ...
 */
final class Streams {
    private KafkaStreams streams;

    /** Starts an instance of `application`; done when it has partitions and works. */
    synchronized void start(JsonNode request, ObjectNode answer) throws Exception {
        streams = new KafkaStreams(wordCount(request), properties(request));
        // A thread whose transaction the coordinator has ended, being too old, may end as well.
        streams.setUncaughtExceptionHandler(
                error ->
                        StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse
                                .REPLACE_THREAD);
        streams.start();
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (streams.state() != KafkaStreams.State.RUNNING) {
            expectAlive();
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("still " + streams.state());
            }
            Thread.sleep(20);
        }
    }

    /** Ends the instance in order; fails if it had ended by itself. */
    synchronized void stop(JsonNode request, ObjectNode answer) {
        expectAlive();
        if (!streams.close(Duration.ofSeconds(30))) {
            throw new IllegalStateException("not closed in time");
        }
    }

    private void expectAlive() {
        KafkaStreams.State state = streams.state();
        if (state == KafkaStreams.State.ERROR || state == KafkaStreams.State.PENDING_ERROR) {
            throw new IllegalStateException("the instance has ended: " + state);
        }
    }

    private static Topology wordCount(JsonNode request) {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(
                        request.get("topic").asText(),
                        Consumed.with(Serdes.ByteArray(), Serdes.String()))
                .flatMapValues(line -> Arrays.asList(line.split(" ")))
                .groupBy((key, word) -> word, Grouped.with("words", Serdes.String(), Serdes.String()))
                .count(
                        Materialized.<String, Long>as(Stores.inMemoryKeyValueStore("counts"))
                                .withKeySerde(Serdes.String())
                                .withValueSerde(Serdes.Long()))
                .toStream()
                .to(request.get("to").asText(), Produced.with(Serdes.String(), Serdes.Long()));
        return builder.build();
    }

    private static Properties properties(JsonNode request) {
        Properties properties = new Properties();
        properties.putAll(Clients.config(request));
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, request.get("application").asText());
        properties.put(StreamsConfig.STATE_DIR_CONFIG, request.get("stateDir").asText());
        properties.put(
                StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
        properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
        properties.put("repartition.purge.interval.ms", 1_000);
        properties.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
        return properties;
    }
}
