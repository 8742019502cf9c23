#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"
#include "protocol/wire/types.h"

// AlterUserScramCredentials (key 51): sets and takes away what users authenticate with by SCRAM
// (KIP-554). Passwords stay with the client: what it sends is made of them.
namespace ottla::protocol {

struct AlterUserScramCredentialsResponse {
  static constexpr Api api = *find_api(ApiKey::alter_user_scram_credentials);
  static constexpr Side side = Side::response;

  struct Result {
    std::string_view user;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string_view> error_message;

    bool operator==(const Result&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("user", m.user);
      w("errorCode", m.error_code);
      w("errorMessage", m.error_message);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Result> results;  // one for each user

  bool operator==(const AlterUserScramCredentialsResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w("results", m.results);
  }
};

struct AlterUserScramCredentialsRequest {
  static constexpr Api api = *find_api(ApiKey::alter_user_scram_credentials);
  static constexpr Side side = Side::request;
  using Response = AlterUserScramCredentialsResponse;

  struct Deletion {
    std::string_view name;
    std::int8_t mechanism = 0;  // sasl::ScramMechanism

    bool operator==(const Deletion&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
      w("mechanism", m.mechanism);
    }
  };
  struct Upsertion {
    std::string_view name;
    std::int8_t mechanism = 0;
    std::int32_t iterations = 0;
    OpaqueBytes salt;
    OpaqueBytes salted_password;

    bool operator==(const Upsertion&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
      w("mechanism", m.mechanism);
      w("iterations", m.iterations);
      w("salt", m.salt);
      w("saltedPassword", m.salted_password);
    }
  };

  std::vector<Deletion> deletions;
  std::vector<Upsertion> upsertions;

  bool operator==(const AlterUserScramCredentialsRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("deletions", m.deletions);
    w("upsertions", m.upsertions);
  }
};

extern template struct Codec<AlterUserScramCredentialsRequest>;
extern template struct Codec<AlterUserScramCredentialsResponse>;

}  // namespace ottla::protocol
