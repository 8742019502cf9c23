#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "tests/fuzz/messages/targets.h"

// The entry of libFuzzer, for the target whose name the build gives.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ottla::fuzz::Target* const target = ottla::fuzz::find_target(OTTLA_FUZZ_TARGET);
  if (target == nullptr) std::abort();
  const auto wrong = target->run({reinterpret_cast<const char*>(data), size});
  if (wrong.empty()) return 0;
  std::fprintf(stderr, "%s: %s\n", target->name.c_str(), wrong.c_str());
  std::abort();
}
