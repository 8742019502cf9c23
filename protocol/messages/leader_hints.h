#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/types.h"
#include "protocol/wire/visitor.h"

// What Produce and Fetch responses tell about the new leader of a partition that has moved, so that
// the client need not ask (KIP-951).
namespace ottla::protocol {

struct LeaderIdAndEpoch {
  BrokerId leader_id = kNoBroker;
  LeaderEpoch leader_epoch = kNoLeaderEpoch;

  bool operator==(const LeaderIdAndEpoch&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("leaderId", m.leader_id);
    w("leaderEpoch", m.leader_epoch);
  }
};

struct NodeEndpoint {
  BrokerId node_id;
  std::string_view host;
  std::int32_t port = 0;
  std::optional<std::string_view> rack;

  bool operator==(const NodeEndpoint&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("nodeId", m.node_id);
    w("host", m.host);
    w("port", m.port);
    w("rack", m.rack);
  }
};

}  // namespace ottla::protocol
