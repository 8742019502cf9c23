#pragma once

#include <memory>
#include <string_view>

#include "ottla/result.h"

namespace re2 {
class RE2;
}

namespace ottla::client {

// A pattern of topic names, in RE2's syntax: what a pattern costs is bounded by the names' lengths.
// Unchanging, so that any thread may use it.
class TopicPattern {
 public:
  // Error: invalid_argument, saying what is wrong with it.
  static Result<std::shared_ptr<const TopicPattern>> parse(std::string_view text);

  explicit TopicPattern(std::unique_ptr<re2::RE2> pattern);
  ~TopicPattern();

  // The whole name, not a part of it.
  bool matches(std::string_view topic) const;

 private:
  std::unique_ptr<re2::RE2> pattern_;
};

}  // namespace ottla::client
