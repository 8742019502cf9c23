#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/assert.h"
#include "ottla/bytes.h"

// A fuzz target is one .cc that defines these two. With -DOTTLA_FUZZ=ON (clang) it is linked with
// libFuzzer; otherwise with smoke_driver.cc, which feeds it its seeds and many mutations of them.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace ottla::fuzz {

// Good inputs to start from.
std::vector<std::string> seeds();

// With OTTLA_FUZZ_CANARY in the environment, the input that every target must die of: a run that
// survives it, or a fuzzer that does not find it, tests nothing.
inline constexpr BytesView kCanary = "the canary of ottla";

// What each target calls first.
inline BytesView begin(const std::uint8_t* data, std::size_t size) {
  const BytesView input(reinterpret_cast<const char*>(data), size);
  static const bool planted = std::getenv("OTTLA_FUZZ_CANARY") != nullptr;
  if (planted) OTTLA_ASSERT(input != kCanary, "the canary was found");
  return input;
}

}  // namespace ottla::fuzz
