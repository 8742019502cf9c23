#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/group/group_requests.h"

namespace ottla::broker {

struct GroupMember {
  std::string member_id;
  std::optional<std::string> instance_id;
  std::string client_id;
  std::string client_host;
  base::Duration session_timeout{};
  base::Duration rebalance_timeout{};
  std::vector<GroupProtocol> protocols;
  std::string assignment;

  // Requests that wait for their answer.
  std::optional<RequestId> join;
  std::optional<RequestId> sync;
  // It has not been in any generation, so it cannot know its id and send heartbeats.
  bool is_new = false;
  // It has not asked for its assignment of this generation.
  bool owes_sync = false;
  base::TimePoint session_deadline = base::kNever;

  bool is_static() const { return instance_id.has_value(); }

  // Empty if it does not know the protocol.
  std::string_view metadata(std::string_view protocol) const {
    for (const auto& known : protocols) {
      if (known.name == protocol) return known.metadata;
    }
    return {};
  }

  // Bytes that the peer made us keep.
  std::size_t memory() const {
    std::size_t bytes = sizeof(GroupMember) + 2 * member_id.size() + client_id.size() +
                        client_host.size() + assignment.size();
    if (instance_id) bytes += 2 * instance_id->size();
    return bytes + memory_of(protocols);
  }
};

// By member id.
using GroupMembers = std::map<std::string, GroupMember, std::less<>>;

}  // namespace ottla::broker
