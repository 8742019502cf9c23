#include "client/transaction/transaction_draft.h"

#include <algorithm>
#include <map>

namespace ottla::client {
namespace {

// The first version that knows who commits (KIP-447).
constexpr std::int16_t kOffsetsOfMembers = 3;
constexpr std::int16_t kOffsetsWithLeaderEpoch = 2;
constexpr std::int16_t kInitWithEpoch = 3;
constexpr std::int16_t kManyCoordinators = 4;

}  // namespace

protocol::FindCoordinatorRequest to_find_coordinator(std::string_view key,
                                                     protocol::CoordinatorType type,
                                                     std::int16_t version) {
  protocol::FindCoordinatorRequest request;
  request.key_type = type;
  if (version >= kManyCoordinators) {
    request.coordinator_keys = {key};
  } else {
    request.key = key;
  }
  return request;
}

protocol::InitProducerIdRequest to_init(const TransactionDraft& draft, std::int16_t version) {
  protocol::InitProducerIdRequest request;
  request.transactional_id = draft.transactional_id;
  request.transaction_timeout_ms = draft.transaction_timeout_ms;
  if (version >= kInitWithEpoch) {
    request.producer_id = draft.producer_id;
    request.producer_epoch = draft.producer_epoch;
  }
  return request;
}

protocol::AddPartitionsToTxnRequest to_add_partitions(const TransactionDraft& draft) {
  protocol::AddPartitionsToTxnRequest request;
  request.v3_and_below_transactional_id = draft.transactional_id;
  request.v3_and_below_producer_id = draft.producer_id;
  request.v3_and_below_producer_epoch = draft.producer_epoch;
  auto& topics = request.v3_and_below_topics;
  // They are in order.
  for (const auto& partition : draft.partitions) {
    if (topics.empty() || topics.back().name != partition.topic) {
      topics.emplace_back().name = partition.topic;
    }
    topics.back().partitions.push_back(partition.partition);
  }
  return request;
}

protocol::AddOffsetsToTxnRequest to_add_offsets(const TransactionDraft& draft) {
  return {.transactional_id = draft.transactional_id,
          .producer_id = draft.producer_id,
          .producer_epoch = draft.producer_epoch,
          .group_id = draft.group.group_id};
}

protocol::TxnOffsetCommitRequest to_commit_offsets(const TransactionDraft& draft,
                                                   std::int16_t version) {
  protocol::TxnOffsetCommitRequest request;
  request.transactional_id = draft.transactional_id;
  request.group_id = draft.group.group_id;
  request.producer_id = draft.producer_id;
  request.producer_epoch = draft.producer_epoch;
  request.generation_id = protocol::GenerationId(draft.group.generation_id);
  request.member_id = draft.group.member_id;
  // Where the version does not know a member that there is, encoding says so.
  if (draft.group.group_instance_id) request.group_instance_id = *draft.group.group_instance_id;
  const bool unnamed = draft.group.generation_id < 0 && draft.group.member_id.empty();
  if (version < kOffsetsOfMembers && unnamed) request.group_instance_id.reset();
  for (const auto& [partition, offset] : draft.offsets) {
    if (request.topics.empty() || request.topics.back().name != partition.topic) {
      request.topics.emplace_back().name = partition.topic;
    }
    auto& to = request.topics.back().partitions.emplace_back();
    to.partition_index = partition.partition;
    to.committed_offset = protocol::Offset(offset.offset);
    if (version >= kOffsetsWithLeaderEpoch) {
      to.committed_leader_epoch = protocol::LeaderEpoch(offset.leader_epoch);
    }
    to.committed_metadata = offset.metadata;
  }
  return request;
}

protocol::EndTxnRequest to_end(const TransactionDraft& draft) {
  return {.transactional_id = draft.transactional_id,
          .producer_id = draft.producer_id,
          .producer_epoch = draft.producer_epoch,
          .committed = draft.commit};
}

}  // namespace ottla::client
