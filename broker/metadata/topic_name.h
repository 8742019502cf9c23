#pragma once

#include <cstddef>
#include <string_view>

#include "ottla/result.h"

namespace ottla::broker {

inline constexpr std::size_t kLongestTopicName = 249;

// What Kafka accepts as a topic's name: 1 to kLongestTopicName letters, digits, '.', '_' and '-',
// but not "." and
// "..". Error: invalid_topic_exception.
Result<void> check_topic_name(std::string_view name);

// Whether two names become one where '.' is written as '_', as in the names of metrics.
bool topic_names_collide(std::string_view a, std::string_view b);

}  // namespace ottla::broker
