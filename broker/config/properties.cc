#include "broker/config/properties.h"

namespace ottla::broker {
namespace {

void escape(std::string_view text, bool is_key, std::string& to) {
  bool leading = true;
  for (const char c : text) {
    const auto special = std::string_view("\t\n\r\f").find(c);
    if (special != std::string_view::npos) {
      to.push_back('\\');
      to.push_back("tnrf"[special]);
    } else {
      const bool blank = c == ' ' && (is_key || leading);
      const bool separator = is_key && (c == '=' || c == ':' || c == '#' || c == '!');
      if (blank || separator || c == '\\') to.push_back('\\');
      to.push_back(c);
    }
    leading = leading && c == ' ';
  }
}

}  // namespace

Result<void> apply_override(std::string_view key_value, Properties& properties) {
  const auto equals = key_value.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return Error(ErrorCode::invalid_config,
                 "\"" + std::string(key_value.substr(0, equals)) + "\": expected key=value");
  }
  properties.insert_or_assign(std::string(key_value.substr(0, equals)),
                              std::string(key_value.substr(equals + 1)));
  return {};
}

std::string format_properties(const Properties& properties) {
  std::string text;
  for (const auto& [key, value] : properties) {
    escape(key, true, text);
    text.push_back('=');
    escape(value, false, text);
    text.push_back('\n');
  }
  return text;
}

}  // namespace ottla::broker
