#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/result.h"

namespace re2 {
class RE2;
}

namespace ottla::broker {

// Kafka's `ssl.principal.mapping.rules`: from the subject of a client's certificate to the name of
// its principal. Rules stand in order, with commas between: RULE:PATTERN/REPLACEMENT/ with L or U
// behind for lower or upper case, where the pattern (RE2, which takes linear time) must match the
// whole subject and $1 stands for its first group; DEFAULT takes the subject as it is. Does not
// change; any thread.
class SslPrincipalMapper {
 public:
  // Error: invalid_config, naming the rule.
  static Result<SslPrincipalMapper> parse(std::string_view rules);

  // What the first rule that matches makes of it; nothing if none does.
  std::optional<std::string> name_of(const std::string& subject) const;

 private:
  enum class Case { kept, lower, upper };
  struct Rule {
    std::shared_ptr<const re2::RE2> pattern;  // null: DEFAULT
    std::string replacement;                  // with \1 for $1
    Case letters = Case::kept;
  };

  static Result<Rule> parse_rule(std::string_view text, std::size_t& at);

  std::vector<Rule> rules_;
};

}  // namespace ottla::broker
