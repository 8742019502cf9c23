#pragma once

#include <string_view>

namespace ottla::base {

// Prints the place and the reason to stderr and aborts.
[[noreturn]] void assertion_failed(const char* condition, std::string_view why, const char* file,
                                   int line);

}  // namespace ottla::base

// A programmer's error, never bad input. Stays on in every build.
#define OTTLA_ASSERT(condition, why)  \
  ((condition) ? static_cast<void>(0) \
               : ::ottla::base::assertion_failed(#condition, why, __FILE__, __LINE__))
