/* What a test in C needs: checks that go on, and errors that are given back. */
#pragma once

#include <stdio.h>
#include <string.h>

#include "ottla/c.h"

extern int failures;

#define CHECK(condition)                                                      \
  do {                                                                        \
    if (!(condition)) {                                                       \
      fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition); \
      failures++;                                                             \
    }                                                                         \
  } while (0)

/* The call answers this code; 0 is success. */
#define CHECK_CODE(call, expected) check_code((call), (expected), __FILE__, __LINE__, #call)
#define CHECK_OK(call) CHECK_CODE(call, OTTLA_OK)

void check_code(ottla_error* error, int code, const char* file, int line, const char* call);

/* A broker in memory with a topic `t` of two partitions. */
ottla_embedded_broker* start_broker(void);

/* A configuration with the broker's address. */
ottla_config* config_for(const ottla_embedded_broker* broker);

ottla_producer* open_producer(const ottla_embedded_broker* broker);

/* A record of topic `t`, partition 0. */
ottla_record record_of(const char* value);
