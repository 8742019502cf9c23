#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// TxnOffsetCommit (key 28): where a group has got to, once a transaction is committed.
// v2 leader epoch (KIP-320) · v3 the member, flexible (KIP-447) · v4 transaction_abortable
// (KIP-890) v5 adds the group to the transaction, as AddOffsetsToTxn does (KIP-890, transactions
// v2)
namespace ottla::protocol {

struct TxnOffsetCommitResponse {
  static constexpr Api api = *find_api(ApiKey::txn_offset_commit);
  static constexpr Side side = Side::response;

  struct Partition {
    std::int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::none;

    bool operator==(const Partition&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("partitionIndex", m.partition_index);
      w("errorCode", m.error_code);
    }
  };
  struct Topic {
    std::string_view name;
    std::vector<Partition> partitions;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
      w("partitions", m.partitions);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;

  bool operator==(const TxnOffsetCommitResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w("topics", m.topics);
  }
};

struct TxnOffsetCommitRequest {
  static constexpr Api api = *find_api(ApiKey::txn_offset_commit);
  static constexpr Side side = Side::request;
  using Response = TxnOffsetCommitResponse;

  struct Partition {
    std::int32_t partition_index = 0;
    Offset committed_offset;
    LeaderEpoch committed_leader_epoch = kNoLeaderEpoch;
    std::optional<std::string_view> committed_metadata;

    bool operator==(const Partition&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("partitionIndex", m.partition_index);
      w("committedOffset", m.committed_offset);
      w.since(2)("committedLeaderEpoch", m.committed_leader_epoch);
      w("committedMetadata", m.committed_metadata);
    }
  };
  struct Topic {
    std::string_view name;
    std::vector<Partition> partitions;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
      w("partitions", m.partitions);
    }
  };

  std::string_view transactional_id;
  std::string_view group_id;
  ProducerId producer_id;
  ProducerEpoch producer_epoch;
  // -1, with an empty member id: not from a member of the group.
  GenerationId generation_id = kNoGeneration;
  std::string_view member_id;
  std::optional<std::string_view> group_instance_id;
  std::vector<Topic> topics;

  bool operator==(const TxnOffsetCommitRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("transactionalId", m.transactional_id);
    w("groupId", m.group_id);
    w("producerId", m.producer_id);
    w("producerEpoch", m.producer_epoch);
    w.require_since(3)("generationId", m.generation_id);
    w.require_since(3)("memberId", m.member_id);
    w.require_since(3)("groupInstanceId", m.group_instance_id);
    w("topics", m.topics);
  }
};

extern template struct Codec<TxnOffsetCommitRequest>;
extern template struct Codec<TxnOffsetCommitResponse>;

}  // namespace ottla::protocol
