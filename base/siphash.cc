#include "base/siphash.h"

#include <bit>
#include <cstddef>

namespace ottla::base {
namespace {

struct State {
  std::uint64_t v0, v1, v2, v3;

  void rounds(int count) {
    for (int i = 0; i < count; ++i) {
      v0 += v1;
      v1 = std::rotl(v1, 13) ^ v0;
      v0 = std::rotl(v0, 32);
      v2 += v3;
      v3 = std::rotl(v3, 16) ^ v2;
      v0 += v3;
      v3 = std::rotl(v3, 21) ^ v0;
      v2 += v1;
      v1 = std::rotl(v1, 17) ^ v2;
      v2 = std::rotl(v2, 32);
    }
  }

  void take(std::uint64_t word) {
    v3 ^= word;
    rounds(2);
    v0 ^= word;
  }

  std::uint64_t folded() const { return v0 ^ v1 ^ v2 ^ v3; }
};

std::uint64_t little_endian(const char* bytes, std::size_t count) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < count; ++i) {
    word |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  return word;
}

}  // namespace

Hash128 siphash128(const Hash128& key, BytesView bytes) {
  State state{key.low ^ 0x736f6d6570736575, key.high ^ 0x646f72616e646f6d ^ 0xee,
              key.low ^ 0x6c7967656e657261, key.high ^ 0x7465646279746573};
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) state.take(little_endian(bytes.data() + at, 8));
  const auto tail = little_endian(bytes.data() + at, bytes.size() - at);
  state.take(tail | std::uint64_t{bytes.size()} << 56);
  state.v2 ^= 0xee;
  state.rounds(4);
  Hash128 hash;
  hash.low = state.folded();
  state.v1 ^= 0xdd;
  state.rounds(4);
  hash.high = state.folded();
  return hash;
}

}  // namespace ottla::base
