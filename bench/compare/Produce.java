// Runs the Java client's own perf tool twice in one process, the second time measured: a warmed
// producer. Run from its source: java -cp CLASSPATH Produce.java --bootstrap HOST:PORT ...
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.tools.ProducerPerformance;

public class Produce {
    private final Map<String, String> options = new HashMap<>();

    Produce(String[] args) {
        for (int i = 0; i + 1 < args.length; i += 2) options.put(args[i], args[i + 1]);
    }

    private void produce(String records) throws Exception {
        ProducerPerformance.main(new String[] {
            "--topic", options.getOrDefault("--topic", "bench"),
            "--num-records", records,
            "--record-size", options.get("--size"),
            "--throughput", "-1",
            "--producer-props",
            "bootstrap.servers=" + options.get("--bootstrap"),
            "linger.ms=" + options.getOrDefault("--linger", "5"),
            "batch.size=" + options.getOrDefault("--batch-size", "16384"),
            "max.request.size=2097152",
        });
    }

    private void run() throws Exception {
        produce(options.get("--warm-up"));
        var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long records = Long.parseLong(options.get("--records"));
        long cpu = system.getProcessCpuTime();
        long began = System.nanoTime();
        produce(Long.toString(records));
        double seconds = (System.nanoTime() - began) / 1e9;
        double used = (system.getProcessCpuTime() - cpu) / 1e9;
        System.out.printf("{\"client\": \"java\", \"delivered\": %d, \"failed\": 0, "
                        + "\"seconds\": %.4f, \"records_per_s\": %.0f, "
                        + "\"cpu_s_per_million\": %.4f, \"max_rss_mb\": 0}%n",
                records, seconds, records / seconds, used / records * 1e6);
    }

    public static void main(String[] args) throws Exception {
        new Produce(args).run();
    }
}
