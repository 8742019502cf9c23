#pragma once

#include <map>
#include <string>
#include <string_view>

#include "ottla/result.h"

namespace ottla::protocol {

// What Kafka's `sasl.jaas.config` says, read as the text that it is: `CLASS FLAG KEY="VALUE" ...;`.
// The class is a name by which the mechanism is known, and is never loaded.
struct JaasConfig {
  std::string login_module;
  std::map<std::string, std::string, std::less<>> options;

  // An option's value; null if it is not there.
  const std::string* find(std::string_view option) const;

  bool operator==(const JaasConfig&) const = default;
};

// Errors (invalid_argument) say what is expected and at which character, and never repeat the text,
// which has passwords in it: no entry or more than one, an unknown flag, an option without a value
// or given twice, no semicolon at the end.
Result<JaasConfig> parse_jaas_config(std::string_view text);

// Whether an entry's class is the one that Kafka has for a SASL mechanism (PLAIN, SCRAM-...).
bool is_login_module_of(std::string_view login_module, std::string_view mechanism);

}  // namespace ottla::protocol
