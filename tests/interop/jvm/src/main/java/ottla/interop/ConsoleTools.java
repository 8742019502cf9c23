package ottla.interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.utils.Exit;
import org.apache.kafka.tools.consumer.ConsoleConsumer;

/** Kafka's command line tools, run inside this JVM. One at a time: they print to System.out. */
final class ConsoleTools {
    /** Runs the console consumer with `arguments`; the answer's `output` is what it printed. */
    synchronized void consume(JsonNode request, ObjectNode answer) throws Exception {
        List<String> arguments = new ArrayList<>();
        for (JsonNode argument : request.get("arguments")) arguments.add(argument.asText());
        Exit.setShutdownHookAdder((name, hook) -> {});
        // The tool counts in a static field, as it is made to run once in a JVM.
        Field count = ConsoleConsumer.class.getDeclaredField("messageCount");
        count.setAccessible(true);
        count.setInt(null, 0);
        PrintStream before = System.out;
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        System.setOut(new PrintStream(output, false));
        try {
            ConsoleConsumer.main(arguments.toArray(new String[0]));
        } finally {
            System.out.flush();
            System.setOut(before);
            Exit.resetShutdownHookAdder();
        }
        answer.put("output", output.toByteArray());
    }
}
