#include "tools/command.h"

#include <iostream>

namespace ottla::tools {

int fail(const std::string& name, const Error& error) {
  return fail(name, error.to_string());
}

int fail(const std::string& name, const std::string& message) {
  std::cerr << "ottla " << name << ": " << message << '\n';
  return kFailure;
}

Result<Properties> parse_pairs(const std::vector<std::string>& pairs) {
  Properties properties;
  for (const auto& pair : pairs) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) {
      return Error(ErrorCode::invalid_argument, "'" + pair + "' is not of the form key=value");
    }
    properties[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return properties;
}

Result<Properties> client_properties(const std::string& bootstrap_servers, const std::string& file,
                                     const std::vector<std::string>& pairs) {
  Properties properties;
  if (!file.empty()) {
    auto read = read_properties_file(file);
    if (!read) return read.error();
    properties = std::move(*read);
  }
  auto parsed = parse_pairs(pairs);
  if (!parsed) return parsed.error();
  for (auto& [key, value] : *parsed) properties[key] = value;
  if (!bootstrap_servers.empty()) properties["bootstrap.servers"] = bootstrap_servers;
  return properties;
}

}  // namespace ottla::tools
