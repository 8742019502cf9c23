#include "protocol/messages/heartbeat.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/leave_group.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_fetch.h"
#include "protocol/messages/sync_group.h"
#include "tests/simulation/scripted/handlers.h"
#include "tests/simulation/scripted/lies.h"

namespace ottla::simulation {

using namespace protocol;  // NOLINT: its messages are what this file is about

namespace {

OffsetFetchResponse::Topic fetch_topic(const ExchangePtr& exchange,
                                       const OffsetFetchRequest::Topic& asked) {
  const auto& offsets = exchange->cluster().group().offsets;
  const auto& epochs = exchange->cluster().group().epochs;
  OffsetFetchResponse::Topic topic;
  topic.name = asked.name;
  for (const auto number : asked.partition_indexes) {
    const TopicPartition id{std::string(asked.name), number};
    const auto found = offsets.find(id);
    const auto epoch = epochs.find(id);
    auto& partition = topic.partitions.emplace_back();
    partition.partition_index = number;
    partition.committed_offset = found == offsets.end() ? kNoOffset : Offset(found->second);
    partition.committed_leader_epoch = epoch == epochs.end() ? kNoLeaderEpoch : epoch->second;
    partition.metadata = "";
  }
  return topic;
}

}  // namespace

void handle_join_group(const ExchangePtr& exchange, ScriptedConnection&) {
  const auto request = exchange->decode<JoinGroupRequest>();
  if (!request) return;
  JoinGroupResponse response;
  response.error_code = exchange->code_or_trick(ErrorCode::none);
  response.protocol_name = "";
  if (response.error_code == ErrorCode::none && !request->protocols.empty()) {
    response.generation_id = GenerationId(++exchange->cluster().group().generation);
    if (exchange->version() >= 7) response.protocol_type = "consumer";
    response.protocol_name = request->protocols.front().name;
    response.member_id = "member";
    response.leader = response.member_id;
    auto& member = response.members.emplace_back();
    member.member_id = response.member_id;
    if (exchange->version() >= 5) member.group_instance_id = request->group_instance_id;
    member.metadata = request->protocols.front().metadata;
  }
  exchange->answer(response);
}

void handle_sync_group(const ExchangePtr& exchange, ScriptedConnection&) {
  const auto request = exchange->decode<SyncGroupRequest>();
  if (!request) return;
  SyncGroupResponse response;
  response.error_code = exchange->code_or_trick(ErrorCode::none);
  if (exchange->version() >= 5) {
    response.protocol_type = request->protocol_type;
    response.protocol_name = request->protocol_name;
  }
  if (response.error_code == ErrorCode::none && !request->assignments.empty()) {
    response.assignment = request->assignments.front().assignment;
  }
  exchange->answer(response);
}

void handle_heartbeat(const ExchangePtr& exchange, ScriptedConnection&) {
  const auto request = exchange->decode<HeartbeatRequest>();
  if (!request) return;
  HeartbeatResponse response;
  response.error_code = exchange->code_or_trick(ErrorCode::none);
  exchange->answer(response);
}

void handle_leave_group(const ExchangePtr& exchange, ScriptedConnection&) {
  const auto request = exchange->decode<LeaveGroupRequest>();
  if (!request) return;
  LeaveGroupResponse response;
  response.error_code = exchange->code_or_trick(ErrorCode::none);
  for (const auto& member : request->members) {
    response.members.push_back({member.member_id, member.group_instance_id, ErrorCode::none});
  }
  exchange->answer(response);
}

void handle_offset_commit(const ExchangePtr& exchange, ScriptedConnection&) {
  const auto request = exchange->decode<OffsetCommitRequest>();
  if (!request) return;
  const ErrorCode error = exchange->code_or_trick(ErrorCode::none);
  ScriptedGroup::Commit commit;
  std::map<TopicPartition, LeaderEpoch> epochs;
  commit.generation = request->generation_id_or_member_epoch.value;
  OffsetCommitResponse response;
  for (const auto& asked : request->topics) {
    OffsetCommitResponse::Topic topic{asked.name, {}, {}};
    for (const auto& partition : asked.partitions) {
      const TopicPartition id{std::string(asked.name), partition.partition_index};
      commit.offsets[id] = partition.committed_offset.value;
      epochs[id] = partition.committed_leader_epoch;
      topic.partitions.push_back({partition.partition_index, error});
    }
    response.topics.push_back(std::move(topic));
  }
  if (error == ErrorCode::none) {
    auto& group = exchange->cluster().group();
    for (const auto& [partition, offset] : commit.offsets) group.offsets[partition] = offset;
    for (const auto& [partition, epoch] : epochs) group.epochs[partition] = epoch;
    group.commits.push_back(std::move(commit));
  }
  lie_about_partitions(exchange->rule().trick, response.topics,
                       &OffsetCommitResponse::Topic::partitions,
                       &OffsetCommitResponse::Partition::partition_index);
  exchange->answer(response);
}

void handle_offset_fetch(const ExchangePtr& exchange, ScriptedConnection&) {
  const auto request = exchange->decode<OffsetFetchRequest>();
  if (!request) return;
  const ErrorCode error = exchange->code_or_trick(ErrorCode::none);
  OffsetFetchResponse response;
  if (exchange->version() < 8) {
    if (exchange->version() >= 2) response.error_code = error;
    if (request->topics) {
      for (const auto& asked : *request->topics) {
        response.topics.push_back(fetch_topic(exchange, asked));
      }
    }
  }
  for (const auto& asked : request->groups) {
    auto& group = response.groups.emplace_back();
    group.group_id = asked.group_id;
    group.error_code = error;
    if (!asked.topics) continue;
    for (const auto& topic : *asked.topics) group.topics.push_back(fetch_topic(exchange, topic));
  }
  exchange->answer(response);
}

}  // namespace ottla::simulation
