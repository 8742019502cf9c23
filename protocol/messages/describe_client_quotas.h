#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/messages/quota_types.h"
#include "protocol/wire/codec.h"

// DescribeClientQuotas (key 48): the quotas of users, clients and addresses (KIP-546).
namespace ottla::protocol {

struct DescribeClientQuotasResponse {
  static constexpr Api api = *find_api(ApiKey::describe_client_quotas);
  static constexpr Side side = Side::response;

  struct Value {
    std::string_view key;
    double value = 0;

    bool operator==(const Value&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("key", m.key);
      w("value", m.value);
    }
  };
  struct Entry {
    std::vector<QuotaEntityPart> entity;
    std::vector<Value> values;

    bool operator==(const Entry&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("entity", m.entity);
      w("values", m.values);
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string_view> error_message;
  std::optional<std::vector<Entry>> entries;

  bool operator==(const DescribeClientQuotasResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w("errorCode", m.error_code);
    w("errorMessage", m.error_message);
    w("entries", m.entries);
  }
};

struct DescribeClientQuotasRequest {
  static constexpr Api api = *find_api(ApiKey::describe_client_quotas);
  static constexpr Side side = Side::request;
  using Response = DescribeClientQuotasResponse;

  struct Component {
    std::string_view entity_type;
    std::int8_t match_type = 0;  // 0: the name `match`, 1: the default, 2: any
    std::optional<std::string_view> match;

    bool operator==(const Component&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("entityType", m.entity_type);
      w("matchType", m.match_type);
      w("match", m.match);
    }
  };

  std::vector<Component> components;
  bool strict = false;  // entities with parts of no component are left out

  bool operator==(const DescribeClientQuotasRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("components", m.components);
    w("strict", m.strict);
  }
};

extern template struct Codec<DescribeClientQuotasRequest>;
extern template struct Codec<DescribeClientQuotasResponse>;

}  // namespace ottla::protocol
