#pragma once

#include <algorithm>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/task.h"
#include "base/time.h"
#include "ottla/api_key.h"
#include "ottla/error_code.h"

namespace ottla::broker {

// What a test asked to go wrong with the next requests of an API.
struct Fault {
  enum class Kind : std::uint8_t {
    fail,         // not carried out, answered with `error`
    lose,         // not carried out, and the connection is closed
    lose_answer,  // carried out, but the connection is closed instead of an answer
    delay,        // waits for `delay`, then carried out
  };
  Kind kind = Kind::fail;
  ErrorCode error = ErrorCode::none;
  base::Duration delay{};
  std::string topic{};  // of requests that name it; empty: of any
};

// Faults waiting for their requests, first come first served per API. Loop's thread only.
class FaultInjector {
 public:
  void add(ApiKey api, Fault fault, std::uint32_t times) {
    if (times > 0) faults_[api].push_back({std::move(fault), times});
  }

  // The first fault of those that wait for such a request. `names(topic)` says whether it names a
  // topic; it is not asked unless a fault wants to know.
  template <class Names>
  std::optional<Fault> take(ApiKey api, Names names) {
    if (faults_.empty()) return std::nullopt;
    const auto found = faults_.find(api);
    if (found == faults_.end()) return std::nullopt;
    auto& waiting = found->second;
    const auto first = std::find_if(waiting.begin(), waiting.end(), [&](const Waiting& each) {
      return each.fault.topic.empty() || names(each.fault.topic);
    });
    if (first == waiting.end()) return std::nullopt;
    auto fault = first->fault;
    if (--first->times == 0) waiting.erase(first);
    if (waiting.empty()) faults_.erase(found);
    tell_if_none();
    return fault;
  }

  // Calls `task` once when no fault waits any more, at once if none does.
  void when_none(base::Task task) {
    on_none_.push_back(std::move(task));
    tell_if_none();
  }

  // How many faults have not met their request; they are forgotten.
  std::uint64_t clear() {
    std::uint64_t left = 0;
    for (const auto& [api, waiting] : std::exchange(faults_, {})) {
      for (const auto& each : waiting) left += each.times;
    }
    tell_if_none();
    return left;
  }

 private:
  struct Waiting {
    Fault fault;
    std::uint32_t times = 0;
  };

  void tell_if_none() {
    if (!faults_.empty()) return;
    for (auto& task : std::exchange(on_none_, {})) task();
  }

  std::map<ApiKey, std::list<Waiting>> faults_;
  std::vector<base::Task> on_none_;
};

}  // namespace ottla::broker
