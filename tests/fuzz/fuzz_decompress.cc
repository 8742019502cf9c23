#include <algorithm>
#include <string>

#include "protocol/compression/compression.h"
#include "tests/fuzz/fuzz_target.h"

// Any bytes as the records of a compressed batch; the first names the codec. And the reverse: any
// bytes come back as they were.
namespace ottla::fuzz {

constexpr std::size_t kLimit = 1 << 20;

std::vector<std::string> seeds() {
  std::vector<std::string> made;
  std::string text;
  while (text.size() < 70'000) text += "record " + std::to_string(text.size()) + "; ";
  for (int codec = 0; codec <= 4; ++codec) {
    const auto compression = static_cast<Compression>(codec);
    for (const std::size_t size : {std::size_t{0}, std::size_t{300}, text.size()}) {
      std::string out;
      protocol::compress(compression, protocol::default_level(compression), text.substr(0, size),
                         out)
          .value();
      made.push_back(static_cast<char>(codec) + out);
    }
  }
  return made;
}

}  // namespace ottla::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ottla;  // NOLINT: a fuzz target
  const auto input = fuzz::begin(data, size);
  if (input.empty()) return 0;
  const auto codec = static_cast<Compression>(data[0] % 5);
  const auto body = input.substr(1);
  std::string out;
  (void)protocol::decompress(codec, body, fuzz::kLimit, out).has_value();
  OTTLA_ASSERT(out.size() <= fuzz::kLimit, "no more than allowed is decompressed");
  OTTLA_ASSERT(out.capacity() <= std::max(2 * fuzz::kLimit, 2 * size), "memory is bounded");
  if (data[0] % 16 != 0) return 0;  // Compressing is slow beside the rest.
  std::string there;
  protocol::compress(codec, protocol::default_level(codec), body, there).value();
  protocol::decompress(codec, there, body.size(), out).value();
  OTTLA_ASSERT(out == body, "what was compressed comes back");
  return 0;
}
