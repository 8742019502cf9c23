#include "ottla/error.h"

#include <algorithm>
#include <ostream>

#include "base/error_table.h"

namespace ottla {

const ErrorDescription& describe(ErrorCode code) {
  const auto table = base::error_table();
  const auto found = std::lower_bound(
      table.begin(), table.end(), code,
      [](const ErrorDescription& row, ErrorCode wanted) { return row.code < wanted; });
  if (found != table.end() && found->code == code) return *found;
  return table.front();
}

const ErrorContext& Error::context() const {
  static const ErrorContext kNone;
  return context_ ? *context_ : kNone;
}

std::string Error::to_string() const {
  const auto& row = describe(code_);
  std::string text(row.name);
  if (row.code != code_) text += " (code " + std::to_string(static_cast<int>(code_)) + ")";
  text += ": ";
  text += message_.empty() ? std::string(row.sentence) : message_;
  std::string where;
  const auto add = [&where](const std::string& part) {
    if (!where.empty()) where += ", ";
    where += part;
  };
  const auto& at = context();
  if (!at.topic.empty()) {
    add(at.partition < 0 ? at.topic : at.topic + "-" + std::to_string(at.partition));
  }
  if (!at.broker.empty()) add("broker " + at.broker);
  if (!at.file.empty()) add("file " + at.file);
  if (at.offset >= 0) add("offset " + std::to_string(at.offset));
  if (!where.empty()) text += " (" + where + ")";
  return text;
}

std::ostream& operator<<(std::ostream& out, const Error& error) {
  return out << error.to_string();
}
std::ostream& operator<<(std::ostream& out, ErrorCode code) {
  return out << describe(code).name;
}

}  // namespace ottla
