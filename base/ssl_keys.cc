#include "base/ssl_keys.h"

#include <algorithm>
#include <array>
#include <string>
#include <variant>
#include <vector>

namespace ottla::base {
namespace {

using Member = std::variant<std::string SslConfig::*, std::vector<std::string> SslConfig::*>;

struct Row {
  std::string_view key;
  Member member;
};

using C = SslConfig;

// Sorted by key.
constexpr auto kRows = std::to_array<Row>({
    {"ssl.cipher.suites", &C::cipher_suites},
    {"ssl.enabled.protocols", &C::enabled_protocols},
    {"ssl.endpoint.identification.algorithm", &C::endpoint_identification_algorithm},
    {"ssl.key.password", &C::key_password},
    {"ssl.keystore.certificate.chain", &C::keystore_certificate_chain},
    {"ssl.keystore.key", &C::keystore_key},
    {"ssl.keystore.location", &C::keystore_location},
    {"ssl.keystore.password", &C::keystore_password},
    {"ssl.keystore.type", &C::keystore_type},
    {"ssl.protocol", &C::protocol},
    {"ssl.truststore.certificates", &C::truststore_certificates},
    {"ssl.truststore.location", &C::truststore_location},
    {"ssl.truststore.password", &C::truststore_password},
    {"ssl.truststore.type", &C::truststore_type},
});

constexpr auto kKeys = [] {
  std::array<std::string_view, kRows.size()> keys{};
  for (std::size_t i = 0; i < kRows.size(); ++i) keys[i] = kRows[i].key;
  return keys;
}();

constexpr auto kJvmKeys = std::to_array<std::string_view>({
    "ssl.engine.factory.class",
    "ssl.keymanager.algorithm",
    "ssl.provider",
    "ssl.secure.random.implementation",
    "ssl.trustmanager.algorithm",
});

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

struct Store {
  SslConfig& config;
  std::string_view value;

  // A password may begin or end with a blank.
  void operator()(std::string SslConfig::*member) const { config.*member = std::string(value); }
  void operator()(std::vector<std::string> SslConfig::*member) const {
    auto& list = config.*member;
    list.clear();
    for (auto rest = value; !rest.empty();) {
      const auto comma = rest.find(',');
      if (const auto element = trim(rest.substr(0, comma)); !element.empty()) {
        list.emplace_back(element);
      }
      rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
    }
  }
};

}  // namespace

bool set_ssl_key(SslConfig& config, std::string_view key, std::string_view value) {
  const auto row = std::find_if(kRows.begin(), kRows.end(),
                                [key](const Row& candidate) { return candidate.key == key; });
  if (row == kRows.end()) return false;
  std::visit(Store{config, key.ends_with("password") ? value : trim(value)}, row->member);
  return true;
}

std::span<const std::string_view> ssl_keys() {
  return kKeys;
}

bool is_jvm_ssl_key(std::string_view key) {
  return std::find(kJvmKeys.begin(), kJvmKeys.end(), key) != kJvmKeys.end();
}

}  // namespace ottla::base
