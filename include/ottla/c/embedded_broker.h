// A whole broker inside the program, for tests and small machines. See ottla/c.h for what holds
// everywhere, ottla/embedded_broker.h for more on each call.
#pragma once

#include "ottla/c/base.h"
#include "ottla/c/consumer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ottla_embedded_broker ottla_embedded_broker;

// A topic that is there from the start.
typedef struct ottla_embedded_topic {
  const char* name;
  int32_t partitions;
} ottla_embedded_topic;

// Begins as OTTLA_EMBEDDED_OPTIONS.
typedef struct ottla_embedded_options {
  size_t struct_size;
  const char* data_directory;  // NULL: in memory, gone with the broker
  const ottla_embedded_topic* topics;
  size_t topic_count;
} ottla_embedded_options;

#define OTTLA_EMBEDDED_OPTIONS \
  { sizeof(ottla_embedded_options), NULL, NULL, 0 }

// Returns when the broker accepts connections, on 127.0.0.1 and a free port unless `listeners` says
// otherwise, and its topics exist. `config` has keys of server.properties; both may be NULL.
// Errors: INVALID_CONFIG (40), already_in_use (port or data directory), io_error, and what making a
// topic can answer.
OTTLA_C_API ottla_error* ottla_embedded_broker_start(const ottla_config* config,
                                                     const ottla_embedded_options* options,
                                                     ottla_embedded_broker** broker);

// host:port, for bootstrap.servers.
OTTLA_C_API const char* ottla_embedded_broker_address(const ottla_embedded_broker* broker);

// ---- Faults. Each waits for the next `times` requests of an API (Kafka's number: 0 is Produce, 1
// is Fetch), or of those for one that names `topic` (NULL: any).

// Not carried out, and answered with `code`, one of Kafka's.
OTTLA_C_API ottla_error* ottla_embedded_broker_fail_next(ottla_embedded_broker* broker, int32_t api,
                                                         const char* topic, int32_t code,
                                                         uint32_t times);
// The connection is closed instead of answering; not 0: without carrying the request out.
OTTLA_C_API ottla_error* ottla_embedded_broker_drop_connection_next(ottla_embedded_broker* broker,
                                                                    int32_t api, const char* topic,
                                                                    int before_handling,
                                                                    uint32_t times);
// Carried out so much later.
OTTLA_C_API ottla_error* ottla_embedded_broker_delay_next(ottla_embedded_broker* broker,
                                                          int32_t api, const char* topic,
                                                          int64_t delay_ms, uint32_t times);
// Waits until every fault has met its request. Errors: timed_out (they go on waiting), closed.
OTTLA_C_API ottla_error* ottla_embedded_broker_await_faults(ottla_embedded_broker* broker,
                                                            int64_t timeout_ms);
// Forgets those that have not met their request; how many there were.
OTTLA_C_API uint64_t ottla_embedded_broker_clear_faults(ottla_embedded_broker* broker);

// ---- Time, and what is inside

// Moves the broker's time ahead, and returns when everything that was due meanwhile has been done:
// sessions, transactions and records expire. Nobody else's time moves. Errors: invalid_argument
// (negative, or more than fifty years in all), closed.
OTTLA_C_API ottla_error* ottla_embedded_broker_advance(ottla_embedded_broker* broker,
                                                       int64_t by_ms);
// The broker's wall clock, in milliseconds since the Unix epoch: for records that are to be new.
OTTLA_C_API int64_t ottla_embedded_broker_now(const ottla_embedded_broker* broker);

// The records of a topic that are still there, by partition and offset; not 0: only what is
// committed. Errors: UNKNOWN_TOPIC_OR_PARTITION (3), closed.
OTTLA_C_API ottla_error* ottla_embedded_broker_records(const ottla_embedded_broker* broker,
                                                       const char* topic, int committed_only,
                                                       ottla_records** records);

// A clean shutdown. Closing again is success.
OTTLA_C_API ottla_error* ottla_embedded_broker_close(ottla_embedded_broker* broker);
OTTLA_C_API void ottla_embedded_broker_free(ottla_embedded_broker* broker);

#ifdef __cplusplus
}
#endif
