// Makes, removes and looks at topics. See ottla/c.h for what holds everywhere, ottla/admin.h for
// more on each call. Every call waits, at most default.api.timeout.ms.
#pragma once

#include "ottla/c/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ottla_admin ottla_admin;

// The keys are those of Kafka's admin client; bootstrap.servers must be set. Does not wait for a
// broker. Errors: invalid_argument, naming the key and what it should be.
OTTLA_C_API ottla_error* ottla_admin_open(const ottla_config* config, ottla_admin** admin);

// A topic to be made; begins as OTTLA_NEW_TOPIC.
typedef struct ottla_new_topic {
  size_t struct_size;
  const char* name;
  int32_t partitions;          // -1: as many as the broker's num.partitions says
  int32_t replication_factor;  // -1: the broker's default.replication.factor
  const ottla_property* configs;
  size_t config_count;
  int32_t validate_only;  // not 0: check, and make nothing
} ottla_new_topic;

#define OTTLA_NEW_TOPIC \
  { sizeof(ottla_new_topic), NULL, -1, -1, NULL, 0, 0 }

// Errors: TOPIC_ALREADY_EXISTS (36), INVALID_TOPIC_EXCEPTION (17), INVALID_PARTITIONS (37),
// INVALID_REPLICATION_FACTOR (38), INVALID_CONFIG (40), timed_out ...
OTTLA_C_API ottla_error* ottla_admin_create_topic(ottla_admin* admin, const ottla_new_topic* topic);

// Errors: UNKNOWN_TOPIC_OR_PARTITION (3), TOPIC_DELETION_DISABLED (73), timed_out ...
OTTLA_C_API ottla_error* ottla_admin_delete_topic(ottla_admin* admin, const char* name);

// ---- What is there

typedef struct ottla_topics ottla_topics;

// The names of all topics that this client may see, sorted, those of the cluster's own apart.
OTTLA_C_API ottla_error* ottla_admin_list_topics(ottla_admin* admin, ottla_topics** topics);
OTTLA_C_API size_t ottla_topics_count(const ottla_topics* topics);
// NULL if there are not so many.
OTTLA_C_API const char* ottla_topics_name(const ottla_topics* topics, size_t index);
OTTLA_C_API void ottla_topics_free(ottla_topics* topics);

typedef struct ottla_topic ottla_topic;

// Errors: UNKNOWN_TOPIC_OR_PARTITION (3), TOPIC_AUTHORIZATION_FAILED (29), timed_out ...
OTTLA_C_API ottla_error* ottla_admin_describe_topic(ottla_admin* admin, const char* name,
                                                    ottla_topic** topic);
OTTLA_C_API const char* ottla_topic_name(const ottla_topic* topic);
// 22 characters; empty if the broker is older than topic ids.
OTTLA_C_API const char* ottla_topic_id(const ottla_topic* topic);
OTTLA_C_API int32_t ottla_topic_partition_count(const ottla_topic* topic);
// A broker's id; -1 while the partition has no leader, and where there is no such partition.
OTTLA_C_API int32_t ottla_topic_leader(const ottla_topic* topic, int32_t partition);
// Copies the ids of the brokers that hold the partition, or that are in sync, at most `capacity`;
// says how many there are.
OTTLA_C_API size_t ottla_topic_replicas(const ottla_topic* topic, int32_t partition,
                                        int32_t* brokers, size_t capacity);
OTTLA_C_API size_t ottla_topic_in_sync_replicas(const ottla_topic* topic, int32_t partition,
                                                int32_t* brokers, size_t capacity);
OTTLA_C_API void ottla_topic_free(ottla_topic* topic);

// Fails what is under way with `closed`. Closing again is success.
OTTLA_C_API ottla_error* ottla_admin_close(ottla_admin* admin);
OTTLA_C_API void ottla_admin_free(ottla_admin* admin);

#ifdef __cplusplus
}
#endif
