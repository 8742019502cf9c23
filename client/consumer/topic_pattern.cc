#include "client/consumer/topic_pattern.h"

#include <re2/re2.h>

#include <string>
#include <utility>

namespace ottla::client {

TopicPattern::TopicPattern(std::unique_ptr<re2::RE2> pattern) : pattern_(std::move(pattern)) {}

TopicPattern::~TopicPattern() = default;

Result<std::shared_ptr<const TopicPattern>> TopicPattern::parse(std::string_view text) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  auto pattern = std::make_unique<re2::RE2>(re2::StringPiece(text.data(), text.size()), options);
  if (!pattern->ok()) {
    return Error(ErrorCode::invalid_argument,
                 "the pattern '" + std::string(text) + "' cannot be used: " + pattern->error());
  }
  return std::make_shared<const TopicPattern>(std::move(pattern));
}

bool TopicPattern::matches(std::string_view topic) const {
  return re2::RE2::FullMatch(re2::StringPiece(topic.data(), topic.size()), *pattern_);
}

}  // namespace ottla::client
