#include "protocol/sasl/jaas_config.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "base/ascii.h"
#include "protocol/sasl/oauthbearer.h"
#include "protocol/sasl/plain.h"
#include "protocol/sasl/scram.h"

namespace ottla::protocol {
namespace {

// Words, quoted strings and single characters, with the escapes and comments that Java's
// StreamTokenizer knows.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : text_(text) { next(); }

  enum class Kind { end, word, symbol };

  Kind kind() const { return kind_; }
  bool is(char symbol) const { return kind_ == Kind::symbol && value_[0] == symbol; }
  std::string take() {
    auto value = std::move(value_);
    next();
    return value;
  }
  std::size_t at() const { return begin_; }

  void next() {
    skip();
    value_.clear();
    begin_ = at_;
    kind_ = Kind::end;
    if (at_ == text_.size()) return;
    const char c = text_[at_];
    if (c == '"' || c == '\'') return take_quoted(c);
    if (!is_word(c)) {
      kind_ = Kind::symbol;
      value_ = c;
      ++at_;
      return;
    }
    kind_ = Kind::word;
    while (at_ < text_.size() && is_word(text_[at_])) value_ += text_[at_++];
  }

 private:
  static bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '_' ||
           c == '$' || static_cast<unsigned char>(c) >= 0x80;
  }

  void skip() {
    while (at_ < text_.size()) {
      const auto rest = text_.substr(at_);
      if (static_cast<unsigned char>(rest[0]) <= ' ') {
        ++at_;
      } else if (rest.starts_with("//")) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (rest.starts_with("/*")) {
        const auto end = text_.find("*/", at_ + 2);
        at_ = end == std::string_view::npos ? text_.size() : end + 2;
      } else {
        return;
      }
    }
  }

  void take_quoted(char quote) {
    for (++at_; at_ < text_.size() && text_[at_] != '\n'; ++at_) {
      if (text_[at_] == quote) {
        kind_ = Kind::word;
        ++at_;
        return;
      }
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        take_escape();
      } else {
        value_ += text_[at_];
      }
    }
    // It does not end: nothing that could be taken for a word.
    kind_ = Kind::symbol;
    value_ = quote;
  }

  void take_escape() {
    const char c = text_[++at_];
    constexpr std::string_view kNames = "abfnrtv";
    constexpr std::string_view kValues = "\a\b\f\n\r\t\v";
    const auto known = kNames.find(c);
    if (known != std::string_view::npos) {
      value_ += kValues[known];
      return;
    }
    if (c < '0' || c > '7') {
      value_ += c;
      return;
    }
    int code = c - '0';
    const std::size_t most = c <= '3' ? 2 : 1;
    for (std::size_t i = 0; i < most && at_ + 1 < text_.size(); ++i) {
      const char digit = text_[at_ + 1];
      if (digit < '0' || digit > '7') break;
      code = code * 8 + (digit - '0');
      ++at_;
    }
    value_ += static_cast<char>(code);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t begin_ = 0;
  Kind kind_ = Kind::end;
  std::string value_;
};

Error expected(std::string_view what, const Tokens& tokens) {
  return Error(ErrorCode::invalid_argument,
               "sasl.jaas.config: expected " + std::string(what) + " at character " +
                   std::to_string(tokens.at() + 1) +
                   "; the form is MODULE required username=\"...\" password=\"...\";");
}

bool is_flag(std::string_view word) {
  const auto flag = base::lower_case(word);
  return flag == "required" || flag == "requisite" || flag == "sufficient" || flag == "optional";
}

Result<void> read_option(Tokens& tokens, JaasConfig& config) {
  if (tokens.kind() != Tokens::Kind::word) return expected("an option's name or ;", tokens);
  auto name = tokens.take();
  if (!tokens.is('=')) return expected("= behind an option's name", tokens);
  tokens.next();
  if (tokens.kind() != Tokens::Kind::word) return expected("an option's value", tokens);
  if (config.options.contains(name)) return expected("no option a second time", tokens);
  config.options.emplace(std::move(name), tokens.take());
  return {};
}

}  // namespace

const std::string* JaasConfig::find(std::string_view option) const {
  const auto found = options.find(option);
  return found == options.end() ? nullptr : &found->second;
}

Result<JaasConfig> parse_jaas_config(std::string_view text) {
  Tokens tokens(text);
  JaasConfig config;
  if (tokens.kind() != Tokens::Kind::word) return expected("the name of a login module", tokens);
  config.login_module = tokens.take();
  if (tokens.kind() != Tokens::Kind::word || !is_flag(tokens.take())) {
    return expected("required behind the login module", tokens);
  }
  while (!tokens.is(';')) {
    if (tokens.kind() == Tokens::Kind::end) return expected("a semicolon", tokens);
    if (auto read = read_option(tokens, config); !read) return read.error();
  }
  tokens.next();
  if (tokens.kind() != Tokens::Kind::end) return expected("no second login module", tokens);
  return config;
}

bool is_login_module_of(std::string_view login_module, std::string_view mechanism) {
  constexpr std::string_view kPlainModule =
      "org.apache.kafka.common.security.plain.PlainLoginModule";
  constexpr std::string_view kScramModule =
      "org.apache.kafka.common.security.scram.ScramLoginModule";
  constexpr std::string_view kOauthBearerModule =
      "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule";
  if (mechanism == kPlain) return login_module == kPlainModule;
  return login_module == (mechanism == kOauthBearer ? kOauthBearerModule : kScramModule);
}

}  // namespace ottla::protocol
