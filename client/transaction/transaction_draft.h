#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "client/network/request.h"
#include "ottla/consumer_group.h"
#include "protocol/messages/add_offsets_to_txn.h"
#include "protocol/messages/add_partitions_to_txn.h"
#include "protocol/messages/end_txn.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/init_producer_id.h"
#include "protocol/messages/txn_offset_commit.h"

namespace ottla::client {

// The last versions in which the client itself names partitions and groups (KIP-890), and the
// first in which the brokers do.
inline constexpr std::int16_t kLastProduceV1 = 11;
inline constexpr std::int16_t kFirstProduceV2 = 12;
inline constexpr std::int16_t kLastOffsetsV1 = 4;
inline constexpr std::int16_t kFirstOffsetsV2 = 5;
inline constexpr std::int16_t kLastEndV1 = 4;
inline constexpr std::int16_t kFirstEndV2 = 5;

// One request to a coordinator to be.
struct TransactionDraft {
  enum class Kind : std::uint8_t { init, add_partitions, add_offsets, commit_offsets, end };

  Kind kind = Kind::init;
  std::string transactional_id;
  std::int32_t transaction_timeout_ms = 0;
  protocol::ProducerId producer_id = protocol::kNoProducerId;
  protocol::ProducerEpoch producer_epoch = protocol::kNoProducerEpoch;
  bool v2 = false;
  bool commit = false;
  std::vector<TopicPartition> partitions;
  std::uint64_t offsets_id = 0;
  ConsumerGroupMetadata group;
  CommittedOffsets offsets;
};

// The messages, which borrow from their drafts.
protocol::FindCoordinatorRequest to_find_coordinator(std::string_view key,
                                                     protocol::CoordinatorType type,
                                                     std::int16_t version);
protocol::InitProducerIdRequest to_init(const TransactionDraft& draft, std::int16_t version);
protocol::AddPartitionsToTxnRequest to_add_partitions(const TransactionDraft& draft);
protocol::AddOffsetsToTxnRequest to_add_offsets(const TransactionDraft& draft);
protocol::TxnOffsetCommitRequest to_commit_offsets(const TransactionDraft& draft,
                                                   std::int16_t version);
protocol::EndTxnRequest to_end(const TransactionDraft& draft);

}  // namespace ottla::client
