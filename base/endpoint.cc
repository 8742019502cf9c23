#include <charconv>
#include <string_view>

#include "base/transport.h"

namespace ottla::base {
namespace {

Error bad_endpoint(std::string_view text, std::string_view why) {
  return Error(ErrorCode::invalid_argument, "'" + std::string(text) +
                                                "' is not host:port: " + std::string(why) +
                                                "; write host:port, 1.2.3.4:port or [::1]:port");
}

}  // namespace

std::string Endpoint::to_string() const {
  const bool brackets = host.find(':') != std::string::npos;
  return (brackets ? "[" + host + "]:" : host + ":") + std::to_string(port);
}

Result<Endpoint> Endpoint::parse(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad_endpoint(text, "it has no port");
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (!host.empty() && host.front() == '[') {
    if (host.size() < 3 || host.back() != ']') return bad_endpoint(text, "the brackets are wrong");
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return bad_endpoint(text, "an IPv6 address needs brackets");
  }
  if (host.find_first_of("[]/ \t") != std::string_view::npos) {
    return bad_endpoint(text, "the host has a character that no host has");
  }
  std::uint16_t number = 0;
  const auto* const end = port.data() + port.size();
  const auto [stop, problem] = std::from_chars(port.data(), end, number);
  if (problem != std::errc() || stop != end) {
    return bad_endpoint(text, "the port is not a number from 0 to 65535");
  }
  return Endpoint{std::string(host), number};
}

}  // namespace ottla::base
