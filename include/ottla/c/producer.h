// Sends records to topics. See ottla/c.h for what holds everywhere, ottla/producer.h for more on
// each call.
#pragma once

#include "ottla/c/base.h"
#include "ottla/c/consumer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ottla_producer ottla_producer;

// A record to be sent; begins as OTTLA_RECORD.
typedef struct ottla_record {
  size_t struct_size;
  const char* topic;
  int32_t partition;     // -1: chosen by the key, or spread evenly
  int64_t timestamp_ms;  // since the Unix epoch; -1: now
  const void* key;       // NULL: null
  size_t key_size;
  const void* value;  // NULL: null, a tombstone
  size_t value_size;
  const ottla_header* headers;
  size_t header_count;
} ottla_record;

#define OTTLA_RECORD \
  { sizeof(ottla_record), NULL, -1, -1, NULL, 0, NULL, 0, NULL, 0 }

// What became of a record; valid during the callback.
typedef struct ottla_delivery {
  size_t struct_size;
  const ottla_error* error;  // NULL: it is stored. Not to be freed
  const char* topic;
  int32_t partition;
  int64_t offset;        // -1 if the broker did not say
  int64_t timestamp_ms;  // the record's own, or the broker's if the topic has it so
} ottla_delivery;

typedef void (*ottla_delivery_fn)(const ottla_delivery* delivery, void* opaque);

// The keys are those of Kafka's producer; bootstrap.servers must be set. Does not wait for a
// broker. Errors: invalid_argument, naming the key and what it should be.
OTTLA_C_API ottla_error* ottla_producer_open(const ottla_config* config, ottla_producer** producer);

// Copies the record into its partition's batch and returns; waits, for at most max.block.ms, for
// the metadata of a topic not seen before and for memory. Without an error `delivered` (NULL:
// nobody) is called exactly once, on the callback thread, with whatever comes of the record; with
// one (invalid_argument alone) it is not.
OTTLA_C_API ottla_error* ottla_producer_send(ottla_producer* producer, const ottla_record* record,
                                             ottla_delivery_fn delivered, void* opaque);

// The same, but never waits: would_block if it would have to; then the record is not taken, and
// `delivered` not called.
OTTLA_C_API ottla_error* ottla_producer_try_send(ottla_producer* producer,
                                                 const ottla_record* record,
                                                 ottla_delivery_fn delivered, void* opaque);

// Sends what is batched, and waits until the outcome of every record sent before is known and its
// callback has run, at most delivery.timeout.ms. Its error is that of the first record that failed
// since the last flush.
OTTLA_C_API ottla_error* ottla_producer_flush(ottla_producer* producer);

// ---- Transactions, with a transactional.id. An error that is abortable: abort, then begin the
// next one; one that is fatal: this producer can write no more. timed_out (after max.block.ms): the
// call goes on, and must be made again before any other.

OTTLA_C_API ottla_error* ottla_producer_init_transactions(ottla_producer* producer);
OTTLA_C_API ottla_error* ottla_producer_begin_transaction(ottla_producer* producer);
// Commits offsets of the consumer's group with the transaction.
OTTLA_C_API ottla_error* ottla_producer_send_offsets_to_transaction(ottla_producer* producer,
                                                                    const ottla_offset* offsets,
                                                                    size_t count,
                                                                    ottla_consumer* consumer);
OTTLA_C_API ottla_error* ottla_producer_commit_transaction(ottla_producer* producer);
OTTLA_C_API ottla_error* ottla_producer_abort_transaction(ottla_producer* producer);

// Takes no more records, waits until the outcome of every record is known, at most `timeout_ms`
// (negative: delivery.timeout.ms), and fails the rest with `closed`. The answer is that of flush,
// timed_out if records had to be failed. Closing again is success. In a callback: invalid_argument.
OTTLA_C_API ottla_error* ottla_producer_close(ottla_producer* producer, int64_t timeout_ms);

// Closes it if that has not been done; what failed then goes to the log. Not in a callback.
OTTLA_C_API void ottla_producer_free(ottla_producer* producer);

#ifdef __cplusplus
}
#endif
