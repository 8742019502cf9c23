#include "client/security_properties.h"

#include "base/ssl_keys.h"
#include "client/config_properties.h"

namespace ottla::client {
namespace {

constexpr std::string_view kProtocol = "security.protocol";

}  // namespace

Result<bool> read_security_key(SecurityConfig& config, std::string_view key,
                               std::string_view value) {
  if (key == kProtocol) {
    std::string text;
    if (auto read = read_value(key, value, text); !read) return read.error();
    const auto protocol = parse_security_protocol(text);
    if (!protocol) {
      return bad_property(key, value, "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL");
    }
    config.protocol = *protocol;
    return true;
  }
  return base::set_ssl_key(config.ssl, key, value) || base::is_jvm_ssl_key(key);
}

void add_security_keys(std::vector<std::string_view>& keys) {
  keys.push_back(kProtocol);
  const auto ssl = base::ssl_keys();
  keys.insert(keys.end(), ssl.begin(), ssl.end());
}

}  // namespace ottla::client
