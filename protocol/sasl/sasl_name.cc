#include "protocol/sasl/sasl_name.h"

namespace ottla::protocol {

std::string to_sasl_name(std::string_view name) {
  std::string escaped;
  for (const char c : name) {
    if (c == '=') {
      escaped += "=3D";
    } else if (c == ',') {
      escaped += "=2C";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::optional<std::string> from_sasl_name(std::string_view escaped) {
  std::string name;
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    if (escaped[i] == '\0') return std::nullopt;
    if (escaped[i] != '=') {
      name += escaped[i];
      continue;
    }
    const auto code = escaped.substr(i, 3);
    if (code != "=2C" && code != "=3D") return std::nullopt;
    name += code == "=2C" ? ',' : '=';
    i += 2;
  }
  return name;
}

}  // namespace ottla::protocol
