package ottla.interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.common.utils.Time;

/** A single Apache Kafka, broker and controller in one, run inside this JVM; one at a time. */
final class LocalKafka {
    private KafkaRaftServer server;

    /**
     * Formats the log directory named in `properties` for the cluster `clusterId`, with `features`
     * ("name=level") that are not the newest.
     */
    synchronized void format(JsonNode request, ObjectNode answer) throws Exception {
        Path file = Files.createTempFile("server", ".properties");
        try (var writer = Files.newBufferedWriter(file)) {
            properties(request).store(writer, null);
        }
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        List<String> arguments =
                new ArrayList<>(
                        List.of("format", "-t", request.get("clusterId").asText(), "-c"));
        arguments.add(file.toString());
        for (JsonNode feature : request.path("features")) {
            arguments.add("--feature");
            arguments.add(feature.asText());
        }
        int status =
                StorageTool.execute(
                        arguments.toArray(new String[0]), new PrintStream(output, true));
        Files.delete(file);
        if (status != 0) {
            throw new IllegalStateException(output.toString(StandardCharsets.UTF_8));
        }
    }

    /** Starts on a directory that is formatted; done when the broker takes requests. */
    synchronized void start(JsonNode request, ObjectNode answer) throws Exception {
        if (server != null) throw new IllegalStateException("a Kafka runs already");
        ExitRequested.take();
        KafkaConfig config = KafkaConfig.fromProps(properties(request), false);
        server = new KafkaRaftServer(config, Time.SYSTEM);
        Throwable[] failure = {null};
        Thread starter = new Thread(server::startup, "kafka-startup");
        starter.setUncaughtExceptionHandler((thread, error) -> failure[0] = error);
        starter.start();
        long deadline = System.nanoTime() + request.path("timeoutMs").asLong(60_000) * 1_000_000;
        while (starter.isAlive()) {
            starter.join(100);
            ExitRequested exit = ExitRequested.take();
            if (exit != null && failure[0] == null) failure[0] = exit;
            if (failure[0] != null || System.nanoTime() > deadline) break;
        }
        if (failure[0] == null && !starter.isAlive()) return;
        String reason = failure[0] == null ? "not ready in time" : Harness.describe(failure[0]);
        shutDown();
        throw new IllegalStateException("Kafka did not start: " + reason);
    }

    synchronized void stop(JsonNode request, ObjectNode answer) {
        shutDown();
        ExitRequested exit = ExitRequested.take();
        if (exit != null) throw exit;
    }

    private void shutDown() {
        if (server == null) return;
        try {
            server.shutdown();
            server.awaitShutdown();
        } finally {
            server = null;
        }
    }

    private static Properties properties(JsonNode request) {
        Properties properties = new Properties();
        for (var entry : request.get("properties").properties()) {
            properties.setProperty(entry.getKey(), entry.getValue().asText());
        }
        return properties;
    }
}
