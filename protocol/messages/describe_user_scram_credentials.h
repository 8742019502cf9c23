#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// DescribeUserScramCredentials (key 50): which users can authenticate by SCRAM, and with how much
// work; never what they authenticate with (KIP-554).
namespace ottla::protocol {

struct DescribeUserScramCredentialsResponse {
  static constexpr Api api = *find_api(ApiKey::describe_user_scram_credentials);
  static constexpr Side side = Side::response;

  struct CredentialInfo {
    std::int8_t mechanism = 0;  // sasl::ScramMechanism
    std::int32_t iterations = 0;

    bool operator==(const CredentialInfo&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("mechanism", m.mechanism);
      w("iterations", m.iterations);
    }
  };
  struct Result {
    std::string_view user;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string_view> error_message;
    std::vector<CredentialInfo> credential_infos;

    bool operator==(const Result&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("user", m.user);
      w("errorCode", m.error_code);
      w("errorMessage", m.error_message);
      w("credentialInfos", m.credential_infos);
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string_view> error_message;
  std::vector<Result> results;

  bool operator==(const DescribeUserScramCredentialsResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w("errorCode", m.error_code);
    w("errorMessage", m.error_message);
    w("results", m.results);
  }
};

struct DescribeUserScramCredentialsRequest {
  static constexpr Api api = *find_api(ApiKey::describe_user_scram_credentials);
  static constexpr Side side = Side::request;
  using Response = DescribeUserScramCredentialsResponse;

  struct UserName {
    std::string_view name;

    bool operator==(const UserName&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
    }
  };

  std::optional<std::vector<UserName>> users;  // null or empty: all there are

  bool operator==(const DescribeUserScramCredentialsRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("users", m.users);
  }
};

extern template struct Codec<DescribeUserScramCredentialsRequest>;
extern template struct Codec<DescribeUserScramCredentialsResponse>;

}  // namespace ottla::protocol
