// Reads records of topics, alone or as a member of a group. See ottla/c.h for what holds
// everywhere, ottla/consumer.h for more on each call.
#pragma once

#include "ottla/c/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ottla_consumer ottla_consumer;

// ---- What a poll brought. Reading is safe from many threads.

typedef struct ottla_records ottla_records;

// One record; `struct_size` is set by whoever asks (OTTLA_CONSUMED begins one so). Pointers live as
// long as the records do.
typedef struct ottla_consumed {
  size_t struct_size;
  const char* topic;
  int32_t partition;
  int32_t leader_epoch;  // -1: not known
  int64_t offset;
  int64_t timestamp_ms;    // since the Unix epoch; -1: none
  int32_t timestamp_type;  // 0: the producer's, 1: the broker's, when it stored the record
  int32_t header_count;
  const void* key;  // NULL: null
  size_t key_size;
  const void* value;  // NULL: null
  size_t value_size;
} ottla_consumed;

#define OTTLA_CONSUMED \
  { sizeof(ottla_consumed), NULL, -1, -1, -1, -1, 0, 0, NULL, 0, NULL, 0 }

// NULL has none.
OTTLA_C_API size_t ottla_records_count(const ottla_records* records);
// The records of a partition are in order and next to each other. Error: invalid_argument (there
// are not so many).
OTTLA_C_API ottla_error* ottla_records_get(const ottla_records* records, size_t index,
                                           ottla_consumed* record);
// Copies the headers of a record, at most `capacity` of them, in order; says how many. Their keys
// do not end with a zero byte.
OTTLA_C_API size_t ottla_records_headers(const ottla_records* records, size_t index,
                                         ottla_header* headers, size_t capacity);
OTTLA_C_API void ottla_records_free(ottla_records* records);

// ---- The consumer

// The keys are those of Kafka's consumer; bootstrap.servers must be set. Does not wait for a
// broker. Errors: invalid_argument, naming the key and what it should be.
OTTLA_C_API ottla_error* ottla_consumer_open(const ottla_config* config, ottla_consumer** consumer);

enum {
  OTTLA_PARTITIONS_ASSIGNED,  // they came with a rebalance
  OTTLA_PARTITIONS_REVOKED,   // they are this consumer's for the last time: commit
  OTTLA_PARTITIONS_LOST       // they are somebody else's already
};

// Hears of partitions that come and go; within a poll, on the thread that polls, and may call the
// consumer.
typedef void (*ottla_rebalance_fn)(int event, const ottla_topic_partition* partitions, size_t count,
                                   void* opaque);

// Reads these topics as a member of the group group.id, which shares their partitions among its
// members. Joining begins with the next poll. Replaces what was subscribed to before; no topics:
// leaves. `rebalanced` may be NULL. Errors: invalid_argument (no group.id, or partitions are
// assigned by hand).
OTTLA_C_API ottla_error* ottla_consumer_subscribe(ottla_consumer* consumer,
                                                  const char* const* topics, size_t count,
                                                  ottla_rebalance_fn rebalanced, void* opaque);

// The same for all topics whose whole names match a pattern in RE2's syntax, those included that
// come later.
OTTLA_C_API ottla_error* ottla_consumer_subscribe_pattern(ottla_consumer* consumer,
                                                          const char* pattern,
                                                          ottla_rebalance_fn rebalanced,
                                                          void* opaque);

// Reads exactly these partitions: from where the group has committed, else as auto.offset.reset
// says.
OTTLA_C_API ottla_error* ottla_consumer_assign(ottla_consumer* consumer,
                                               const ottla_topic_partition* partitions,
                                               size_t count);

// The next poll gives the record with this offset, or the first after it. Errors: invalid_argument,
// not_found (not assigned).
OTTLA_C_API ottla_error* ottla_consumer_seek(ottla_consumer* consumer, const char* topic,
                                             int32_t partition, int64_t offset);

