#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/fuzz/messages/targets.h"

// The entries of libFuzzer, for the target whose name the build gives.
namespace {

const ottla::fuzz::Target& target() {
  static const ottla::fuzz::Target* const found = ottla::fuzz::find_target(OTTLA_FUZZ_TARGET);
  if (found == nullptr) std::abort();
  return *found;
}

}  // namespace

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

// Good inputs come in as the fuzzer goes, so that no corpus has to be kept.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  ottla::base::Random random(seed);
  if (!random.one_in(20)) return LLVMFuzzerMutate(data, size, max_size);
  const std::string sample = target().sample(random);
  if (sample.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(data, sample.data(), sample.size());
  return sample.size();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto wrong = target().run({reinterpret_cast<const char*>(data), size});
  if (wrong.empty()) return 0;
  std::fprintf(stderr, "%s: %s\n", target().name.c_str(), wrong.c_str());
  std::abort();
}
