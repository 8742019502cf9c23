#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/messages/leader_hints.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// Produce (key 0): append record batches to partitions. A request with acks 0 has no response.
// v3 transactional id, batches of magic 2 (KIP-98) · v5 log start offset · v7 zstd (KIP-110)
// v8 errors of single records (KIP-467) · v9 flexible · v10 leader hints (KIP-951)
// v11 transaction_abortable · v12 adds partitions to the transaction (KIP-890)
// v13 topics by id (KIP-516)
namespace ottla::protocol {

struct ProduceResponse {
  static constexpr Api api = *find_api(ApiKey::produce);
  static constexpr Side side = Side::response;

  struct RecordError {
    std::int32_t batch_index = 0;
    std::optional<std::string_view> batch_index_error_message;

    bool operator==(const RecordError&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("batchIndex", m.batch_index);
      w("batchIndexErrorMessage", m.batch_index_error_message);
    }
  };
  struct Partition {
    std::int32_t index = 0;
    ErrorCode error_code = ErrorCode::none;
    Offset base_offset = kNoOffset;
    std::int64_t log_append_time_ms = -1;
    Offset log_start_offset = kNoOffset;
    std::vector<RecordError> record_errors;
    std::optional<std::string_view> error_message;
    LeaderIdAndEpoch current_leader;

    bool operator==(const Partition&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("index", m.index);
      w("errorCode", m.error_code);
      w("baseOffset", m.base_offset);
      w("logAppendTimeMs", m.log_append_time_ms);
      w.since(5)("logStartOffset", m.log_start_offset);
      w.since(8)("recordErrors", m.record_errors);
      w.since(8)("errorMessage", m.error_message);
      w.tags(w.require_since(10).tag(0, "currentLeader", m.current_leader));
    }
  };
  struct Topic {
    std::string_view name;
    Uuid topic_id;
    std::vector<Partition> partition_responses;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w.between(0, 12)("name", m.name);
      w.since(13)("topicId", m.topic_id);
      w("partitionResponses", m.partition_responses);
    }
  };

  std::vector<Topic> responses;
  std::int32_t throttle_time_ms = 0;
  std::vector<NodeEndpoint> node_endpoints;

  bool operator==(const ProduceResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("responses", m.responses);
    w("throttleTimeMs", m.throttle_time_ms);
    w.tags(w.require_since(10).tag(0, "nodeEndpoints", m.node_endpoints));
  }
};

struct ProduceRequest {
  static constexpr Api api = *find_api(ApiKey::produce);
  static constexpr Side side = Side::request;
  using Response = ProduceResponse;

  struct Partition {
    std::int32_t index = 0;
    std::optional<Records> records;

    bool operator==(const Partition&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("index", m.index);
      w("records", m.records);
    }
  };
  struct Topic {
    std::string_view name;
    Uuid topic_id;
    std::vector<Partition> partition_data;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w.between(0, 12)("name", m.name);
      w.since(13)("topicId", m.topic_id);
      w("partitionData", m.partition_data);
    }
  };

  std::optional<std::string_view> transactional_id;
  // 0: no response; 1: appended by the leader; -1: by all in-sync replicas.
  std::int16_t acks = -1;
  std::int32_t timeout_ms = 0;
  std::vector<Topic> topic_data;

  bool operator==(const ProduceRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("transactionalId", m.transactional_id);
    w("acks", m.acks);
    w("timeoutMs", m.timeout_ms);
    w("topicData", m.topic_data);
  }
};

extern template struct Codec<ProduceRequest>;
extern template struct Codec<ProduceResponse>;

}  // namespace ottla::protocol
