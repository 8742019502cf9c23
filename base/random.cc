#include "base/random.h"

#include <bit>
#include <random>

#include "base/assert.h"

namespace ottla::base {
namespace {

std::uint64_t split_mix(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

}  // namespace

Random::Random(std::uint64_t seed) {
  for (auto& word : state_) word = split_mix(seed);
}

Random Random::from_system() {
  std::random_device device;
  return Random((static_cast<std::uint64_t>(device()) << 32) | device());
}

std::uint64_t Random::next() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::uint64_t Random::below(std::uint64_t bound) {
  OTTLA_ASSERT(bound > 0, "an empty range has no number");
  // Rejects the few values that would favour small results.
  const std::uint64_t limit = ~std::uint64_t{0} - (~std::uint64_t{0} % bound);
  std::uint64_t value = next();
  while (value >= limit) value = next();
  return value % bound;
}

std::int64_t Random::between(std::int64_t low, std::int64_t high) {
  OTTLA_ASSERT(low <= high, "the range is the wrong way round");
  const auto span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
  if (span == 0) return static_cast<std::int64_t>(next());
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + below(span));
}

double Random::fraction() {
  return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

Random::Uuid Random::uuid() {
  Uuid made{next(), next()};
  made.high = (made.high & ~0xf000ULL) | 0x4000ULL;
  made.low = (made.low & ~(0x3ULL << 62)) | (0x2ULL << 62);
  return made;
}

}  // namespace ottla::base
