#pragma once

#include <cstddef>

namespace ottla::base {

// How many file descriptors this process may have open at once.
std::size_t limit_of_open_files();

}  // namespace ottla::base
