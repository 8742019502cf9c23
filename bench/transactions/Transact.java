// Produces a workload in transactions with the Java client, as transact_ottla.cc does. Run from its
// source: java -cp CLASSPATH Transact.java --bootstrap HOST:PORT ...
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

public class Transact {
    private final Map<String, String> options = new HashMap<>();
    private final KafkaProducer<byte[], byte[]> producer;
    private long[] tookNs;
    private int commits;

    Transact(String[] args) {
        for (int i = 0; i + 1 < args.length; i += 2) options.put(args[i], args[i + 1]);
        Properties properties = new Properties();
        properties.put("bootstrap.servers", options.get("--bootstrap"));
        properties.put("transactional.id", "transact_java");
        properties.put("linger.ms", option("--linger", "5"));
        properties.put("batch.size", option("--batch-size", "16384"));
        producer = new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
        producer.initTransactions();
    }

    private String option(String name, String unset) {
        return options.getOrDefault(name, unset);
    }

    private long number(String name, String unset) {
        return Long.parseLong(option(name, unset));
    }

    private void transact(long count) {
        String topic = option("--topic", "bench");
        byte[] value = new byte[(int) number("--size", "100")];
        Arrays.fill(value, (byte) 'e');
        long commitRecords = number("--commit-records", "0");
        long commitNs = number("--commit-ms", "0") * 1_000_000;
        tookNs = new long[(int) count];
        commits = 0;
        long inIt = 0;
        long began = 0;
        for (long i = 0; i < count; ++i) {
            if (inIt == 0) {
                producer.beginTransaction();
                began = System.nanoTime();
            }
            producer.send(new ProducerRecord<>(topic, value), (metadata, error) -> {
                if (error != null) throw new IllegalStateException(error);
            });
            ++inIt;
            boolean last = i + 1 == count || (commitRecords > 0 && inIt >= commitRecords)
                    || (commitNs > 0 && System.nanoTime() - began >= commitNs);
            if (!last) continue;
            long from = System.nanoTime();
            producer.commitTransaction();
            tookNs[commits++] = System.nanoTime() - from;
            inIt = 0;
        }
    }

    private void run() {
        transact(number("--warm-up", "100000"));
        var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long records = number("--records", "1000000");
        long cpu = system.getProcessCpuTime();
        long began = System.nanoTime();
        transact(records);
        double seconds = (System.nanoTime() - began) / 1e9;
        double used = (system.getProcessCpuTime() - cpu) / 1e9;
        long[] took = Arrays.copyOf(tookNs, commits);
        Arrays.sort(took);
        System.out.printf(
                "{\"client\": \"java\", \"delivered\": %d, \"failed\": 0, \"seconds\": %.4f, "
                        + "\"records_per_s\": %.0f, \"cpu_s_per_million\": %.4f, \"commits\": %d, "
                        + "\"commit_us_p50\": %.0f, \"commit_us_p99\": %.0f}%n",
                records, seconds, records / seconds, used / records * 1e6, commits,
                took[commits / 2] / 1e3, took[commits * 99 / 100] / 1e3);
        producer.close();
    }

    public static void main(String[] args) {
        new Transact(args).run();
    }
}
