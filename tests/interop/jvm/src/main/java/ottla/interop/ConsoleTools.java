package ottla.interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import kafka.admin.ConfigCommand;
import org.apache.kafka.common.utils.Exit;
import org.apache.kafka.tools.BrokerApiVersionsCommand;
import org.apache.kafka.tools.ClusterTool;
import org.apache.kafka.tools.ConsoleProducer;
import org.apache.kafka.tools.ConsumerPerformance;
import org.apache.kafka.tools.DeleteRecordsCommand;
import org.apache.kafka.tools.DumpLogSegments;
import org.apache.kafka.tools.EndToEndLatency;
import org.apache.kafka.tools.FeatureCommand;
import org.apache.kafka.tools.GetOffsetShell;
import org.apache.kafka.tools.LeaderElectionCommand;
import org.apache.kafka.tools.LogDirsCommand;
import org.apache.kafka.tools.MetadataQuorumCommand;
import org.apache.kafka.tools.ProducerPerformance;
import org.apache.kafka.tools.TopicCommand;
import org.apache.kafka.tools.TransactionsCommand;
import org.apache.kafka.tools.consumer.ConsoleConsumer;
import org.apache.kafka.tools.consumer.group.ConsumerGroupCommand;
import org.apache.kafka.tools.reassign.ReassignPartitionsCommand;

/** Kafka's command line tools, run inside this JVM. One at a time: they print to System.out. */
final class ConsoleTools {
    private interface Tool {
        void run(String[] arguments) throws Exception;
    }

    /** By the names of their scripts. */
    private static final Map<String, Tool> TOOLS =
            Map.ofEntries(
                    Map.entry("kafka-broker-api-versions", BrokerApiVersionsCommand::main),
                    Map.entry("kafka-cluster", ClusterTool::main),
                    Map.entry("kafka-configs", ConfigCommand::main),
                    Map.entry("kafka-console-consumer", ConsoleTools::consumeConsole),
                    Map.entry("kafka-console-producer", ConsoleProducer::main),
                    Map.entry("kafka-consumer-groups", ConsumerGroupCommand::main),
                    Map.entry("kafka-consumer-perf-test", ConsumerPerformance::main),
                    Map.entry("kafka-delete-records", DeleteRecordsCommand::main),
                    Map.entry("kafka-dump-log", DumpLogSegments::main),
                    Map.entry("kafka-e2e-latency", EndToEndLatency::main),
                    Map.entry("kafka-features", FeatureCommand::main),
                    Map.entry("kafka-get-offsets", GetOffsetShell::main),
                    Map.entry("kafka-leader-election", LeaderElectionCommand::main),
                    Map.entry("kafka-log-dirs", LogDirsCommand::main),
                    Map.entry("kafka-metadata-quorum", MetadataQuorumCommand::main),
                    Map.entry("kafka-producer-perf-test", ProducerPerformance::main),
                    Map.entry("kafka-reassign-partitions", ReassignPartitionsCommand::main),
                    Map.entry("kafka-topics", TopicCommand::main),
                    Map.entry("kafka-transactions", TransactionsCommand::main));

    /**
     * Runs `tool` with `arguments`, and `input` on stdin; `output`, `errors` and `status` are what it
     * made of them.
     */
    synchronized void tool(JsonNode request, ObjectNode answer) throws Exception {
        Tool tool = TOOLS.get(request.get("tool").asText());
        answer.put("status", 0);
        ExitRequested.take();
        run(
                arguments -> {
                    try {
                        tool.run(arguments);
                    } catch (ExitRequested exit) {
                        answer.put("status", ExitRequested.takeFirst().status);
                    }
                },
                request,
                answer);
    }

    /** Runs the console consumer with `arguments`; the answer's `output` is what it printed. */
    synchronized void consume(JsonNode request, ObjectNode answer) throws Exception {
        run(ConsoleTools::consumeConsole, request, answer);
    }

    private static void consumeConsole(String[] arguments) throws Exception {
        Exit.setShutdownHookAdder((name, hook) -> {});
        // The tool counts in a static field, as it is made to run once in a JVM.
        Field count = ConsoleConsumer.class.getDeclaredField("messageCount");
        count.setAccessible(true);
        count.setInt(null, 0);
        try {
            ConsoleConsumer.main(arguments);
        } finally {
            Exit.resetShutdownHookAdder();
        }
    }

    /** Runs kafka-dump-log with `arguments`; `output` and `errors` are what it printed. */
    synchronized void dumpLog(JsonNode request, ObjectNode answer) throws Exception {
        run(DumpLogSegments::main, request, answer);
    }

    /** Runs kafka-consumer-groups with `arguments`; `output` and `errors` are what it printed. */
    synchronized void consumerGroups(JsonNode request, ObjectNode answer) throws Exception {
        run(ConsumerGroupCommand::main, request, answer);
    }

    /** Runs kafka-transactions with `arguments`; `output` and `errors` are what it printed. */
    synchronized void transactions(JsonNode request, ObjectNode answer) throws Exception {
        run(ConsoleTools::lookAtTransactions, request, answer);
    }

    // The tool exits also when all went well.
    private static void lookAtTransactions(String[] arguments) throws Exception {
        try {
            TransactionsCommand.main(arguments);
        } catch (ExitRequested exit) {
            ExitRequested.take();
            if (exit.status != 0) throw exit;
        }
    }

    private static void run(Tool tool, JsonNode request, ObjectNode answer) throws Exception {
        List<String> arguments = new ArrayList<>();
        for (JsonNode argument : request.get("arguments")) arguments.add(argument.asText());
        byte[] input = request.has("input") ? request.get("input").binaryValue() : new byte[0];
        InputStream in = System.in;
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        System.setIn(new ByteArrayInputStream(input));
        System.setOut(new PrintStream(output, false, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(errors, false, StandardCharsets.UTF_8));
        try {
            // Tools in Scala print to what was System.out when they were loaded.
            scala.Console.withOut(
                    System.out,
                    () -> {
                        runNow(tool, arguments);
                        return null;
                    });
        } finally {
            System.out.flush();
            System.err.flush();
            System.setIn(in);
            System.setOut(out);
            System.setErr(err);
        }
        answer.put("output", output.toByteArray());
        answer.put("errors", errors.toByteArray());
    }

    // In a lambda of Scala's, which declares no exceptions.
    private static void runNow(Tool tool, List<String> arguments) {
        try {
            tool.run(arguments.toArray(new String[0]));
        } catch (RuntimeException failure) {
            throw failure;
        } catch (Exception failure) {
            throw new IllegalStateException(failure);
        }
    }
}
