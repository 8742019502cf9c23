#include "broker/config/authorization.h"

#include "broker/config/config_value.h"

namespace ottla::broker {

std::vector<std::string> split_principals(std::string_view text) {
  std::vector<std::string> principals;
  while (!text.empty()) {
    const auto end = text.find(';');
    const auto principal = trim(text.substr(0, end));
    if (!principal.empty()) principals.emplace_back(principal);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return principals;
}

Result<void> check_super_users(std::string_view text) {
  for (const auto& principal : split_principals(text)) {
    const auto colon = principal.find(':');
    if (colon != std::string::npos && colon != 0 && colon + 1 != principal.size()) continue;
    return Error(ErrorCode::invalid_config, "super.users=" + std::string(text) +
                                                ": expected principals such as User:alice, "
                                                "with semicolons between them, but there is '" +
                                                principal + "'");
  }
  return {};
}

}  // namespace ottla::broker
