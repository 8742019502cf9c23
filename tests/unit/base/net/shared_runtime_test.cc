#include "base/net/shared_runtime.h"

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <memory>

namespace ottla::base {
namespace {

// Tells of its end.
class Told {
 public:
  explicit Told(std::promise<void>& ended) : ended_(ended) {}
  Told(const Told&) = delete;
  Told& operator=(const Told&) = delete;
  ~Told() { ended_.set_value(); }

 private:
  std::promise<void>& ended_;
};

// Lets the last owner go where `run` runs a task, and waits for the end of the runtime: it takes
// along the timer that it never came to.
void end_on(const std::function<void(Runtime&, Task)>& run) {
  std::promise<void> ended;
  auto runtime = start_shared_runtime({});
  auto& loop = *runtime->loop(0).loop;
  loop.post([&loop, told = std::make_unique<Told>(ended)]() mutable {
    loop.call_at(kNever, [told = std::move(told)] {});
  });
  auto& reference = *runtime;
  run(reference, [last = std::move(runtime)]() mutable { last.reset(); });
  ended.get_future().get();
}

TEST(SharedRuntime, ends_though_its_last_owner_goes_on_a_thread_of_its_own) {
  end_on([](Runtime& runtime, Task task) { runtime.run_callback(std::move(task)); });
  end_on([](Runtime& runtime, Task task) { runtime.loop(0).loop->post(std::move(task)); });
  end_on([](Runtime& runtime, Task task) {
    auto& loop = *runtime.loop(0).loop;
    loop.post(
        [&loop, sleeps = std::move(task)]() mutable { loop.offload(std::move(sleeps), [] {}); });
  });
}

TEST(SharedRuntime, ends_where_its_last_owner_goes) {
  end_on([](Runtime&, Task task) { task(); });
}

}  // namespace
}  // namespace ottla::base
