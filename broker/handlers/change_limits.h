#pragma once

#include <cstddef>
#include <string_view>

#include "broker/metadata/topic_name.h"

namespace ottla::broker {

// What a request that changes partitions may name: each costs copies of its topic's name and a
// place in the answer, many times what it costs to ask for it.
struct ChangeLimits {
  static constexpr std::size_t kMostPartitions = 10'000;

  // For the client.
  static constexpr std::string_view kTooMany = "a request may name 10000 partitions at most";
  static constexpr std::string_view kTooLong = "the name of a topic has 249 bytes at most";

  template <class Topics>
  static bool is_too_many(const Topics& topics) {
    std::size_t count = 0;
    for (const auto& topic : topics) count += topic.partitions.size();
    return count > kMostPartitions;
  }

  static bool is_too_long(std::string_view name) { return name.size() > kLongestTopicName; }
};

}  // namespace ottla::broker
