#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include "ottla/logging.h"
#include "ottla/result.h"

namespace ottla {

namespace base {
class Runtime;
struct RuntimeOptions;
}  // namespace base

struct RuntimeOptions {
  // Threads for what may sleep, such as the files of embedded brokers; 1 to 64.
  std::int32_t workers = 2;

  // How long the network thread looks for the next event before it sleeps; up to 10 ms. Zero: 30
  // us, and all looks in vain together take at most a twentieth of its time. Longer looks spare
  // answers the time to wake a thread, for a processor that is busy meanwhile: at 200 us about 2 %
  // of one at a hundred events a second, all of it at some thousands.
  std::chrono::microseconds busy_poll{0};

  // Callbacks run on the network thread: one thread less to wake for each, and none to look after.
  // While a callback runs, nothing of what shares the runtime is sent or received.
  bool callbacks_on_network_thread = false;

  // Where log lines go (unset: stderr), from this level on.
  LogSink log_sink{};
  LogLevel log_level = LogLevel::warn;
};

// Threads that the clients and embedded brokers of a process share: one for the network, one for
// callbacks, `workers` and one for looking up names, however many share them. Who is given none has
// a small set of its own.
//
//   const auto runtime = ottla::Runtime::start().value();
//   auto producer = ottla::Producer::open({.bootstrap_servers = "b:9092", .runtime = runtime});
//   auto consumer = ottla::Consumer::open({.bootstrap_servers = "b:9092", .runtime = runtime});
//
// A callback holds up those of all that share; what would wait for a callback or a record answers
// would_block on the callback thread, whosever it is. Copies stand for the same threads, which end
// with the last copy and the last client. Any thread. In a child made by fork() there are no
// threads: what is opened there on its parent's runtime answers `closed`.
class Runtime {
 public:
  // None: who is given it starts threads of its own.
  Runtime() = default;

  // Errors: invalid_argument, naming the option.
  static Result<Runtime> start(RuntimeOptions options = {});

  explicit operator bool() const { return impl_ != nullptr; }

  // For the library's own use: what it stands for, or an own one for who was given none.
  Result<std::shared_ptr<base::Runtime>> get_or_start(const base::RuntimeOptions& own) const;

 private:
  explicit Runtime(std::shared_ptr<base::Runtime> impl);

  std::shared_ptr<base::Runtime> impl_;
  std::uint32_t started_in_ = 0;  // which process of a line of forks
};

}  // namespace ottla
