#include "broker/security/ssl_principal_mapper.h"

#include <re2/re2.h>

#include <algorithm>

namespace ottla::broker {
namespace {

constexpr std::string_view kDefault = "DEFAULT";
constexpr std::string_view kRule = "RULE:";

Error bad_rule(std::string_view text, std::string_view why) {
  return {ErrorCode::invalid_config, "ssl.principal.mapping.rules: " + std::string(why) + " in \"" +
                                         std::string(text.substr(0, 200)) +
                                         "\"; expected DEFAULT or RULE:PATTERN/REPLACEMENT/ with "
                                         "nothing, L or U behind"};
}

// Up to the next '/' that no backslash stands before; npos without one.
std::size_t end_of_part(std::string_view text, std::size_t at) {
  for (; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '/') {
      return at;
    }
  }
  return std::string_view::npos;
}

// $1 as RE2 has it, and only groups that there are.
std::string rewrite_of(std::string_view replacement, int groups) {
  std::string rewrite;
  for (std::size_t i = 0; i < replacement.size(); ++i) {
    const bool escaped = replacement[i] == '\\' && i + 1 < replacement.size();
    const bool digit =
        i + 1 < replacement.size() && replacement[i + 1] >= '0' && replacement[i + 1] <= '9';
    if (replacement[i] == '$' && digit && replacement[i + 1] - '0' <= groups) {
      rewrite += '\\';
      rewrite += replacement[++i];
    } else {
      if (escaped) ++i;
      if (replacement[i] == '\\') rewrite += '\\';
      rewrite += replacement[i];
    }
  }
  return rewrite;
}

void skip(std::string_view text, std::size_t& at, std::string_view what) {
  at = std::min(text.find_first_not_of(what, at), text.size());
}

}  // namespace

Result<SslPrincipalMapper> SslPrincipalMapper::parse(std::string_view rules) {
  SslPrincipalMapper mapper;
  for (std::size_t at = 0;;) {
    skip(rules, at, ", \t\r\n");
    if (at == rules.size()) break;
    auto rule = parse_rule(rules, at);
    if (!rule) return rule.error();
    mapper.rules_.push_back(std::move(*rule));
  }
  if (mapper.rules_.empty()) mapper.rules_.emplace_back();
  return mapper;
}

Result<SslPrincipalMapper::Rule> SslPrincipalMapper::parse_rule(std::string_view text,
                                                                std::size_t& at) {
  const auto rest = text.substr(at);
  Rule rule;
  if (rest.starts_with(kDefault)) {
    at += kDefault.size();
  } else if (rest.starts_with(kRule)) {
    const auto begin = at + kRule.size();
    const auto middle = end_of_part(text, begin);
    const auto end = middle == std::string_view::npos ? middle : end_of_part(text, middle + 1);
    if (end == std::string_view::npos) return bad_rule(rest, "a rule without its end");
    re2::RE2::Options options;
    options.set_log_errors(false);
    const std::string pattern(text.substr(begin, middle - begin));
    auto compiled = std::make_shared<const re2::RE2>(pattern, options);
    if (!compiled->ok())
      return bad_rule(rest, "a pattern that is none (" + compiled->error() + ")");
    rule.replacement =
        rewrite_of(text.substr(middle + 1, end - middle - 1), compiled->NumberOfCapturingGroups());
    rule.pattern = std::move(compiled);
    at = end + 1;
    if (at < text.size() && (text[at] == 'L' || text[at] == 'U')) {
      rule.letters = text[at++] == 'L' ? Case::lower : Case::upper;
    }
  } else {
    return bad_rule(rest, "something that is no rule");
  }
  skip(text, at, " \t\r\n");
  if (at < text.size() && text[at] != ',') return bad_rule(rest, "more than a rule");
  return rule;
}

std::optional<std::string> SslPrincipalMapper::name_of(const std::string& subject) const {
  for (const auto& rule : rules_) {
    if (!rule.pattern) return subject;
    std::string name;
    const auto groups = rule.pattern->NumberOfCapturingGroups() + 1;
    std::vector<re2::StringPiece> found(static_cast<std::size_t>(groups));
    const bool matches = rule.pattern->Match(subject, 0, subject.size(), re2::RE2::ANCHOR_BOTH,
                                             found.data(), groups);
    if (!matches || !rule.pattern->Rewrite(&name, rule.replacement, found.data(), groups)) continue;
    for (char& c : name) {
      const bool is_upper = c >= 'A' && c <= 'Z';
      const bool is_lower = c >= 'a' && c <= 'z';
      if (rule.letters == Case::lower && is_upper) c = static_cast<char>(c - 'A' + 'a');
      if (rule.letters == Case::upper && is_lower) c = static_cast<char>(c - 'a' + 'A');
    }
    return name;
  }
  return std::nullopt;
}

}  // namespace ottla::broker
