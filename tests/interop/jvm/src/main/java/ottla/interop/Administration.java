package ottla.interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DeletedRecords;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;

/** Changes of what is there, by the Java admin client: what came of each, as text. */
final class Administration {
    /**
     * Changes `topic`, which has two partitions with records in the first: `outcomes` has the
     * error's class, or what was answered, for every step.
     */
    void change(JsonNode request, ObjectNode answer) throws Exception {
        String topic = request.get("topic").asText();
        ObjectNode outcomes = answer.putObject("outcomes");
        try (Admin admin = Admin.create(Clients.config(request))) {
            alterTopic(admin, topic, outcomes);
            alterBroker(admin, outcomes);
            createPartitions(admin, topic, outcomes);
            deleteRecords(admin, topic, outcomes);
        }
    }

    /** A user's password by a mechanism, in place of the one before. */
    void setScramPassword(JsonNode request, ObjectNode answer) throws Exception {
        var mechanism =
                ScramMechanism.fromMechanismName(request.get("mechanism").asText());
        var upsertion =
                new UserScramCredentialUpsertion(
                        request.get("user").asText(),
                        new ScramCredentialInfo(mechanism, 4096),
                        request.get("password").asText());
        try (Admin admin = Admin.create(Clients.config(request))) {
            admin.alterUserScramCredentials(List.of(upsertion)).all().get();
        }
    }

    private static void alterTopic(Admin admin, String topic, ObjectNode outcomes) {
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        var nothing = new ConfigResource(ConfigResource.Type.TOPIC, "not-there");
        alter(admin, resource, OpType.SET, "segment.ms", "600000", outcomes);
        alter(admin, resource, OpType.APPEND, "cleanup.policy", "compact", outcomes);
        alter(admin, resource, OpType.SUBTRACT, "cleanup.policy", "compact", outcomes);
        alter(admin, resource, OpType.DELETE, "segment.bytes", null, outcomes);
        alter(admin, resource, OpType.DELETE, "no.such.setting", null, outcomes);
        alter(admin, resource, OpType.SET, "no.such.setting", "1", outcomes);
        alter(admin, resource, OpType.SET, "retention.ms", "soon", outcomes);
        alter(admin, resource, OpType.SET, "cleanup.policy", "shred", outcomes);
        alter(admin, resource, OpType.APPEND, "retention.ms", "1", outcomes);
        alter(admin, resource, OpType.SET, "remote.storage.enable", "true", outcomes);
        alter(admin, resource, OpType.SET, "max.compaction.lag.ms", "1", outcomes);
        alter(admin, resource, OpType.SET, "min.compaction.lag.ms", "2", outcomes);
        alter(admin, nothing, OpType.SET, "segment.ms", "600000", outcomes);
    }

    private static void alterBroker(Admin admin, ObjectNode outcomes) {
        var cluster = new ConfigResource(ConfigResource.Type.BROKER, "");
        var self = new ConfigResource(ConfigResource.Type.BROKER, "1");
        alter(admin, cluster, OpType.SET, "log.segment.delete.delay.ms", "50000", outcomes);
        alter(admin, cluster, OpType.DELETE, "log.segment.delete.delay.ms", null, outcomes);
        alter(admin, cluster, OpType.APPEND, "log.retention.ms", "1", outcomes);
        alter(admin, self, OpType.SET, "log.retention.ms", "soon", outcomes);
        alter(admin, self, OpType.SET, "node.id", "7", outcomes);
    }

    private static void alter(
            Admin admin,
            ConfigResource resource,
            OpType op,
            String key,
            String value,
            ObjectNode outcomes) {
        var change = new AlterConfigOp(new ConfigEntry(key, value), op);
        Map<ConfigResource, java.util.Collection<AlterConfigOp>> changes =
                Map.of(resource, List.of(change));
        String kind = resource.type() == ConfigResource.Type.TOPIC ? "topic" : "broker";
        String where = resource.name().equals("not-there") ? "not-there" : kind;
        note(
                outcomes,
                where + " " + op + " " + key + "=" + value,
                admin.incrementalAlterConfigs(changes).all());
    }

    private static void createPartitions(Admin admin, String topic, ObjectNode outcomes) {
        List<NewPartitions> wishes = new ArrayList<>();
        wishes.add(NewPartitions.increaseTo(2));
        wishes.add(NewPartitions.increaseTo(1));
        wishes.add(NewPartitions.increaseTo(3, List.of(List.of(99))));
        wishes.add(NewPartitions.increaseTo(3, List.of(List.of(1), List.of(1))));
        wishes.add(NewPartitions.increaseTo(3, List.of(List.of(1, 1))));
        wishes.add(NewPartitions.increaseTo(3));
        wishes.add(NewPartitions.increaseTo(4, List.of(List.of(1))));
        for (NewPartitions wish : wishes) {
            String name = "partitions " + wish.totalCount() + " " + wish.assignments();
            note(outcomes, name, admin.createPartitions(Map.of(topic, wish)).all());
        }
        note(
                outcomes,
                "partitions of not-there",
                admin.createPartitions(Map.of("not-there", wishes.get(0))).all());
    }

    private static void deleteRecords(Admin admin, String topic, ObjectNode outcomes) {
        for (long offset : new long[] {2, 1, -2, 1_000_000, -1}) {
            var partition = new TopicPartition(topic, 0);
            var deleted =
                    admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(offset)));
            note(
                    outcomes,
                    "delete " + offset,
                    deleted.lowWatermarks().get(partition).thenApply(DeletedRecords::lowWatermark));
        }
    }

    private static void note(ObjectNode outcomes, String step, Future<?> future) {
        String outcome;
        try {
            Object result = future.get();
            outcome = result == null ? "done" : result.toString();
        } catch (ExecutionException error) {
            outcome = error.getCause().getClass().getSimpleName();
        } catch (InterruptedException error) {
            throw new IllegalStateException(error);
        }
        outcomes.put(step, outcome);
    }
}
