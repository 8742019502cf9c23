#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/messages/config_types.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// CreateTopics (key 19).
// v4 counts of -1 for the broker's defaults (KIP-464) · v5 flexible, configs in the response
// (KIP-525) v6 throttling_quota_exceeded (KIP-599) · v7 topic id (KIP-516)
namespace ottla::protocol {

struct CreateTopicsResponse {
  static constexpr Api api = *find_api(ApiKey::create_topics);
  static constexpr Side side = Side::response;

  struct Config {
    std::string_view name;
    std::optional<std::string_view> value;
    bool read_only = false;
    ConfigSource config_source = ConfigSource::not_said;
    bool is_sensitive = false;

    bool operator==(const Config&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
      w("value", m.value);
      w("readOnly", m.read_only);
      w("configSource", m.config_source);
      w("isSensitive", m.is_sensitive);
    }
  };
  struct Topic {
    std::string_view name;
    Uuid topic_id;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string_view> error_message;
    ErrorCode topic_config_error_code = ErrorCode::none;
    std::int32_t num_partitions = -1;
    std::int16_t replication_factor = -1;
    std::optional<std::vector<Config>> configs;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
      w.since(7)("topicId", m.topic_id);
      w("errorCode", m.error_code);
      w("errorMessage", m.error_message);
      w.since(5)("numPartitions", m.num_partitions);
      w.since(5)("replicationFactor", m.replication_factor);
      w.since(5)("configs", m.configs);
      w.tags(w.tag(0, "topicConfigErrorCode", m.topic_config_error_code));
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;

  bool operator==(const CreateTopicsResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w("topics", m.topics);
  }
};

struct CreateTopicsRequest {
  static constexpr Api api = *find_api(ApiKey::create_topics);
  static constexpr Side side = Side::request;
  using Response = CreateTopicsResponse;

  struct Assignment {
    std::int32_t partition_index = 0;
    std::vector<BrokerId> broker_ids;

    bool operator==(const Assignment&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("partitionIndex", m.partition_index);
      w("brokerIds", m.broker_ids);
    }
  };
  struct Config {
    std::string_view name;
    std::optional<std::string_view> value;

    bool operator==(const Config&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
      w("value", m.value);
    }
  };
  // Both counts are -1 where there are assignments, and from v4 on for the broker's defaults.
  struct Topic {
    std::string_view name;
    std::int32_t num_partitions = -1;
    std::int16_t replication_factor = -1;
    std::vector<Assignment> assignments;
    std::vector<Config> configs;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
      w("numPartitions", m.num_partitions);
      w("replicationFactor", m.replication_factor);
      w("assignments", m.assignments);
      w("configs", m.configs);
    }
  };

  std::vector<Topic> topics;
  std::int32_t timeout_ms = 60000;
  bool validate_only = false;

  bool operator==(const CreateTopicsRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("topics", m.topics);
    w("timeoutMs", m.timeout_ms);
    w("validateOnly", m.validate_only);
  }
};

extern template struct Codec<CreateTopicsRequest>;
extern template struct Codec<CreateTopicsResponse>;

}  // namespace ottla::protocol
