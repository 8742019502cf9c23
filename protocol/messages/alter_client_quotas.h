#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/messages/quota_types.h"
#include "protocol/wire/codec.h"

// AlterClientQuotas (key 49): sets and takes away quotas of users, clients and addresses (KIP-546).
namespace ottla::protocol {

struct AlterClientQuotasResponse {
  static constexpr Api api = *find_api(ApiKey::alter_client_quotas);
  static constexpr Side side = Side::response;

  struct Entry {
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string_view> error_message;
    std::vector<QuotaEntityPart> entity;

    bool operator==(const Entry&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("errorCode", m.error_code);
      w("errorMessage", m.error_message);
      w("entity", m.entity);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Entry> entries;  // one for each entity

  bool operator==(const AlterClientQuotasResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w("entries", m.entries);
  }
};

struct AlterClientQuotasRequest {
  static constexpr Api api = *find_api(ApiKey::alter_client_quotas);
  static constexpr Side side = Side::request;
  using Response = AlterClientQuotasResponse;

  struct Op {
    std::string_view key;
    double value = 0;
    bool remove = false;  // the value counts for nothing then

    bool operator==(const Op&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("key", m.key);
      w("value", m.value);
      w("remove", m.remove);
    }
  };
  struct Entry {
    std::vector<QuotaEntityPart> entity;
    std::vector<Op> ops;

    bool operator==(const Entry&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("entity", m.entity);
      w("ops", m.ops);
    }
  };

  std::vector<Entry> entries;
  bool validate_only = false;

  bool operator==(const AlterClientQuotasRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("entries", m.entries);
    w("validateOnly", m.validate_only);
  }
};

extern template struct Codec<AlterClientQuotasRequest>;
extern template struct Codec<AlterClientQuotasResponse>;

}  // namespace ottla::protocol
