// Reads partition 0 of a topic from its beginning with the Java client, as consume_ottla.cc does.
// Run from its source: java -cp CLASSPATH Consume.java --bootstrap HOST:PORT ...
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

public class Consume {
    public static void main(String[] args) {
        Map<String, String> options = new HashMap<>();
        for (int i = 0; i + 1 < args.length; i += 2) options.put(args[i], args[i + 1]);
        long warmUp = Long.parseLong(options.get("--warm-up"));
        long records = Long.parseLong(options.get("--records"));
        int size = Integer.parseInt(options.get("--size"));
        Properties properties = new Properties();
        properties.put("bootstrap.servers", options.get("--bootstrap"));
        properties.put("enable.auto.commit", "false");
        properties.put("max.poll.records", options.getOrDefault("--poll-records", "500"));
        var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        try (var consumer = new KafkaConsumer<>(properties, new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            var partition = new TopicPartition(options.getOrDefault("--topic", "bench"), 0);
            consumer.assign(List.of(partition));
            consumer.seek(partition, 0);
            long next = 0;
            long touched = 0;
            long from = -1;
            long cpu = 0;
            long began = 0;
            while (next < warmUp + records) {
                if (from < 0 && next >= warmUp) {
                    from = next;
                    cpu = system.getProcessCpuTime();
                    began = System.nanoTime();
                }
                ConsumerRecords<byte[], byte[]> polled = consumer.poll(Duration.ofSeconds(30));
                if (polled.isEmpty()) throw new IllegalStateException("nothing came");
                for (ConsumerRecord<byte[], byte[]> record : polled) {
                    if (record.offset() != next || record.value().length != size) {
                        throw new IllegalStateException("at offset " + record.offset());
                    }
                    touched += record.value()[size / 2];
                    ++next;
                }
            }
            double seconds = (System.nanoTime() - began) / 1e9;
            double used = (system.getProcessCpuTime() - cpu) / 1e9;
            long measured = next - from;
            System.out.printf("{\"client\": \"java\", \"delivered\": %d, \"seconds\": %.4f, "
                            + "\"records_per_s\": %.0f, \"cpu_s_per_million\": %.4f, "
                            + "\"max_rss_mb\": 0, \"touched\": %d}%n",
                    measured, seconds, measured / seconds, used / measured * 1e6, touched);
        }
    }
}
