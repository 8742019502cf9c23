#pragma once

#include <string>
#include <string_view>

#include "ottla/result.h"

// SASL PLAIN (RFC 4616): the password itself, for connections that nobody listens to.
namespace ottla::protocol {

inline constexpr std::string_view kPlain = "PLAIN";

struct PlainMessage {
  std::string user;
  std::string password;
};

std::string encode_plain(const PlainMessage& message);

// Errors (sasl_authentication_failed): not a message of PLAIN, no user or no password, another
// authorization id than the user. None of them repeats what came.
Result<PlainMessage> parse_plain(std::string_view message);

}  // namespace ottla::protocol
