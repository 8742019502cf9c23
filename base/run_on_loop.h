#pragma once

#include <future>
#include <memory>
#include <utility>

#include "base/loop.h"
#include "ottla/result.h"

namespace ottla::base {

// Runs `act(done)` on `loop` and waits until it calls `done` with the outcome. For threads outside
// the runtime; a loop that waits for itself would wait for ever.
template <class T = void, class Act>
Result<T> run_on_loop(Loop& loop, Act act) {
  auto outcome = std::make_shared<std::promise<Result<T>>>();
  auto future = outcome->get_future();
  loop.post([act = std::move(act), outcome]() mutable {
    act([outcome](Result<T> result) { outcome->set_value(std::move(result)); });
  });
  return future.get();
}

}  // namespace ottla::base
