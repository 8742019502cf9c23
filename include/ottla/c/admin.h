// Makes, removes and looks at topics and groups. See ottla/c.h for what holds everywhere,
// ottla/admin.h for more on each call. Every call waits, at most default.api.timeout.ms.
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

// Makes it have `count` partitions, those that are there included. Errors:
// UNKNOWN_TOPIC_OR_PARTITION (3), INVALID_PARTITIONS (37) ...
OTTLA_C_API ottla_error* ottla_admin_create_partitions(ottla_admin* admin, const char* topic,
                                                       int32_t count);

// Changes single settings of a topic, all of these or none; those that are not named stay. Without
// a value (NULL): back to the default. Errors: UNKNOWN_TOPIC_OR_PARTITION (3), INVALID_CONFIG (40).
OTTLA_C_API ottla_error* ottla_admin_set_topic_configs(ottla_admin* admin, const char* topic,
                                                       const ottla_property* configs, size_t count);

// Deletes the records below `offset`, for good (-1: all); `low_watermark` (NULL: nobody asks) is
// the first offset from then on. Errors: OFFSET_OUT_OF_RANGE (1), POLICY_VIOLATION (44) ...
OTTLA_C_API ottla_error* ottla_admin_delete_records(ottla_admin* admin, const char* topic,
                                                    int32_t partition, int64_t offset,
                                                    int64_t* low_watermark);

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

// ---- Groups of consumers

typedef struct ottla_groups ottla_groups;

// All groups that this client may see, by name. Error: that of the first broker that did not tell.
OTTLA_C_API ottla_error* ottla_admin_list_groups(ottla_admin* admin, ottla_groups** groups);
OTTLA_C_API size_t ottla_groups_count(const ottla_groups* groups);
// NULL if there are not so many. The state as Kafka writes it: "Stable", "Empty" ...
OTTLA_C_API const char* ottla_groups_id(const ottla_groups* groups, size_t index);
OTTLA_C_API const char* ottla_groups_state(const ottla_groups* groups, size_t index);
OTTLA_C_API void ottla_groups_free(ottla_groups* groups);

typedef struct ottla_group ottla_group;

// One of its members; `struct_size` is set by whoever asks (OTTLA_GROUP_MEMBER begins one so).
// Pointers live as long as the group does.
typedef struct ottla_group_member {
  size_t struct_size;
  const char* member_id;
  const char* group_instance_id;  // NULL: it is no static member
  const char* client_id;
  const char* client_host;
  size_t partition_count;  // that it reads
} ottla_group_member;

#define OTTLA_GROUP_MEMBER \
  { sizeof(ottla_group_member), NULL, NULL, NULL, NULL, 0 }

// Errors: GROUP_ID_NOT_FOUND (69), GROUP_AUTHORIZATION_FAILED (30), timed_out ...
OTTLA_C_API ottla_error* ottla_admin_describe_group(ottla_admin* admin, const char* group_id,
                                                    ottla_group** group);
OTTLA_C_API const char* ottla_group_id(const ottla_group* group);
OTTLA_C_API const char* ottla_group_state(const ottla_group* group);
// The name of what shares the partitions out; of a stable group.
OTTLA_C_API const char* ottla_group_assignor(const ottla_group* group);
// The id of the broker that keeps it.
OTTLA_C_API int32_t ottla_group_coordinator(const ottla_group* group);
OTTLA_C_API size_t ottla_group_member_count(const ottla_group* group);
// Error: invalid_argument (there are not so many).
OTTLA_C_API ottla_error* ottla_group_get_member(const ottla_group* group, size_t index,
                                                ottla_group_member* member);
// Copies the partitions that a member reads, sorted, at most `capacity`; says how many there are.
OTTLA_C_API size_t ottla_group_member_partitions(const ottla_group* group, size_t index,
                                                 ottla_topic_partition* partitions,
                                                 size_t capacity);
OTTLA_C_API void ottla_group_free(ottla_group* group);

// With all that it has committed. Errors: NON_EMPTY_GROUP (68), GROUP_ID_NOT_FOUND (69) ...
OTTLA_C_API ottla_error* ottla_admin_delete_group(ottla_admin* admin, const char* group_id);

typedef struct ottla_offsets ottla_offsets;

// All that a group has committed, sorted; nothing of a group that is not known.
OTTLA_C_API ottla_error* ottla_admin_list_group_offsets(ottla_admin* admin, const char* group_id,
                                                        ottla_offsets** offsets);
OTTLA_C_API size_t ottla_offsets_count(const ottla_offsets* offsets);
// NULL if there are not so many.
OTTLA_C_API const ottla_offset* ottla_offsets_get(const ottla_offsets* offsets, size_t index);
OTTLA_C_API void ottla_offsets_free(ottla_offsets* offsets);

// Commits for a group without members, and makes it if it is new. Error: that of the first
// partition that failed; UNKNOWN_MEMBER_ID (25): the group has members.
OTTLA_C_API ottla_error* ottla_admin_alter_group_offsets(ottla_admin* admin, const char* group_id,
                                                         const ottla_offset* offsets, size_t count);

// Fails what is under way with `closed`. Closing again is success.
OTTLA_C_API ottla_error* ottla_admin_close(ottla_admin* admin);
OTTLA_C_API void ottla_admin_free(ottla_admin* admin);

#ifdef __cplusplus
}
#endif
