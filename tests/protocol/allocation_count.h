#pragma once

#include <cstddef>

namespace ottla::protocol {

// The bytes that this program has asked `operator new` for since it started, on all threads.
std::size_t bytes_allocated();

}  // namespace ottla::protocol
