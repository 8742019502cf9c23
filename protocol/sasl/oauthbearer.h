#pragma once

#include <map>
#include <string>
#include <string_view>

#include "ottla/result.h"

// SASL OAUTHBEARER (RFC 7628): somebody's token, for connections that nobody listens to.
namespace ottla::protocol {

inline constexpr std::string_view kOauthBearer = "OAUTHBEARER";

// What a client sends when the broker has said why its token is not good.
inline constexpr std::string_view kOauthBearerGivesUp = "\x01";

struct OauthBearerMessage {
  std::string authorization{};  // whom the client wants to be; empty: whom the token is of
  std::string token{};
  std::map<std::string, std::string, std::less<>> extensions{};  // KIP-342

  bool operator==(const OauthBearerMessage&) const = default;
};

// The token, and the names and values of extensions, must be such as `parse_oauthbearer` takes.
std::string encode_oauthbearer(const OauthBearerMessage& message);

// Errors (sasl_authentication_failed): not a message of OAUTHBEARER, no token or another scheme
// than Bearer, a name twice, what asks for channel binding. None of them repeats what came.
Result<OauthBearerMessage> parse_oauthbearer(std::string_view message);

}  // namespace ottla::protocol
