#pragma once

#include <cstddef>
#include <memory>

#include "base/logger.h"
#include "base/net/busy_poll.h"
#include "base/runtime.h"

namespace ottla::base {

struct RuntimeOptions {
  std::size_t loops = 1;
  std::size_t workers = 2;
  Logger log;
  BusyPoll::Limits busy_poll{};
  // Callbacks run on the first loop; otherwise on a thread of their own.
  bool callbacks_on_loop = false;
};

// Starts the real runtime: a thread per loop, `workers` threads for what may sleep, one thread for
// callbacks (started when first used). Destroying it stops and joins them; tasks that were not yet
// run are destroyed on the destroying thread. Must not be destroyed on one of its own threads.
std::unique_ptr<Runtime> start_runtime(const RuntimeOptions& options = {});

}  // namespace ottla::base
