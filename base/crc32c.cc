#include "base/crc32c.h"

#include <array>
#include <cstddef>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace ottla::base {
namespace {

// The polynomial with its bits reversed: bit 31 stands for x^0.
constexpr std::uint32_t kPolynomial = 0x82f63b78;

constexpr std::uint32_t times_x(std::uint32_t p) {
  return (p >> 1) ^ ((p & 1) != 0 ? kPolynomial : 0);
}

// The product of two polynomials, modulo the one of the checksum.
constexpr std::uint32_t product(std::uint32_t a, std::uint32_t b) {
  std::uint32_t sum = 0;
  for (std::uint32_t bit = 0x80000000; bit != 0; bit >>= 1) {
    if ((a & bit) != 0) sum ^= b;
    b = times_x(b);
  }
  return sum;
}

// kBytes[n] moves a checksum past 2^n bytes: x^(8 * 2^n).
constexpr auto make_byte_powers() {
  std::array<std::uint32_t, 64> powers{};
  std::uint32_t power = 0x80000000;
  for (int i = 0; i < 8; ++i) power = times_x(power);
  for (auto& each : powers) {
    each = power;
    power = product(power, power);
  }
  return powers;
}

constexpr auto kBytes = make_byte_powers();

using SliceTables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr SliceTables make_tables() {
  SliceTables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = times_x(crc);
    tables[0][byte] = crc;
  }
  for (std::size_t slice = 1; slice < 8; ++slice) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[slice - 1][byte];
      tables[slice][byte] = (before >> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}

constexpr SliceTables kTables = make_tables();

std::uint64_t load_word(const char* from) {
  std::uint64_t word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

std::uint32_t step_byte(std::uint32_t state, char byte) {
  return (state >> 8) ^ kTables[0][(state ^ static_cast<unsigned char>(byte)) & 0xff];
}

std::uint32_t run_tables(std::uint32_t state, const char* at, std::size_t size) {
  for (; size >= 8; at += 8, size -= 8) {
    const std::uint64_t word = load_word(at) ^ state;
    state = kTables[7][word & 0xff] ^ kTables[6][word >> 8 & 0xff] ^ kTables[5][word >> 16 & 0xff] ^
            kTables[4][word >> 24 & 0xff] ^ kTables[3][word >> 32 & 0xff] ^
            kTables[2][word >> 40 & 0xff] ^ kTables[1][word >> 48 & 0xff] ^ kTables[0][word >> 56];
  }
  for (; size > 0; ++at, --size) state = step_byte(state, *at);
  return state;
}

#if defined(__x86_64__)

// The instruction takes three cycles but a new one can start in each, so long inputs run as three
// neighbouring streams of `kMaxStream` words at most, joined at the end.
constexpr std::size_t kMaxStream = 256;
constexpr std::size_t kMinStream = 8;

// kShift[n] moves a state past n words of zeros: x^(64n - 33). The missing 33 come from the bit
// that a product of reversed numbers is off by and from the 32 that the crc32 instruction adds.
constexpr auto make_shifts() {
  std::array<std::uint32_t, 2 * kMaxStream + 1> shifts{};
  std::uint32_t power = 0x80000000;
  for (int i = 0; i < 64 - 33; ++i) power = times_x(power);
  for (std::size_t n = 1; n < shifts.size(); ++n) {
    shifts[n] = power;
    for (int i = 0; i < 64; ++i) power = times_x(power);
  }
  return shifts;
}

constexpr auto kShift = make_shifts();

__attribute__((target("sse4.2,pclmul"))) std::uint64_t times(std::uint64_t state,
                                                             std::uint32_t power) {
  const __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128(static_cast<long long>(state)),
                                               _mm_cvtsi32_si128(static_cast<int>(power)), 0);
  return static_cast<std::uint64_t>(_mm_cvtsi128_si64(product));
}

__attribute__((target("sse4.2,pclmul"))) std::uint32_t run_instruction(std::uint64_t state,
                                                                       const char* at,
                                                                       std::size_t size) {
  while (size >= 3 * 8 * kMinStream) {
    const std::size_t words = size / 24 < kMaxStream ? size / 24 : kMaxStream;
    const char* const second = at + 8 * words;
    const char* const third = second + 8 * words;
    std::uint64_t a = state;
    std::uint64_t b = 0;
    std::uint64_t c = 0;
    for (std::size_t i = 0; i < 8 * words; i += 8) {
      a = _mm_crc32_u64(a, load_word(at + i));
      b = _mm_crc32_u64(b, load_word(second + i));
      c = _mm_crc32_u64(c, load_word(third + i));
    }
    state = _mm_crc32_u64(0, times(a, kShift[2 * words]) ^ times(b, kShift[words])) ^ c;
    at = third + 8 * words;
    size -= 24 * words;
  }
  for (; size >= 8; at += 8, size -= 8) state = _mm_crc32_u64(state, load_word(at));
  auto low = static_cast<std::uint32_t>(state);
  for (; size > 0; ++at, --size) low = _mm_crc32_u8(low, static_cast<unsigned char>(*at));
  return low;
}

bool has_instruction() {
  return __builtin_cpu_supports("sse4.2") != 0 && __builtin_cpu_supports("pclmul") != 0;
}

#endif

}  // namespace

namespace detail {

std::uint32_t crc32c_extend_by_table(std::uint32_t crc, BytesView bytes) {
  return ~run_tables(~crc, bytes.data(), bytes.size());
}

}  // namespace detail

std::uint32_t crc32c_extend(std::uint32_t crc, BytesView bytes) {
#if defined(__x86_64__)
  if (has_instruction()) return ~run_instruction(~crc, bytes.data(), bytes.size());
#endif
  return detail::crc32c_extend_by_table(crc, bytes);
}

std::uint32_t crc32c_join(std::uint32_t first, std::uint32_t second, std::size_t second_size) {
  for (std::size_t n = 0; second_size != 0; ++n, second_size >>= 1) {
    if ((second_size & 1) != 0) first = product(kBytes[n], first);
  }
  return first ^ second;
}

std::uint32_t crc32c(BytesView bytes) {
  return crc32c_extend(0, bytes);
}

}  // namespace ottla::base
