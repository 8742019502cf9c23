#include "client/group/group_requests.h"

#include <algorithm>
#include <map>
#include <utility>

namespace ottla::client {
namespace {

// The first version of each API that knows static members.
constexpr std::int16_t kJoinWithInstance = 5;
constexpr std::int16_t kOthersWithInstance = 3;
constexpr std::int16_t kCommitWithInstance = 7;

std::optional<std::string_view> instance_of(const ConsumerGroupMetadata& member, bool known) {
  if (!known || !member.group_instance_id) return std::nullopt;
  return *member.group_instance_id;
}

std::int32_t to_ms(base::Duration duration) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  return static_cast<std::int32_t>(std::min<std::int64_t>(ms, 0x7fffffff));
}

}  // namespace

protocol::FindCoordinatorRequest to_request(std::string_view group_id, std::int16_t version) {
  protocol::FindCoordinatorRequest request;
  if (version >= 4) {
    request.coordinator_keys = {group_id};
  } else {
    request.key = group_id;
  }
  return request;
}

protocol::JoinGroupRequest to_request(const JoinDraft& draft, const MembershipConfig& config,
                                      std::int16_t version) {
  protocol::JoinGroupRequest request;
  request.group_id = config.group_id;
  request.session_timeout_ms = to_ms(config.session_timeout);
  if (version >= 1) request.rebalance_timeout_ms = to_ms(config.max_poll_interval);
  request.member_id = draft.member_id;
  if (version >= kJoinWithInstance && config.group_instance_id) {
    request.group_instance_id = *config.group_instance_id;
  }
  request.protocol_type = "consumer";
  for (const auto& [name, metadata] : draft.protocols) {
    request.protocols.push_back({name, protocol::OpaqueBytes{metadata}});
  }
  if (version >= 8) request.reason = std::string_view(draft.reason).substr(0, 255);
  return request;
}

protocol::SyncGroupRequest to_request(const SyncDraft& draft, std::int16_t version) {
  protocol::SyncGroupRequest request;
  request.group_id = draft.member.group_id;
  request.generation_id = protocol::GenerationId(draft.member.generation_id);
  request.member_id = draft.member.member_id;
  request.group_instance_id = instance_of(draft.member, version >= kOthersWithInstance);
  if (version >= 5) {
    request.protocol_type = "consumer";
    request.protocol_name = draft.protocol_name;
  }
  for (const auto& [member, assignment] : draft.assignments) {
    request.assignments.push_back({member, protocol::OpaqueBytes{assignment}});
  }
  return request;
}

protocol::HeartbeatRequest to_request(const HeartbeatDraft& draft, std::int16_t version) {
  protocol::HeartbeatRequest request;
  request.group_id = draft.member.group_id;
  request.generation_id = protocol::GenerationId(draft.member.generation_id);
  request.member_id = draft.member.member_id;
  request.group_instance_id = instance_of(draft.member, version >= kOthersWithInstance);
  return request;
}

protocol::LeaveGroupRequest to_request(const LeaveDraft& draft, const MembershipConfig& config,
                                       std::int16_t version) {
  protocol::LeaveGroupRequest request;
  request.group_id = config.group_id;
  if (version < 3) {
    request.member_id = draft.member_id;
    return request;
  }
  auto& member = request.members.emplace_back();
  member.member_id = draft.member_id;
  if (config.group_instance_id) member.group_instance_id = *config.group_instance_id;
  if (version >= 5) member.reason = std::string_view(draft.reason).substr(0, 255);
  return request;
}

protocol::OffsetCommitRequest to_request(const GroupOffsets::CommitDraft& draft,
                                         std::int16_t version) {
  protocol::OffsetCommitRequest request;
  request.group_id = draft.member.group_id;
  request.generation_id_or_member_epoch = protocol::GenerationId(draft.member.generation_id);
  request.member_id = draft.member.member_id;
  request.group_instance_id = instance_of(draft.member, version >= kCommitWithInstance);
  for (const auto& [partition, offset] : draft.offsets) {
    if (request.topics.empty() || request.topics.back().name != partition.topic) {
      request.topics.emplace_back().name = partition.topic;
    }
    auto& to = request.topics.back().partitions.emplace_back();
    to.partition_index = partition.partition;
    to.committed_offset = protocol::Offset(offset.offset);
    if (version >= 6) to.committed_leader_epoch = protocol::LeaderEpoch(offset.leader_epoch);
    to.committed_metadata = offset.metadata;
  }
  return request;
}

protocol::OffsetFetchRequest to_request(const GroupOffsets::FetchDraft& draft,
                                        std::int16_t version) {
  std::map<std::string_view, std::vector<std::int32_t>> numbers;
  for (const auto& partition : draft.partitions) {
    numbers[partition.topic].push_back(partition.partition);
  }
  std::vector<protocol::OffsetFetchRequest::Topic> topics;
  for (auto& [name, partitions] : numbers) {
    auto& topic = topics.emplace_back();
    topic.name = name;
    topic.partition_indexes = std::move(partitions);
  }
  protocol::OffsetFetchRequest request;
  // Where the broker knows of it: offsets of open transactions are waited for.
  request.require_stable = version >= 7;
  if (version < 8) {
    request.group_id = draft.group_id;
    request.topics = std::move(topics);
    return request;
  }
  auto& group = request.groups.emplace_back();
  group.group_id = draft.group_id;
  group.topics = std::move(topics);
  return request;
}

}  // namespace ottla::client
