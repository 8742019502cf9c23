#include "protocol/wire/failure.h"

#include <utility>

namespace ottla::protocol {

void Failure::set(ErrorCode code, std::string why) {
  if (failed_) return;
  failed_ = true;
  code_ = code;
  why_ = std::move(why);
}

void Failure::inside_field(const char* name) {
  prepend(name);
}

void Failure::inside_element(std::size_t index) {
  prepend("[" + std::to_string(index) + "]");
}

void Failure::prepend(std::string_view part) {
  std::string longer(part);
  if (!path_.empty() && path_[0] != '[') longer += '.';
  path_ = longer + path_;
}

Error Failure::to_error(const Api& api, Side side, int version) const {
  std::string text(api.name);
  text += ' ';
  text += name(side);
  text += " v" + std::to_string(version) + ": ";
  if (!path_.empty()) text += path_ + ": ";
  return Error(code_, text + why_);
}

}  // namespace ottla::protocol
