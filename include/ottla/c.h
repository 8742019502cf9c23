// Ottla for C, and for every language that can call C: producer, consumer, admin, and a broker
// inside the program. C99; nothing of C++ shows, and no exception leaves it.
//
//   ottla_config *config = ottla_config_new();
//   ottla_config_set(config, "bootstrap.servers", "localhost:9092");
//   ottla_producer *producer = NULL;
//   ottla_error *error = ottla_producer_open(config, &producer);
//
// What holds everywhere:
//
// - A call that can fail returns an error, which is the caller's and is given back with
//   ottla_error_free; NULL is success. Out parameters are set only then, except to NULL.
// - Handles are opaque. Whoever was given one gives it back with the function that has its type's
//   name and `_free`, which takes NULL. A handle must not be used by anybody while, or after, it is
//   given back; before that, after its `_close`, every call answers `closed` (10001), what sends
//   records in their callbacks.
// - NULL where something must be, and sizes that make no sense, are invalid_argument (10000).
// - Strings end with a zero byte and are UTF-8. What is handed in is copied before the call
//   returns; what is handed out lives as long as what it was asked of, unless it says otherwise.
// - Any thread may call anything at any time, but for giving handles back. Callbacks come on a
//   thread of the library's own, one at a time per client (per runtime, if clients share one); they
//   must not wait for a client (would_block, 10003) nor jump out with longjmp.
// - In a child made by fork() calls answer `closed`, as in C++: open anew there.
//
// Versions: a program that was compiled with this header runs with every later library that
// answers the same number to ottla_c_abi. Until then functions, error codes and members of structs
// that say their size are only added.
#pragma once

#include "ottla/c/admin.h"
#include "ottla/c/base.h"
#include "ottla/c/consumer.h"
#include "ottla/c/embedded_broker.h"
#include "ottla/c/producer.h"
