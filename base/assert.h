#pragma once

#include <source_location>
#include <string_view>

namespace ottla::base {

// Prints the place and the reason to stderr and aborts.
[[noreturn]] void assertion_failed(
    const char* condition, std::string_view why,
    const std::source_location& where = std::source_location::current());

}  // namespace ottla::base

// A programmer's error, never bad input. Stays on in every build.
#define OTTLA_ASSERT(condition, why) \
  ((condition) ? static_cast<void>(0) : ::ottla::base::assertion_failed(#condition, why))
