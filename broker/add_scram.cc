#include "broker/add_scram.h"

#include <charconv>
#include <string>
#include <utility>

#include "protocol/sasl/scram.h"

namespace ottla::broker {
namespace {

Error expected(std::string_view what) {
  return Error(ErrorCode::invalid_argument,
               "--add-scram: expected " + std::string(what) +
                   "; the form is SCRAM-SHA-256=[name=NAME,iterations=8192,password=PASSWORD]");
}

// What stands behind `key=` up to the next comma; the password goes on to the end.
bool take(std::string_view& text, std::string_view key, bool to_the_end, std::string_view& value) {
  if (!text.starts_with(key)) return false;
  text.remove_prefix(key.size());
  const auto end = to_the_end ? std::string_view::npos : text.find(',');
  value = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return true;
}

}  // namespace

Result<ScramUpsertion> parse_added_scram(std::string_view text) {
  const auto equals = text.find('=');
  const auto mechanism = parse_scram_mechanism(text.substr(0, equals));
  if (!mechanism || equals == std::string_view::npos) {
    return expected("SCRAM-SHA-256 or SCRAM-SHA-512 in front of =");
  }
  auto rest = text.substr(equals + 1);
  if (rest.size() < 2 || rest.front() != '[' || rest.back() != ']') return expected("brackets");
  rest = rest.substr(1, rest.size() - 2);
  ScramUpsertion upsertion{.mechanism = static_cast<std::int8_t>(*mechanism),
                           .iterations = protocol::kLeastScramIterations};
  std::string_view name;
  std::string_view iterations;
  std::string_view password;
  if (!take(rest, "name=", false, name) || name.empty()) return expected("name=");
  if (take(rest, "iterations=", false, iterations)) {
    const auto* const end = iterations.data() + iterations.size();
    const auto read = std::from_chars(iterations.data(), end, upsertion.iterations);
    const bool good = read.ec == std::errc() && read.ptr == end &&
                      upsertion.iterations >= protocol::kLeastScramIterations &&
                      upsertion.iterations <= protocol::kMostScramIterations;
    if (!good) {
      return expected("from " + std::to_string(protocol::kLeastScramIterations) + " to " +
                      std::to_string(protocol::kMostScramIterations) + " iterations");
    }
  }
  if (!take(rest, "password=", true, password) || password.empty()) return expected("password=");
  upsertion.user = name;
  upsertion.salt = protocol::scram_random();
  upsertion.salted_password =
      protocol::salt_password(*mechanism, password, upsertion.salt, upsertion.iterations);
  return upsertion;
}

}  // namespace ottla::broker
