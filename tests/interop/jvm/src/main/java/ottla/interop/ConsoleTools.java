package ottla.interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.utils.Exit;
import org.apache.kafka.tools.DumpLogSegments;
import org.apache.kafka.tools.TransactionsCommand;
import org.apache.kafka.tools.consumer.ConsoleConsumer;
import org.apache.kafka.tools.consumer.group.ConsumerGroupCommand;

/** Kafka's command line tools, run inside this JVM. One at a time: they print to System.out. */
final class ConsoleTools {
    private interface Tool {
        void run(String[] arguments) throws Exception;
    }

    /** Runs the console consumer with `arguments`; the answer's `output` is what it printed. */
    synchronized void consume(JsonNode request, ObjectNode answer) throws Exception {
        Exit.setShutdownHookAdder((name, hook) -> {});
        // The tool counts in a static field, as it is made to run once in a JVM.
        Field count = ConsoleConsumer.class.getDeclaredField("messageCount");
        count.setAccessible(true);
        count.setInt(null, 0);
        try {
            run(ConsoleConsumer::main, request, answer);
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
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        System.setOut(new PrintStream(output, false, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(errors, false, StandardCharsets.UTF_8));
        try {
            tool.run(arguments.toArray(new String[0]));
        } finally {
            System.out.flush();
            System.err.flush();
            System.setOut(out);
            System.setErr(err);
        }
        answer.put("output", output.toByteArray());
        answer.put("errors", errors.toByteArray());
    }
}
