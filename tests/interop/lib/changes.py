"""What Apache Kafka answers to the steps of jvm/.../Administration.java, and so does Ottla."""

OUTCOMES = {
    "topic SET segment.ms=600000": "done",
    "topic APPEND cleanup.policy=compact": "done",
    "topic SUBTRACT cleanup.policy=compact": "done",
    "topic DELETE segment.bytes=null": "done",
    "topic DELETE no.such.setting=null": "done",
    "topic SET no.such.setting=1": "InvalidConfigurationException",
    "topic SET retention.ms=soon": "InvalidConfigurationException",
    "topic SET cleanup.policy=shred": "InvalidConfigurationException",
    "topic APPEND retention.ms=1": "InvalidConfigurationException",
    "topic SET remote.storage.enable=true": "InvalidConfigurationException",
    "topic SET max.compaction.lag.ms=1": "done",
    "topic SET min.compaction.lag.ms=2": "InvalidConfigurationException",
    "not-there SET segment.ms=600000": "UnknownTopicOrPartitionException",
    "broker SET log.segment.delete.delay.ms=50000": "done",
    "broker DELETE log.segment.delete.delay.ms=null": "done",
    "broker APPEND log.retention.ms=1": "InvalidConfigurationException",
    "broker SET log.retention.ms=soon": "InvalidRequestException",
    "broker SET node.id=7": "InvalidRequestException",
    "partitions 2 null": "InvalidPartitionsException",
    "partitions 1 null": "InvalidPartitionsException",
    "partitions 3 [[99]]": "InvalidReplicaAssignmentException",
    "partitions 3 [[1], [1]]": "InvalidReplicaAssignmentException",
    "partitions 3 [[1, 1]]": "InvalidReplicaAssignmentException",
    "partitions 3 null": "done",
    "partitions 4 [[1]]": "done",
    "partitions of not-there": "UnknownTopicOrPartitionException",
    "delete 2": "2",
    "delete 1": "2",
    "delete -2": "OffsetOutOfRangeException",
    "delete 1000000": "OffsetOutOfRangeException",
    "delete -1": "5",
}

# What is set at the topic afterwards, but for what it was created with.
SETTINGS = {"segment.ms": "600000", "cleanup.policy": "delete", "max.compaction.lag.ms": "1"}
PARTITIONS = 4
