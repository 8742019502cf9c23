package ottla.golden;

import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Assignment;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.GroupSubscription;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.consumer.RoundRobinAssignor;
import org.apache.kafka.clients.consumer.StickyAssignor;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;

/**
 * Random groups and what Apache Kafka's assignors make of them. Arguments: the version of Kafka, a
 * seed, how many cases, the file. With unequal subscriptions the sticky ones may move partitions
 * round in a circle for ever: such a case says `hangs`.
 */
public final class AssignorCases {
    private static final String[] RACKS = {"a", "b", "c", "d"};
    private static final long FOR_EVER_SECONDS = 10;  // an answer takes milliseconds

    /** The assignor never answers. */
    private static final class Hangs extends Exception {}

    private final Random random;
    private final PrintStream out;
    private Thread workerThread;
    private ExecutorService worker = newWorker();

    private AssignorCases(long seed, PrintStream out) {
        this.random = new Random(seed);
        this.out = out;
    }

    public static void main(String[] args) throws Exception {
        try (PrintStream out = new PrintStream(args[3], StandardCharsets.UTF_8)) {
            out.println("# Table of data: made by tests/interop/golden with kafka-clients " + args[0]);
            AssignorCases cases = new AssignorCases(Long.parseLong(args[1]), out);
            for (int left = Integer.parseInt(args[2]); left > 0;) {
                if (cases.write()) --left;
            }
        }
    }

    /** A member, its assignor, and what it was given last. */
    private static final class Member {
        String id;
        String instance;
        String rack;
        List<String> topics;
        ConsumerPartitionAssignor assignor;
        List<TopicPartition> owned = List.of();
        int generation = -1;
        ByteBuffer userData;

        Subscription subscription(boolean cooperative) {
            Subscription made = new Subscription(topics, userData,
                    cooperative ? owned : List.of(), generation, Optional.ofNullable(rack));
            made.setGroupInstanceId(Optional.ofNullable(instance));
            return made;
        }
    }

    private static ConsumerPartitionAssignor newAssignor(int kind) {
        switch (kind) {
            case 0: return new RangeAssignor();
            case 1: return new RoundRobinAssignor();
            case 2: return new StickyAssignor();
            default: return new CooperativeStickyAssignor();
        }
    }

    /** One group through a few rebalances; the last is the case. False if there is no answer. */
    private boolean write() {
        int kind = random.nextInt(4);
        boolean cooperative = kind == 3;
        boolean racks = random.nextInt(3) > 0;
        boolean equal = random.nextInt(3) > 0;
        Map<String, List<List<String>>> topics = newTopics(racks);
        List<Member> members = new ArrayList<>();
        int size = random.nextInt(10) == 0 ? 1 + random.nextInt(40) : 1 + random.nextInt(8);
        List<String> subscription = pickTopics(topics, 0);
        for (int i = 0; i < size; ++i) members.add(newMember(kind, topics, racks, equal, subscription));
        List<String> lines = null;
        try {
            for (int round = random.nextInt(4); round > 0; --round) {
                lines = describe(kind, topics, members, cooperative);
                Map<String, Assignment> given = assign(newAssignor(kind), topics, members, cooperative);
                settle(members, given, 5 - round);
                change(kind, topics, members, racks, equal, subscription);
            }
            if (random.nextInt(6) == 0) confuse(members, topics);
            lines = describe(kind, topics, members, cooperative);
            Map<String, Assignment> given = assign(newAssignor(kind), topics, members, cooperative);
            lines.forEach(out::println);
            new TreeMap<>(given).forEach((id, assignment) ->
                    out.println("gives " + id + " " + list(assignment.partitions())));
            out.println("end");
            return true;
        } catch (Hangs hangs) {
            lines.forEach(out::println);
            out.println("hangs");
            out.println("end");
            return true;
        } catch (RuntimeException noAnswer) {
            return false;
        }
    }