// To the oldest record, and behind the newest one; no partitions: all that are assigned. Error:
// not_found (not assigned).
OTTLA_C_API ottla_error* ottla_consumer_seek_to_beginning(ottla_consumer* consumer,
                                                          const ottla_topic_partition* partitions,
                                                          size_t count);
OTTLA_C_API ottla_error* ottla_consumer_seek_to_end(ottla_consumer* consumer,
                                                    const ottla_topic_partition* partitions,
                                                    size_t count);

// Paused partitions keep their position and bring no records. Error: not_found (not assigned).
OTTLA_C_API ottla_error* ottla_consumer_pause(ottla_consumer* consumer,
                                              const ottla_topic_partition* partitions,
                                              size_t count);
OTTLA_C_API ottla_error* ottla_consumer_resume(ottla_consumer* consumer,
                                               const ottla_topic_partition* partitions,
                                               size_t count);

// Waits until there are records, at most `timeout_ms` (negative: for ever); none in time is
// success without records, which are to be freed as well. One poll at a time: another meanwhile is
// already_in_use. A close on another thread ends it with `closed`. An error leaves the position
// where it was.
OTTLA_C_API ottla_error* ottla_consumer_poll(ottla_consumer* consumer, int64_t timeout_ms,
                                             ottla_records** records);

// Commits what polls have returned so far, and waits until the group's coordinator has stored it.
// With enable.auto.commit (as at first) it happens by itself, once poll is called again.
OTTLA_C_API ottla_error* ottla_consumer_commit(ottla_consumer* consumer);
// The same for exactly these.
OTTLA_C_API ottla_error* ottla_consumer_commit_offsets(ottla_consumer* consumer,
                                                       const ottla_offset* offsets, size_t count);

// What commits without waiting tell; `error` is NULL, or valid during the call.
typedef void (*ottla_commit_fn)(const ottla_error* error, void* opaque);
// `committed` is called once, on the callback thread (NULL: nobody).
OTTLA_C_API ottla_error* ottla_consumer_commit_async(ottla_consumer* consumer,
                                                     ottla_commit_fn committed, void* opaque);

// Where the group goes on; -1: it has committed nothing.
OTTLA_C_API ottla_error* ottla_consumer_committed(ottla_consumer* consumer, const char* topic,
                                                  int32_t partition, int64_t* offset);
// Of the next record that poll will give. Errors: not_found (not assigned), timed_out.
OTTLA_C_API ottla_error* ottla_consumer_position(ottla_consumer* consumer, const char* topic,
                                                 int32_t partition, int64_t* offset);

// Of the oldest record there is, and behind the newest one. Error: timed_out ...
OTTLA_C_API ottla_error* ottla_consumer_beginning_offset(ottla_consumer* consumer,
                                                         const char* topic, int32_t partition,
                                                         int64_t* offset);
OTTLA_C_API ottla_error* ottla_consumer_end_offset(ottla_consumer* consumer, const char* topic,
                                                   int32_t partition, int64_t* offset);
// Of the first record at or after a time, since the Unix epoch; -1: there is none.
OTTLA_C_API ottla_error* ottla_consumer_offset_for_time(ottla_consumer* consumer, const char* topic,
                                                        int32_t partition, int64_t timestamp_ms,
                                                        int64_t* offset);
// How many offsets lie between the position and the end that the last fetch told of; -1: not known.
OTTLA_C_API int64_t ottla_consumer_lag(const ottla_consumer* consumer, const char* topic,
                                       int32_t partition);

// Commits (with enable.auto.commit) and leaves the group, in at most `timeout_ms` (negative: 30
// seconds). Closing again is success. On the callback thread: invalid_argument.
OTTLA_C_API ottla_error* ottla_consumer_close(ottla_consumer* consumer, int64_t timeout_ms);

// Closes it if that has not been done; then what the last poll returned counts as not processed.
OTTLA_C_API void ottla_consumer_free(ottla_consumer* consumer);

#ifdef __cplusplus
}
#endif
