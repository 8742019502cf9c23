#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <utility>

namespace ottla::protocol {

// Keeps texts that a message borrows. Views stay valid until the arena is destroyed, also if it is
// moved.
class StringArena {
 public:
  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }

 private:
  std::deque<std::string> texts_;
};

}  // namespace ottla::protocol
