#pragma once

#include <string>
#include <string_view>

#include "ottla/properties.h"
#include "ottla/result.h"

namespace ottla::broker {

// Key -> value, as a Java properties file holds them; `parse_properties` reads one.
using ottla::parse_properties;
using ottla::Properties;

// Reads `key=value`, the form of --override, into `properties`, replacing what was there.
// Errors: invalid_config if there is no `=` or no key.
Result<void> apply_override(std::string_view key_value, Properties& properties);

// One line `key=value` a property, in the order of the keys, escaped so that `parse_properties` and
// Java read the same back.
std::string format_properties(const Properties& properties);

}  // namespace ottla::broker
