#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>

namespace ottla {

// One partition of one topic; orders by topic, then partition.
struct TopicPartition {
  std::string topic{};
  std::int32_t partition = 0;

  auto operator<=>(const TopicPartition&) const = default;
};

// "topic-partition".
std::string to_string(const TopicPartition& partition);
std::ostream& operator<<(std::ostream& out, const TopicPartition& partition);

}  // namespace ottla

template <>
struct std::hash<ottla::TopicPartition> {
  std::size_t operator()(const ottla::TopicPartition& p) const noexcept {
    return std::hash<std::string>()(p.topic) * 31 + static_cast<std::size_t>(p.partition);
  }
};
