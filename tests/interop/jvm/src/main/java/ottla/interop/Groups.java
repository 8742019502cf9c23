package ottla.interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Members of groups that poll and commit until they are stopped, and what is known of groups. */
final class Groups {
    private static final Duration POLL = Duration.ofMillis(50);

    /** One consumer on a thread of its own. */
    private static final class Member implements Runnable, ConsumerRebalanceListener {
        private final KafkaConsumer<byte[], byte[]> consumer;
        private final String topic;
        private final Thread thread = new Thread(this);
        private final TreeSet<Integer> owned = new TreeSet<>();
        private final List<int[]> records = new ArrayList<>();
        private volatile boolean stopping;
        private volatile GroupMembershipOperation atTheEnd = GroupMembershipOperation.DEFAULT;
        private Throwable failure;
        private boolean uncommitted;

        Member(JsonNode request) {
            Map<String, Object> config = Clients.config(request);
            config.put("group.id", request.get("group").asText());
            config.put("auto.offset.reset", "earliest");
            config.put("enable.auto.commit", "false");
            // Where the coordinator assigns, it says how long these are.
            if (!request.get("properties").has("group.protocol")) {
                config.put("heartbeat.interval.ms", "200");
                config.put("session.timeout.ms", "6000");
            }
            config.put("fetch.max.wait.ms", "50");
            config.put("key.deserializer", ByteArrayDeserializer.class);
            config.put("value.deserializer", ByteArrayDeserializer.class);
            consumer = new KafkaConsumer<>(config);
            topic = request.get("topic").asText();
            thread.start();
        }

        @Override
        public void run() {
            try {
                consumer.subscribe(List.of(topic), this);
                while (!stopping) pollOnce();
            } catch (Throwable error) {
                synchronized (this) {
                    failure = error;
                }
            } finally {
                consumer.close(CloseOptions.groupMembershipOperation(atTheEnd));
            }
        }

        private void pollOnce() {
            var polled = consumer.poll(POLL);
            synchronized (this) {
                for (ConsumerRecord<byte[], byte[]> each : polled) {
                    records.add(new int[] {each.partition(), (int) each.offset()});
                }
            }
            uncommitted |= !polled.isEmpty();
            try {
                if (uncommitted) consumer.commitSync();
                uncommitted = false;
            } catch (org.apache.kafka.clients.consumer.CommitFailedException
                    | org.apache.kafka.common.errors.RebalanceInProgressException late) {
                // What this member keeps is committed later; whoever owns the rest now reads on
                // from the last commit.
            }
        }

        @Override
        public synchronized void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            for (TopicPartition each : partitions) owned.add(each.partition());
        }

        @Override
        public synchronized void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            for (TopicPartition each : partitions) owned.remove(each.partition());
        }

        synchronized void describe(ObjectNode answer) {
            owned.forEach(answer.putArray("owned")::add);
            ArrayNode all = answer.putArray("records");
            for (int[] each : records) all.addArray().add(each[0]).add(each[1]);
            if (failure != null) answer.put("failure", Harness.describe(failure));
        }

        /** Without leaving the group if it is to vanish, as one does that is killed. */
        void stop(boolean vanish) throws InterruptedException {
            if (vanish) atTheEnd = GroupMembershipOperation.REMAIN_IN_GROUP;
            stopping = true;
            thread.join();
        }
    }

    private final Map<String, Member> members = new ConcurrentHashMap<>();

    void start(JsonNode request, ObjectNode answer) {
        members.put(request.get("name").asText(), new Member(request));
    }

    void state(JsonNode request, ObjectNode answer) {
        members.get(request.get("name").asText()).describe(answer);
    }

    /** Leaves the group, unless the member is static. */
    void stop(JsonNode request, ObjectNode answer) throws Exception {
        Member member = members.remove(request.get("name").asText());
        member.stop(request.path("vanish").asBoolean());
        member.describe(answer);
    }

    void describe(JsonNode request, ObjectNode answer) throws Exception {
        String group = request.get("group").asText();
        try (Admin admin = Admin.create(Clients.config(request))) {
            var found = admin.describeConsumerGroups(List.of(group)).all().get().get(group);
            answer.put("state", found.groupState().toString());
            answer.put("assignor", found.partitionAssignor());
            ArrayNode all = answer.putArray("members");
            for (var member : found.members()) {
                ObjectNode added = all.addObject();
                added.put("id", member.consumerId());
                added.put("instance", member.groupInstanceId().orElse(null));
                ArrayNode partitions = added.putArray("partitions");
                for (TopicPartition each : member.assignment().topicPartitions()) {
                    partitions.add(each.partition());
                }
            }
        }
    }

    /** What a group has committed of a topic, by partition. */
    void offsets(JsonNode request, ObjectNode answer) throws Exception {
        String group = request.get("group").asText();
        try (Admin admin = Admin.create(Clients.config(request))) {
            var found = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
            ObjectNode topics = answer.putObject("offsets");
            Map<String, Map<Integer, Long>> sorted = new TreeMap<>();
            found.forEach(
                    (place, offset) ->
                            sorted.computeIfAbsent(place.topic(), topic -> new TreeMap<>())
                                    .put(place.partition(), offset.offset()));
            sorted.forEach(
                    (topic, partitions) -> {
                        ObjectNode out = topics.putObject(topic);
                        partitions.forEach((number, offset) -> out.put("" + number, offset));
                    });
        }
    }

    void list(JsonNode request, ObjectNode answer) throws Exception {
        try (Admin admin = Admin.create(Clients.config(request))) {
            TreeSet<String> names = new TreeSet<>();
            admin.listGroups().all().get().forEach(each -> names.add(each.groupId()));
            names.forEach(answer.putArray("groups")::add);
        }
    }

    /** Commits `offset` for partitions 0 to `partitions` - 1 of a topic, from outside the group. */
    void alterOffsets(JsonNode request, ObjectNode answer) throws Exception {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (int number = 0; number < request.get("partitions").asInt(); ++number) {
            offsets.put(
                    new TopicPartition(request.get("topic").asText(), number),
                    new OffsetAndMetadata(request.get("offset").asLong(), "from outside"));
        }
        try (Admin admin = Admin.create(Clients.config(request))) {
            admin.alterConsumerGroupOffsets(request.get("group").asText(), offsets).all().get();
        }
    }

    void delete(JsonNode request, ObjectNode answer) throws Exception {
        try (Admin admin = Admin.create(Clients.config(request))) {
            admin.deleteConsumerGroups(List.of(request.get("group").asText())).all().get();
        }
    }
}
