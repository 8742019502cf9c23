package ottla.golden;

import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;

/**
 * Where the Java producer puts a million keys. Key after key from one generator: each step is
 * x = x * 6364136223846793005 + 1442695040888963407, from x = 1; a key has (x >>> 33) % 64 bytes,
 * each x >>> 56 of a step of its own. A line for every 50,000 keys holds a digest of the partitions
 * up to there, for every count of partitions: digest = digest * 31 + partition.
 */
final class PartitionCases {
    private static final int KEYS = 1_000_000;
    private static final int[] PARTITION_COUNTS = {1, 2, 3, 7, 12, 100, 1_000_003};

    private long state = 1;

    static String text(String version) {
        return new PartitionCases().make(version);
    }

    private String make(String version) {
        StringBuilder text = new StringBuilder("# Apache Kafka " + version + "; made by make.sh\n");
        long digest = 0;
        for (int number = 1; number <= KEYS; number++) {
            byte[] key = nextKey();
            for (int count : PARTITION_COUNTS) {
                digest = digest * 31 + BuiltInPartitioner.partitionForKey(key, count);
            }
            if (number % 50_000 == 0) {
                text.append(number).append(' ').append(Long.toUnsignedString(digest)).append('\n');
            }
        }
        return text.toString();
    }

    private byte[] nextKey() {
        byte[] key = new byte[(int) ((next() >>> 33) % 64)];
        for (int i = 0; i < key.length; i++) {
            key[i] = (byte) (next() >>> 56);
        }
        return key;
    }

    private long next() {
        state = state * 6364136223846793005L + 1442695040888963407L;
        return state;
    }
}
