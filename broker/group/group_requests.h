#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "ottla/error_code.h"
#include "protocol/types.h"

// What a Group is asked and what it answers, free of the wire. Requests borrow; answers own.
namespace ottla::broker {

using protocol::GenerationId;
using protocol::kNoGeneration;

// Names a request that waits for its answer.
using RequestId = std::uint64_t;

struct GroupSettings {
  base::Duration initial_rebalance_delay{0};
  // How long a member that nobody has heard of before may wait for its first generation: its client
  // may be gone, and cannot send heartbeats meanwhile.
  base::Duration new_member_join_timeout = std::chrono::minutes(5);
  std::size_t max_size = std::numeric_limits<std::int32_t>::max();
};

struct GroupTime {
  base::TimePoint now;
  base::WallMillis wall = 0;
};

// Who a member says it is. Static members have an instance id (KIP-345).
struct MemberIdentity {
  std::string_view member_id;
  std::optional<std::string_view> instance_id;
};

// A way to distribute the work that a member knows, and what the leader must know for it.
struct GroupProtocol {
  std::string name;
  std::string metadata;

  bool operator==(const GroupProtocol&) const = default;
};

inline std::size_t memory_of(const std::vector<GroupProtocol>& protocols) {
  std::size_t bytes = 0;
  for (const auto& each : protocols)
    bytes += sizeof(each) + each.name.size() + each.metadata.size();
  return bytes;
}

struct JoinRequest {
  RequestId request = 0;
  MemberIdentity member;  // empty id: a new one
  std::string_view client_id;
  std::string_view client_host;
  base::Duration session_timeout{};
  base::Duration rebalance_timeout{};
  std::string_view protocol_type;
  std::vector<GroupProtocol> protocols;  // the most wanted one first
  bool member_id_required = false;       // the client can come back with an id (KIP-394)
  bool knows_skip_assignment = false;    // KIP-814

  // Bytes that a member keeps of it, whatever it is called.
  std::size_t memory() const {
    return client_id.size() + client_host.size() + memory_of(protocols);
  }
};

struct JoinAnswer {
  struct Member {
    std::string member_id;
    std::optional<std::string> instance_id;
    std::string metadata;

    bool operator==(const Member&) const = default;
  };

  RequestId request = 0;
  ErrorCode error = ErrorCode::none;
  GenerationId generation = kNoGeneration;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  std::string leader;
  std::string member_id;
  bool skip_assignment = false;
  std::vector<Member> members;  // only for the leader
};

struct SyncRequest {
  struct Assignment {
    std::string_view member_id;
    std::string_view bytes;
  };

  RequestId request = 0;
  MemberIdentity member;
  GenerationId generation = kNoGeneration;
  std::optional<std::string_view> protocol_type;
  std::optional<std::string_view> protocol_name;
  std::vector<Assignment> assignments;  // the leader's
};

struct SyncAnswer {
  RequestId request = 0;
  ErrorCode error = ErrorCode::none;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  std::string assignment;
};

// What came of a call, to be carried out when the call is over.
struct GroupEffects {
  std::vector<JoinAnswer> joins;
  std::vector<SyncAnswer> syncs;
  // States of the group to be stored, in this order, each told to Group::on_stored afterwards.
  std::vector<std::uint64_t> stores;
  std::vector<std::string> log;  // what an operator wants to know
};

}  // namespace ottla::broker
