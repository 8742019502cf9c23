#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace ottla {

// Which member of a consumer group a consumer is, as its last rebalance left it. A member that
// belongs to no generation has generation -1 and no member id.
struct ConsumerGroupMetadata {
  std::string group_id{};
  std::int32_t generation_id = -1;
  std::string member_id{};
  std::optional<std::string> group_instance_id{};

  bool operator==(const ConsumerGroupMetadata&) const = default;
};

}  // namespace ottla
