#include "client/config_properties.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/ascii.h"
#include "base/nearest_name.h"

namespace ottla::client {
namespace {

constexpr std::chrono::milliseconds kLongest = std::chrono::hours(24 * 365 * 100);

// What only a JVM can use, and what only tunes it.
constexpr std::array kSkipped = std::to_array<std::string_view>({
    "auto.include.jmx.reporter",
    "config.providers",
    "enable.metrics.push",
    "interceptor.classes",
    "key.deserializer",
    "key.serializer",
    "metadata.recovery.rebootstrap.trigger.ms",
    "metric.reporters",
    "security.providers",
    "value.deserializer",
    "value.serializer",
});

// Those of SASL are for mechanisms that there are not, for code that is loaded, or for who checks
// tokens; of sasl.login. and sasl.oauthbearer. others are read.
constexpr std::array kSkippedPrefixes =
    std::to_array<std::string_view>({"config.providers.", "metrics.", "sasl.client.callback.",
                                     "sasl.kerberos.", "sasl.login.", "sasl.oauthbearer."});

// Keys of which the client can do one value.
constexpr std::array kFixed = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"client.dns.lookup", "use_all_dns_ips"},
    {"metadata.recovery.strategy", "rebootstrap"},
});

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

Error bad_property(std::string_view key, std::string_view value, std::string_view expected) {
  return {ErrorCode::invalid_argument, std::string(key) + " is '" + std::string(value) +
                                           "'; it must be " + std::string(expected)};
}

Result<std::int64_t> read_integer(std::string_view key, std::string_view value, std::int64_t least,
                                  std::int64_t most) {
  const auto text = trim(value);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (whole && number >= least && number <= most) return number;
  return bad_property(
      key, value, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
}

Result<void> read_value(std::string_view key, std::string_view value,
                        std::chrono::milliseconds& field) {
  const auto number = read_integer(key, value, 0, std::numeric_limits<std::int64_t>::max());
  if (!number) return number.error();
  field = std::chrono::milliseconds(std::min<std::int64_t>(*number, kLongest.count()));
  return {};
}

Result<void> read_value(std::string_view, std::string_view value, std::string& field) {
  field = trim(value);
  return {};
}

Result<void> read_value(std::string_view key, std::string_view value, bool& field) {
  const auto text = trim(value);
  field = base::same_but_for_case(text, "true");
  if (field || base::same_but_for_case(text, "false")) return {};
  return bad_property(key, value, "true or false");
}

Result<void> read_value(std::string_view key, std::string_view value,
                        MetadataRecoveryStrategy& field) {
  const auto text = trim(value);
  if (base::same_but_for_case(text, "none")) {
    field = MetadataRecoveryStrategy::none;
  } else if (base::same_but_for_case(text, "rebootstrap")) {
    field = MetadataRecoveryStrategy::rebootstrap;
  } else {
    return bad_property(key, value, "none or rebootstrap");
  }
  return {};
}

Result<void> config_detail::read_other(std::string_view key, std::string_view value,
                                       const std::vector<std::string_view>& known) {
  if (std::find(kSkipped.begin(), kSkipped.end(), key) != kSkipped.end()) return {};
  const auto begins = [&](std::string_view prefix) { return key.starts_with(prefix); };
  if (std::any_of(kSkippedPrefixes.begin(), kSkippedPrefixes.end(), begins)) return {};
  for (const auto& [name, only] : kFixed) {
    if (key != name) continue;
    if (base::same_but_for_case(trim(value), only)) return {};
    return bad_property(key, value, std::string(only) + ": nothing else is supported");
  }
  return Error(ErrorCode::invalid_argument,
               "unknown key " + std::string(key.substr(0, base::kNearestLooksAt)) +
                   "; the nearest one there is is " + std::string(base::nearest_name(key, known)));
}

}  // namespace ottla::client
