// What the other headers stand on: errors, configurations, threads. See ottla/c.h.
#pragma once

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define OTTLA_C_API __attribute__((visibility("default")))
#else
#define OTTLA_C_API
#endif

#define OTTLA_C_ABI 1

#ifdef __cplusplus
extern "C" {
#endif

// The OTTLA_C_ABI of the library that is running.
OTTLA_C_API uint32_t ottla_c_abi(void);

// ---- Errors

typedef struct ottla_error ottla_error;

// Codes below 10000 are Kafka's own (https://kafka.apache.org/protocol), these are the library's.
enum {
  OTTLA_OK = 0,
  OTTLA_INVALID_ARGUMENT = 10000,
  OTTLA_CLOSED = 10001,
  OTTLA_TIMED_OUT = 10002,
  OTTLA_WOULD_BLOCK = 10003,
  OTTLA_IO_ERROR = 10004,
  OTTLA_NO_SPACE = 10005,
  OTTLA_NOT_FOUND = 10006,
  OTTLA_ALREADY_IN_USE = 10007,
  OTTLA_CORRUPT_DATA = 10008,
  OTTLA_BUFFER_EXHAUSTED = 10012,
  OTTLA_RECORD_TOO_LARGE = 10013,
  OTTLA_NO_BOOTSTRAP_REACHABLE = 10014
};

// All of these take NULL, which is success.
OTTLA_C_API int32_t ottla_error_code(const ottla_error* error);
// Kafka's name, such as NOT_LEADER_OR_FOLLOWER; of success: NONE. Never NULL.
OTTLA_C_API const char* ottla_error_name(const ottla_error* error);
// "NAME: what happened, and what to do (topic-partition, broker, file, offset)". Never NULL.
OTTLA_C_API const char* ottla_error_message(const ottla_error* error);
// 1 or 0. What to do: the same call can succeed later; the transaction must be aborted; trying
// again does not help.
OTTLA_C_API int ottla_error_is_retriable(const ottla_error* error);
OTTLA_C_API int ottla_error_is_abortable(const ottla_error* error);
OTTLA_C_API int ottla_error_is_fatal(const ottla_error* error);
// Where it happened; empty and -1 if that is nowhere in particular.
OTTLA_C_API const char* ottla_error_topic(const ottla_error* error);
OTTLA_C_API int32_t ottla_error_partition(const ottla_error* error);
OTTLA_C_API void ottla_error_free(ottla_error* error);

// ---- Threads that clients and embedded brokers share; who is given none has its own.

typedef struct ottla_runtime ottla_runtime;

// `workers`: threads for what may sleep, 1 to 64. The threads end with the last that uses them,
// not with the handle.
OTTLA_C_API ottla_error* ottla_runtime_start(int32_t workers, ottla_runtime** runtime);
OTTLA_C_API void ottla_runtime_free(ottla_runtime* runtime);

// ---- Configurations: Kafka's keys and values, and what is no text. What opens a client or starts
// a broker copies what it needs, and refuses keys and values that it does not know. One thread at a
// time may use one.

typedef struct ottla_config ottla_config;

// An empty one; NULL if there is no memory.
OTTLA_C_API ottla_config* ottla_config_new(void);
OTTLA_C_API ottla_error* ottla_config_set(ottla_config* config, const char* key, const char* value);
// Sets what a .properties file says. Errors: not_found, io_error, invalid_argument (with the line).
OTTLA_C_API ottla_error* ottla_config_read_file(ottla_config* config, const char* path);
// NULL: threads of its own.
OTTLA_C_API ottla_error* ottla_config_set_runtime(ottla_config* config,
                                                  const ottla_runtime* runtime);

enum { OTTLA_LOG_DEBUG, OTTLA_LOG_INFO, OTTLA_LOG_WARN, OTTLA_LOG_ERROR, OTTLA_LOG_OFF };

// `room` is the part that speaks. Comes from any thread, also from several at once; must not call
// the library.
typedef void (*ottla_log_fn)(int level, const char* room, const char* line, void* opaque);

// Lines of this level and above go to `log` (NULL: to stderr). At first: warnings, to stderr.
OTTLA_C_API ottla_error* ottla_config_set_log(ottla_config* config, int level, ottla_log_fn log,
                                              void* opaque);

// What a client shows by OAUTHBEARER; valid while it is asked for.
typedef struct ottla_token ottla_token;

// As it is sent, such as a JWT. The connections of a client share it until a fifth of its life is
// left; without `expiry_ms` (since the Unix epoch; -1) every login asks anew.
OTTLA_C_API ottla_error* ottla_token_set(ottla_token* token, const char* text, int64_t expiry_ms);
// Sent beside it (KIP-342).
OTTLA_C_API ottla_error* ottla_token_add_extension(ottla_token* token, const char* name,
                                                   const char* value);
// There is none, and why: the login fails with that, unless the last token still lasts.
OTTLA_C_API ottla_error* ottla_token_fail(ottla_token* token, const char* why);

// Sets a token, or says why there is none. Called on a worker of the client's runtime, where it may
// sleep; one call at a time for a client, and none after it is closed, but one that is under way
// then may outlast a client on a shared runtime.
typedef void (*ottla_token_fn)(ottla_token* token, void* opaque);

// With sasl.mechanism OAUTHBEARER: where tokens come from (NULL: nowhere). `release` (NULL: nothing
// is to be done) is called with `opaque` once, when neither the configuration nor a client can call
// any more, and also if this call fails.
OTTLA_C_API ottla_error* ottla_config_set_oauthbearer(ottla_config* config, ottla_token_fn give,
                                                      void* opaque, void (*release)(void* opaque));
OTTLA_C_API void ottla_config_free(ottla_config* config);

// ---- Words that several headers use. These structs stay as they are.

typedef struct ottla_topic_partition {
  const char* topic;
  int32_t partition;
} ottla_topic_partition;

// A place to go on reading from.
typedef struct ottla_offset {
  const char* topic;
  int32_t partition;
  int64_t offset;        // of the next record to be read
  const char* metadata;  // what the application keeps beside it, or NULL
} ottla_offset;

// The size of a key that ends with a zero byte.
#define OTTLA_NUL_TERMINATED ((size_t)-1)

// `value` is NULL for Kafka's null, which is not the same as empty.
typedef struct ottla_header {
  const char* key;
  size_t key_size;
  const void* value;
  size_t value_size;
} ottla_header;

// A setting of a topic: "cleanup.policy", "compact".
typedef struct ottla_property {
  const char* key;
  const char* value;
} ottla_property;

#ifdef __cplusplus
}
#endif
