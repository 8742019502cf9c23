#include "base/varint.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace ottla::base {
namespace {

std::string written(std::uint64_t value) {
  char bytes[kMaxVarint64Size];
  return std::string(bytes, write_uvarint(bytes, value));
}

const char* read32(const std::string& bytes, std::uint32_t& out) {
  return read_uvarint32(bytes.data(), bytes.data() + bytes.size(), out);
}
const char* read64(const std::string& bytes, std::uint64_t& out) {
  return read_uvarint64(bytes.data(), bytes.data() + bytes.size(), out);
}

TEST(Varint, has_the_bytes_that_the_format_says) {
  EXPECT_EQ(written(0), std::string("\x00", 1));
  EXPECT_EQ(written(127), "\x7f");
  EXPECT_EQ(written(128), "\x80\x01");
  EXPECT_EQ(written(300), "\xac\x02");
  EXPECT_EQ(written(0xffffffff), "\xff\xff\xff\xff\x0f");
  EXPECT_EQ(written(~std::uint64_t{0}), "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
}

TEST(Varint, comes_back_and_has_its_announced_size_around_every_power_of_two) {
  for (int bit = 0; bit < 64; ++bit) {
    for (const std::int64_t delta : {-1, 0, 1}) {
      const auto value = (std::uint64_t{1} << bit) + static_cast<std::uint64_t>(delta);
      const auto bytes = written(value);
      EXPECT_EQ(bytes.size(), varint_size(value)) << value;
      std::uint64_t back = 0;
      EXPECT_EQ(read64(bytes, back), bytes.data() + bytes.size());
      EXPECT_EQ(back, value);
      std::uint32_t narrow = 7;
      if (value <= std::numeric_limits<std::uint32_t>::max()) {
        EXPECT_EQ(read32(bytes, narrow), bytes.data() + bytes.size());
        EXPECT_EQ(narrow, value);
      } else {
        EXPECT_EQ(read32(bytes, narrow), nullptr) << value;
        EXPECT_EQ(narrow, 7u);
      }
    }
  }
}

TEST(Varint, cut_short_is_refused_at_every_length) {
  const auto bytes = written(~std::uint64_t{0});
  std::uint64_t out = 0;
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_EQ(read64(bytes.substr(0, length), out), nullptr);
  }
}

TEST(Varint, too_many_bytes_or_bits_are_refused) {
  std::uint32_t narrow = 0;
  std::uint64_t wide = 0;
  EXPECT_EQ(read32("\xff\xff\xff\xff\x1f", narrow), nullptr);
  EXPECT_EQ(read32("\x80\x80\x80\x80\x80\x01", narrow), nullptr);
  EXPECT_EQ(read64("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", wide), nullptr);
  EXPECT_EQ(read64(std::string(11, '\x80'), wide), nullptr);
}

TEST(Varint, needless_zeros_within_the_longest_form_are_accepted) {
  std::uint32_t narrow = 9;
  const std::string padded("\x81\x80\x80\x80\x00", 5);
  EXPECT_EQ(read32(padded, narrow), padded.data() + 5);
  EXPECT_EQ(narrow, 1u);
}

TEST(Varint, stops_at_the_end_of_the_number) {
  const std::string bytes = "\xac\x02rest";
  std::uint32_t out = 0;
  EXPECT_EQ(read32(bytes, out), bytes.data() + 2);
  EXPECT_EQ(out, 300u);
}

TEST(Zigzag, small_numbers_of_either_sign_are_short) {
  EXPECT_EQ(zigzag_encode32(0), 0u);
  EXPECT_EQ(zigzag_encode32(-1), 1u);
  EXPECT_EQ(zigzag_encode32(1), 2u);
  EXPECT_EQ(zigzag_encode64(-64), 127u);
  EXPECT_EQ(zigzag_size32(-64), 1u);
  EXPECT_EQ(zigzag_size32(64), 2u);
}

TEST(Zigzag, comes_back_at_the_limits) {
  char bytes[kMaxVarint64Size];
  const std::vector<std::int64_t> values = {0,
                                            -1,
                                            1,
                                            -300,
                                            std::numeric_limits<std::int32_t>::min(),
                                            std::numeric_limits<std::int32_t>::max(),
                                            std::numeric_limits<std::int64_t>::min(),
                                            std::numeric_limits<std::int64_t>::max()};
  for (const auto value : values) {
    const char* end = write_zigzag64(bytes, value);
    EXPECT_EQ(static_cast<std::size_t>(end - bytes), zigzag_size64(value));
    std::int64_t back = 0;
    EXPECT_EQ(read_zigzag64(bytes, end, back), end);
    EXPECT_EQ(back, value);
    const auto small = static_cast<std::int32_t>(value);
    end = write_zigzag32(bytes, small);
    EXPECT_EQ(static_cast<std::size_t>(end - bytes), zigzag_size32(small));
    std::int32_t small_back = 0;
    EXPECT_EQ(read_zigzag32(bytes, end, small_back), end);
    EXPECT_EQ(small_back, small);
  }
}

}  // namespace
}  // namespace ottla::base
