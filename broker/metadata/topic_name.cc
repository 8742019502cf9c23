#include "broker/metadata/topic_name.h"

#include <algorithm>
#include <string>

namespace ottla::broker {
namespace {

bool is_allowed(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

Error invalid_name(std::string why) {
  return {ErrorCode::invalid_topic_exception, std::move(why)};
}

}  // namespace

Result<void> check_topic_name(std::string_view name) {
  if (name.empty()) return invalid_name("the topic name is empty");
  if (name == "." || name == "..") return invalid_name("a topic name cannot be \".\" or \"..\"");
  if (name.size() > kLongestTopicName) {
    return invalid_name("the topic name has " + std::to_string(name.size()) +
                        " characters; the most there may be are " +
                        std::to_string(kLongestTopicName));
  }
  if (!std::all_of(name.begin(), name.end(), is_allowed)) {
    return invalid_name("the topic name \"" + std::string(name) +
                        "\" has other characters than letters, digits, '.', '_' and '-'");
  }
  return {};
}

bool topic_names_collide(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return (x == '.' ? '_' : x) == (y == '.' ? '_' : y); });
}

}  // namespace ottla::broker
