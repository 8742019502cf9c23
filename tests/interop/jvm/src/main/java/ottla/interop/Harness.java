package ottla.interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.kafka.common.utils.Exit;

/**
 * One JVM for every Java peer: clients, console tools and Apache Kafka itself. It reads a command a
 * line from stdin, {"id": 1, "command": "produce", ...}, and answers on stdout with a line of the
 * same id, {"id": 1, "ok": true, ...} or {"id": 1, "ok": false, "error": "..."}, when the command
 * is done; commands run beside each other. The end of stdin ends it.
 */
public final class Harness {
    /** What runs one command: takes its fields, fills its answer. */
    interface Command {
        void run(JsonNode request, ObjectNode answer) throws Exception;
    }

    static final ObjectMapper JSON = new ObjectMapper();

    private final PrintStream answers;
    private final Map<String, Command> commands = new TreeMap<>();
    private final LocalKafka kafka = new LocalKafka();

    private Harness(PrintStream answers) {
        this.answers = answers;
        Clients clients = new Clients();
        SteadyProducers steady = new SteadyProducers();
        commands.put("createTopic", clients::createTopic);
        commands.put("deleteTopic", clients::deleteTopic);
        commands.put("describeTopic", clients::describeTopic);
        commands.put("listTopics", clients::listTopics);
        commands.put("describeConfig", clients::describeConfig);
        commands.put("changeTopic", new Administration()::change);
        commands.put("describeCluster", clients::describeCluster);
        commands.put("setScramPassword", new Administration()::setScramPassword);
        commands.put("endOffsets", clients::endOffsets);
        commands.put("produce", clients::produce);
        commands.put("produceInTransaction", clients::produceInTransaction);
        commands.put("consume", clients::consume);
        commands.put("partitionForKey", clients::partitionForKey);
        ConsoleTools tools = new ConsoleTools();
        commands.put("consoleConsume", tools::consume);
        commands.put("tool", tools::tool);
        commands.put("dumpLog", tools::dumpLog);
        commands.put("consumerGroups", tools::consumerGroups);
        commands.put("transactions", tools::transactions);
        OpenTransactions open = new OpenTransactions();
        commands.put("openTransaction", open::open);
        commands.put("leaveTransaction", open::leave);
        Groups groups = new Groups();
        commands.put("startMember", groups::start);
        commands.put("memberState", groups::state);
        commands.put("stopMember", groups::stop);
        commands.put("describeGroup", groups::describe);
        commands.put("groupOffsets", groups::offsets);
        commands.put("alterGroupOffsets", groups::alterOffsets);
        commands.put("listGroups", groups::list);
        commands.put("deleteGroup", groups::delete);
        Transactions transactions = new Transactions();
        commands.put("copyInTransactions", transactions::copy);
        commands.put("writeTransactions", transactions::write);
        commands.put("administerTransactions", transactions::administer);
        Streams streams = new Streams();
        commands.put("startStreams", streams::start);
        commands.put("stopStreams", streams::stop);
        commands.put("startSteady", steady::start);
        commands.put("ackedSteady", steady::acked);
        commands.put("stopSteady", steady::stop);
        commands.put("formatKafka", kafka::format);
        commands.put("startKafka", kafka::start);
        commands.put("stopKafka", kafka::stop);
    }

    public static void main(String[] args) throws Exception {
        PrintStream answers = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        System.setOut(System.err);
        Exit.setExitProcedure(ExitRequested::raise);
        Exit.setHaltProcedure(ExitRequested::raise);
        new Harness(answers).serve();
        System.exit(0);
    }

    private void serve() throws Exception {
        ExecutorService pool = Executors.newCachedThreadPool();
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            JsonNode request = JSON.readTree(line);
            pool.submit(() -> answer(request));
        }
        kafka.stop(null, null);
    }

    private void answer(JsonNode request) {
        ObjectNode answer = JSON.createObjectNode();
        answer.set("id", request.get("id"));
        try {
            Command command = commands.get(request.path("command").asText());
            if (command == null) throw new IllegalArgumentException("unknown command " + request);
            command.run(request, answer);
            answer.put("ok", true);
        } catch (Throwable error) {
            answer.put("ok", false);
            answer.put("error", describe(error));
        }
        synchronized (answers) {
            answers.println(answer);
            answers.flush();
        }
    }

    static String describe(Throwable error) {
        StringBuilder text = new StringBuilder(error.toString());
        for (Throwable cause = error.getCause(); cause != null; cause = cause.getCause()) {
            text.append("; caused by ").append(cause);
        }
        return text.toString();
    }
}
