#pragma once

#include <cstdint>

namespace ottla::base {

// A seeded stream of numbers (xoshiro256**): the same seed gives the same numbers everywhere. Not
// for secrets. One thread.
class Random {
 public:
  explicit Random(std::uint64_t seed);

  // Seeded by the operating system.
  static Random from_system();

  std::uint64_t next();

  // Uniform in [0, bound); bound > 0.
  std::uint64_t below(std::uint64_t bound);

  // Uniform in [low, high], both included.
  std::int64_t between(std::int64_t low, std::int64_t high);

  // Uniform in [0, 1).
  double fraction();

  // True once in `n` calls on average; n > 0.
  bool one_in(std::uint64_t n) { return below(n) == 0; }

  // Sixteen random bytes as an RFC 4122 version 4 UUID would have them.
  struct Uuid {
    std::uint64_t high;
    std::uint64_t low;
  };
  Uuid uuid();

 private:
  std::uint64_t state_[4];
};

}  // namespace ottla::base
