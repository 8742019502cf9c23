#pragma once

#include <string>

namespace ottla::base {

// What the system says of an errno; needs no file descriptor, so that it can tell that none is
// left. Any thread.
std::string system_message(int number);

}  // namespace ottla::base
