#include <array>
#include <cstddef>
#include <ostream>

#include "ottla/security_config.h"

namespace ottla {
namespace {

constexpr std::array<std::string_view, 4> kProtocolNames = {"PLAINTEXT", "SSL", "SASL_PLAINTEXT",
                                                            "SASL_SSL"};

char upper_case(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

}  // namespace

std::string_view to_string(SecurityProtocol protocol) {
  return kProtocolNames[static_cast<std::size_t>(protocol)];
}

std::ostream& operator<<(std::ostream& out, SecurityProtocol protocol) {
  return out << to_string(protocol);
}

std::optional<SecurityProtocol> parse_security_protocol(std::string_view name) {
  std::string upper(name);
  for (char& c : upper) c = upper_case(c);
  for (std::size_t i = 0; i < kProtocolNames.size(); ++i) {
    if (kProtocolNames[i] == upper) return static_cast<SecurityProtocol>(i);
  }
  return std::nullopt;
}

}  // namespace ottla
