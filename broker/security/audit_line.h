#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"

namespace ottla::broker {

class AuditList;

// The members of one JSON object of the audit log. Whatever a peer has sent may be put in: it is
// escaped, and of what is longer than kMostText the rest is left out and counted.
class AuditMembers {
 public:
  static constexpr std::size_t kMostText = 512;

  // Names of members are the broker's own.
  AuditMembers& add(std::string_view name, std::string_view value);
  AuditMembers& add_number(std::string_view name, std::int64_t value);
  AuditMembers& add_true(std::string_view name);
  AuditMembers& append(const AuditMembers& others);
  // And "name_left_out", where the list had no room for all.
  AuditMembers& add_list(std::string_view name, const AuditList& list);

  // Without braces.
  const std::string& text() const { return text_; }

 private:
  void begin(std::string_view name);

  std::string text_;
};

// A list of objects that takes up to a number of bytes, and counts what finds no room.
class AuditList {
 public:
  explicit AuditList(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  void add(const AuditMembers& object);
  void leave_out(std::size_t count) { left_out_ += count; }

  // Something found no room: what comes is not to be made any more.
  bool full() const { return left_out_ > 0; }
  bool empty() const { return text_.empty() && left_out_ == 0; }
  std::size_t left_out() const { return left_out_; }
  const std::string& text() const { return text_; }  // without brackets

 private:
  std::size_t most_bytes_;
  std::string text_;
  std::size_t left_out_ = 0;
};

// With the time in front, in braces, and a line end.
std::string line_of(const AuditMembers& members, base::WallMillis at);

// One line: what happened, to whom, and to which resources. At most 64 KiB.
struct AuditLine {
  static constexpr std::size_t kMostResourceBytes = 40 << 10;

  AuditLine(std::string_view what, std::string_view outcome);

  std::string to_string(base::WallMillis at) const;

  std::string event;
  bool is_refusal = false;  // somebody was not let in or was denied something
  AuditMembers members;
  AuditList resources{kMostResourceBytes};
};

}  // namespace ottla::broker
