#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/assert.h"
#include "tests/fuzz/messages/targets.h"

// The entries of libFuzzer. The first byte of an input chooses the target, the rest is its input;
// or all inputs are those of the target that OTTLA_FUZZ_TARGET names: "fetch_request", "canary".
namespace ottla::fuzz {
namespace {

const Target* named_target() {
  const char* const name = std::getenv("OTTLA_FUZZ_TARGET");
  if (name == nullptr) return nullptr;
  const Target* const found = find_target(name);
  OTTLA_ASSERT(found != nullptr, "OTTLA_FUZZ_TARGET names no target");
  return found;
}

// The one that is named, or nullptr.
const Target* only() {
  static const Target* const target = named_target();
  return target;
}

std::string sample(base::Random& random) {
  if (only() != nullptr) return only()->sample(random);
  OTTLA_ASSERT(targets().size() <= 256, "a byte chooses the target");
  const auto choice = random.below(targets().size());
  return static_cast<char>(choice) + targets()[choice].sample(random);
}

void run(BytesView input) {
  const Target* target = only();
  if (target == nullptr) {
    if (input.empty()) return;
    target = &targets()[static_cast<unsigned char>(input[0]) % targets().size()];
    input.remove_prefix(1);
  }
  const auto wrong = target->run(input);
  if (wrong.empty()) return;
  std::fprintf(stderr, "%s: %s\n", target->name.c_str(), wrong.c_str());
  std::abort();
}

}  // namespace
}  // namespace ottla::fuzz

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

// Good inputs come in as the fuzzer goes, so that no corpus has to be kept.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  ottla::base::Random random(seed);
  if (!random.one_in(20)) return LLVMFuzzerMutate(data, size, max_size);
  const std::string sample = ottla::fuzz::sample(random);
  if (sample.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(data, sample.data(), sample.size());
  return sample.size();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ottla::fuzz::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
