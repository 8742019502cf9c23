#include "protocol/sasl/oauthbearer.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/ascii.h"
#include "protocol/sasl/sasl_failure.h"
#include "protocol/sasl/sasl_name.h"

namespace ottla::protocol {
namespace {

constexpr std::size_t kMostBytesOfOauthBearer = 32 << 10;
constexpr char kEnd = '\x01';
constexpr std::string_view kScheme = "bearer ";

Error malformed() {
  return sasl_failure("what came is not a message of SASL OAUTHBEARER");
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// RFC 6750: b64token.
bool is_token(std::string_view text) {
  const auto body = text.substr(0, text.find_last_not_of('=') + 1);
  return !body.empty() && std::all_of(body.begin(), body.end(), [](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') ||
           std::string_view("-._~+/").find(c) != std::string_view::npos;
  });
}

bool is_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 0x20 && c <= 0x7e) || c == '\t' || c == '\r' || c == '\n';
  });
}

// The token of `Bearer TOKEN`, however Bearer is written; empty if it is something else.
std::string_view token_in(std::string_view value) {
  if (!base::same_but_for_case(value.substr(0, kScheme.size()), kScheme)) return {};
  const auto token = value.substr(kScheme.size());
  return is_token(token) ? token : std::string_view();
}

// Takes `NAME=VALUE^A` off the front. False if there is none.
bool take_pair(std::string_view& text, std::string_view& name, std::string_view& value) {
  const auto end = text.find(kEnd);
  const auto equals = text.find('=');
  if (end == std::string_view::npos || equals >= end || equals == 0) return false;
  name = text.substr(0, equals);
  value = text.substr(equals + 1, end - equals - 1);
  text.remove_prefix(end + 1);
  return std::all_of(name.begin(), name.end(), is_letter) && is_value(value);
}

}  // namespace

std::string encode_oauthbearer(const OauthBearerMessage& message) {
  std::string text = "n,";
  if (!message.authorization.empty()) text += "a=" + to_sasl_name(message.authorization);
  text.append(",").append(1, kEnd).append("auth=Bearer ").append(message.token).append(1, kEnd);
  for (const auto& [name, value] : message.extensions) {
    text.append(name).append("=").append(value).append(1, kEnd);
  }
  return text.append(1, kEnd);
}

Result<OauthBearerMessage> parse_oauthbearer(std::string_view message) {
  const auto header_end = message.find(kEnd);
  if (message.size() > kMostBytesOfOauthBearer || header_end == std::string_view::npos)
    return malformed();
  const auto header = message.substr(0, header_end);
  if (header.starts_with("p=")) return sasl_failure("channel binding is not served");
  const bool framed = header.size() >= 3 && header.starts_with("n,") && header.back() == ',';
  if (!framed) return malformed();
  OauthBearerMessage parsed;
  if (const auto authorization = header.substr(2, header.size() - 3); !authorization.empty()) {
    if (!authorization.starts_with("a=") || authorization.find(',') != std::string_view::npos) {
      return malformed();
    }
    auto name = from_sasl_name(authorization.substr(2));
    if (!name || name->empty()) return malformed();
    parsed.authorization = *std::move(name);
  }
  auto rest = message.substr(header_end + 1);
  std::string_view name;
  std::string_view value;
  while (rest.size() > 1) {
    if (!take_pair(rest, name, value)) return malformed();
    if (name == "auth") {
      if (!parsed.token.empty()) return malformed();
      parsed.token = token_in(value);
      if (parsed.token.empty()) return sasl_failure("there is no bearer token in the message");
    } else if (!parsed.extensions.emplace(name, value).second) {
      return malformed();
    }
  }
  if (rest != kOauthBearerGivesUp) return malformed();
  if (parsed.token.empty()) return sasl_failure("there is no bearer token in the message");
  return parsed;
}

}  // namespace ottla::protocol
