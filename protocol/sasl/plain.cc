#include "protocol/sasl/plain.h"

#include "protocol/sasl/sasl_failure.h"

namespace ottla::protocol {
namespace {

constexpr std::size_t kMostBytesOfPlain = 8192;

}  // namespace

std::string encode_plain(const PlainMessage& message) {
  std::string bytes(1, '\0');
  bytes.append(message.user).append(1, '\0').append(message.password);
  return bytes;
}

Result<PlainMessage> parse_plain(std::string_view message) {
  const auto first = message.find('\0');
  const auto second = first == std::string_view::npos ? first : message.find('\0', first + 1);
  if (message.size() > kMostBytesOfPlain || second == std::string_view::npos ||
      message.find('\0', second + 1) != std::string_view::npos) {
    return sasl_failure("what came is not a message of SASL PLAIN");
  }
  const auto authorization = message.substr(0, first);
  const auto user = message.substr(first + 1, second - first - 1);
  const auto password = message.substr(second + 1);
  if (user.empty()) return sasl_failure("there is no user in the message of SASL PLAIN");
  if (password.empty()) return sasl_failure("there is no password in the message of SASL PLAIN");
  if (!authorization.empty() && authorization != user) {
    return sasl_failure("the authorization id must be the user's name, or empty");
  }
  return PlainMessage{.user = std::string(user), .password = std::string(password)};
}

}  // namespace ottla::protocol