    /** What the assignor answers, if it does. */
    private Map<String, Assignment> answer(ConsumerPartitionAssignor assignor, Cluster cluster,
            GroupSubscription group) throws Hangs {
        Future<Map<String, Assignment>> answer =
                worker.submit(() -> assignor.assign(cluster, group).groupAssignment());
        try {
            return answer.get(FOR_EVER_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException never) {
            leaveWorker();
            throw new Hangs();
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof RuntimeException) throw (RuntimeException) failed.getCause();
            throw new IllegalStateException(failed.getCause());
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }

    private ExecutorService newWorker() {
        return Executors.newSingleThreadExecutor(task -> {
            workerThread = new Thread(task);
            workerThread.setDaemon(true);
            return workerThread;
        });
    }

    /** Nothing else ends the loop the thread is in; where Java no longer can, it goes on beside us. */
    @SuppressWarnings({"deprecation", "removal"})
    private void leaveWorker() {
        worker.shutdownNow();
        try {
            workerThread.stop();
        } catch (UnsupportedOperationException since20) {
            System.err.println("a thread is left in an assignor that hangs");
        }
        worker = newWorker();
    }

    private Map<String, List<List<String>>> newTopics(boolean racks) {
        Map<String, List<List<String>>> topics = new TreeMap<>();
        int count = 1 + random.nextInt(5);
        int same = 1 + random.nextInt(12);
        boolean together = random.nextBoolean();
        boolean alike = random.nextBoolean();
        List<List<String>> first = null;
        for (int i = 0; i < count; ++i) {
            List<List<String>> partitions = new ArrayList<>();
            int wanted = together ? same : 1 + random.nextInt(16);
            for (int p = 0; p < wanted; ++p) partitions.add(newRacks(racks));
            if (first == null) first = partitions;
            topics.put("topic" + i + "-" + random.nextInt(100), together && alike ? first : partitions);
        }
        return topics;
    }

    private List<String> newRacks(boolean racks) {
        if (!racks) return List.of();
        TreeSet<String> replicas = new TreeSet<>();
        for (int i = random.nextInt(4); i >= 0; --i) {
            if (random.nextInt(12) > 0) replicas.add(RACKS[random.nextInt(RACKS.length)]);
        }
        return new ArrayList<>(replicas);
    }

    private List<String> pickTopics(Map<String, List<List<String>>> topics, int least) {
        List<String> picked = new ArrayList<>(topics.keySet());
        if (random.nextInt(8) == 0) picked.add("missing");
        Collections.shuffle(picked, random);
        int count = Math.max(least == 0 ? 1 : 0, random.nextInt(picked.size() + 1));
        return new ArrayList<>(picked.subList(0, count));
    }

    private Member newMember(int kind, Map<String, List<List<String>>> topics, boolean racks,
            boolean equal, List<String> subscription) {
        Member member = new Member();
        String[] clients = {"consumer-1", "c", "svc", "\u00e9t\u00e9", "rdkafka"};
        byte[] uuid = new byte[8];
        random.nextBytes(uuid);
        member.id = clients[random.nextInt(clients.length)] + "-" + HexFormat.of().formatHex(uuid);
        if (random.nextInt(4) == 0) member.instance = "i" + random.nextInt(1000);
        if (racks && random.nextInt(5) > 0) member.rack = RACKS[random.nextInt(RACKS.length)];
        member.topics = equal ? subscription : pickTopics(topics, 1);
        member.assignor = newAssignor(kind);
        member.userData = member.assignor.subscriptionUserData(new TreeSet<>(member.topics));
        return member;
    }

    private Map<String, Assignment> assign(ConsumerPartitionAssignor assignor,
            Map<String, List<List<String>>> topics, List<Member> members, boolean cooperative)
            throws Hangs {
        List<PartitionInfo> partitions = new ArrayList<>();
        topics.forEach((topic, racks) -> {
            for (int p = 0; p < racks.size(); ++p) {
                Node[] replicas = racks.get(p).stream()
                        .map(rack -> new Node(rack.charAt(0), "h", 1, rack)).toArray(Node[]::new);
                partitions.add(new PartitionInfo(topic, p, null, replicas, replicas));
            }
        });
        Cluster cluster = new Cluster("c", List.of(), partitions, Collections.emptySet(),
                Collections.emptySet());
        Map<String, Subscription> subscriptions = new HashMap<>();
        for (Member member : members) {
            subscriptions.put(member.id, member.subscription(cooperative));
        }
        Map<String, Assignment> given =
                answer(assignor, cluster, new GroupSubscription(subscriptions));
        for (Member member : members) if (member.userData != null) member.userData.rewind();
        return given;
    }

    private void settle(List<Member> members, Map<String, Assignment> given, int generation) {
        for (Member member : members) {
            if (random.nextInt(12) == 0) continue;  // this one missed the rebalance
            Assignment assignment = given.get(member.id);
            member.owned = new ArrayList<>(assignment.partitions());
            member.generation = generation;
            member.assignor.onAssignment(assignment,
                    new ConsumerGroupMetadata("g", generation, member.id, Optional.empty()));
            member.userData = member.assignor.subscriptionUserData(new TreeSet<>(member.topics));
        }
    }

    private void change(int kind, Map<String, List<List<String>>> topics, List<Member> members,
            boolean racks, boolean equal, List<String> subscription) {
        if (members.size() > 1 && random.nextBoolean()) members.remove(random.nextInt(members.size()));
        for (int i = random.nextInt(3); i > 0; --i) {
            members.add(newMember(kind, topics, racks, equal, subscription));
        }
        if (random.nextInt(3) == 0) Collections.shuffle(members, random);
        String topic = new ArrayList<>(topics.keySet()).get(random.nextInt(topics.size()));
        if (random.nextInt(4) == 0) {
            List<List<String>> more = new ArrayList<>(topics.get(topic));
            for (int i = random.nextInt(4); i >= 0; --i) more.add(newRacks(racks));
            topics.put(topic, more);
        } else if (topics.size() > 1 && random.nextInt(10) == 0) {
            topics.remove(topic);
        }
        if (!equal && random.nextBoolean()) {
            members.get(random.nextInt(members.size())).topics = pickTopics(topics, 1);
        }
    }

    /** Claims that contradict each other, old user data, none, and rubbish. */
    private void confuse(List<Member> members, Map<String, List<List<String>>> topics) {
        for (Member member : members) {
            int trick = random.nextInt(6);
            if (trick == 0) {
                member.owned = new ArrayList<>(members.get(random.nextInt(members.size())).owned);
            } else if (trick == 1) {
                member.userData = members.get(random.nextInt(members.size())).userData;
                if (member.userData != null) member.userData = member.userData.duplicate();
            } else if (trick == 2) {
                member.generation = random.nextInt(5) - 1;
            } else if (trick == 3) {
                byte[] bytes = new byte[random.nextInt(12)];
                random.nextBytes(bytes);
                if (bytes.length > 0) bytes[0] = 0;
                member.userData = random.nextBoolean() ? null : ByteBuffer.wrap(bytes);
            } else if (trick == 4 && member.userData != null && member.userData.remaining() > 4) {
                int size = member.userData.remaining() - 4;
                byte[] bytes = new byte[size];
                member.userData.duplicate().get(bytes);
                member.userData = ByteBuffer.wrap(bytes);
            }
        }
    }

    private static List<String> describe(int kind, Map<String, List<List<String>>> topics,
            List<Member> members, boolean cooperative) {
        List<String> lines = new ArrayList<>();
        lines.add("case " + newAssignor(kind).name());
        topics.forEach((topic, racks) -> lines.add("topic " + topic + " " + racks.stream()
                .map(of -> of.isEmpty() ? "-" : String.join("+", of))
                .collect(Collectors.joining(","))));
        for (Member member : members) {
            byte[] data = null;
            if (member.userData != null) {
                data = new byte[member.userData.remaining()];
                member.userData.duplicate().get(data);
            }
            lines.add(String.join(" ", "member", member.id, orDash(member.instance),
                    orDash(member.rack), String.valueOf(member.generation),
                    data == null ? "null" : data.length == 0 ? "-" : HexFormat.of().formatHex(data),
                    member.topics.isEmpty() ? "-" : String.join(",", member.topics),
                    list(cooperative ? member.owned : List.of())));
        }
        return lines;
    }

    private static String orDash(String text) {
        return text == null ? "-" : text;
    }

    private static String list(List<TopicPartition> partitions) {
        if (partitions.isEmpty()) return "-";
        return partitions.stream().map(TopicPartition::toString).collect(Collectors.joining(","));
    }
}
