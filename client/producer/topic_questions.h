#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace ottla::client {

// Which topics are being asked for on behalf of senders that do not wait, so that each is asked for
// once however often they try meanwhile. Any thread.
class TopicQuestions {
 public:
  // True if the caller is the one to ask: nobody asks for as many partitions of the topic yet.
  bool begin(std::string_view topic, std::int32_t partitions) {
    const std::lock_guard lock(mutex_);
    const auto found = asked_.find(topic);
    if (found == asked_.end()) {
      asked_.emplace(topic, partitions);
      return true;
    }
    if (found->second >= partitions) return false;
    found->second = partitions;
    return true;
  }

  // What `begin` was told has its answer.
  void end(std::string_view topic, std::int32_t partitions) {
    const std::lock_guard lock(mutex_);
    const auto found = asked_.find(topic);
    if (found != asked_.end() && found->second == partitions) asked_.erase(found);
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::int32_t, std::less<>> asked_;  // guarded by mutex_
};

}  // namespace ottla::client
