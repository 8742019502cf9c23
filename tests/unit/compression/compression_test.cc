#include "protocol/compression/compression.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "base/endian.h"
#include "base/random.h"

namespace ottla::protocol {
namespace {

constexpr std::array kCodecs = {Compression::none, Compression::gzip, Compression::snappy,
                                Compression::lz4, Compression::zstd};
constexpr std::array kRealCodecs = {Compression::gzip, Compression::snappy, Compression::lz4,
                                    Compression::zstd};
constexpr std::size_t kPlenty = std::size_t{1} << 30;

std::string compressed(Compression codec, BytesView in) {
  std::string out;
  EXPECT_TRUE(compress(codec, default_level(codec), in, out));
  return out;
}

// The code that decompressing ends with; none if all is well.
ErrorCode outcome(Compression codec, BytesView in, std::size_t limit = kPlenty) {
  std::string out;
  const auto done = decompress(codec, in, limit, out);
  EXPECT_LE(out.size(), limit);
  return done ? ErrorCode::none : done.error().code();
}

std::string text(std::size_t size) {
  std::string made;
  while (made.size() < size) made += "record " + std::to_string(made.size() * 7919) + "; ";
  made.resize(size);
  return made;
}

std::string noise(std::size_t size) {
  base::Random random(size);
  std::string made(size, '\0');
  for (auto& byte : made) byte = static_cast<char>(random.next());
  return made;
}

class Codecs : public ::testing::TestWithParam<Compression> {};

TEST_P(Codecs, give_back_what_they_were_given) {
  for (const std::size_t size : {0U, 1U, 100U, 32'767U, 32'768U, 32'769U, 65'537U, 1'000'000U}) {
    for (const auto& original : {text(size), noise(size), std::string(size, 'x')}) {
      std::string out = "what was there before";
      const auto made = compressed(GetParam(), original);
      ASSERT_TRUE(decompress(GetParam(), made, kPlenty, out)) << size;
      ASSERT_TRUE(out == original) << size;
      ASSERT_EQ(outcome(GetParam(), made, size), ErrorCode::none) << size;
    }
  }
}

TEST_P(Codecs, stop_at_the_limit) {
  for (const std::size_t size : {1U, 1000U, 65'536U, 400'000U}) {
    const auto made = compressed(GetParam(), text(size));
    for (const std::size_t limit : {std::size_t{0}, size / 2, size - 1}) {
      ASSERT_EQ(outcome(GetParam(), made, limit), ErrorCode::message_too_large)
          << size << " " << limit;
    }
  }
}

std::string name_of(const ::testing::TestParamInfo<Compression>& info) {
  return std::string(to_string(info.param));
}

INSTANTIATE_TEST_SUITE_P(All, Codecs, ::testing::ValuesIn(kCodecs), name_of);

class RealCodecs : public ::testing::TestWithParam<Compression> {};

TEST_P(RealCodecs, make_text_smaller_at_every_level) {
  const auto original = text(100'000);
  for (int level = -2; level <= 23; ++level) {
    std::string made;
    std::string out;
    const auto done = compress(GetParam(), level, original, made);
    ASSERT_EQ(done.has_value(), check_level(GetParam(), level).has_value()) << level;
    if (!done) continue;
    ASSERT_LT(made.size(), original.size() / 2);
    ASSERT_TRUE(decompress(GetParam(), made, original.size(), out)) << level;
    ASSERT_TRUE(out == original) << level;
  }
}

TEST_P(RealCodecs, refuse_data_cut_short_anywhere) {
  const auto made = compressed(GetParam(), text(3000));
  for (std::size_t size = 0; size < made.size(); ++size) {
    // A framed snappy stream may end after any block, thus also before the first.
    const auto expected = GetParam() == Compression::snappy && size == 16
                              ? ErrorCode::none
                              : ErrorCode::corrupt_message;
    ASSERT_EQ(outcome(GetParam(), made.substr(0, size)), expected) << size;
  }
}

TEST_P(RealCodecs, survive_any_damage_within_the_limit) {
  base::Random random(7);
  for (const auto& original : {text(2000), noise(300), std::string(100'000, 'x')}) {
    const auto good = compressed(GetParam(), original);
    for (int round = 0; round < 2'000; ++round) {
      std::vector<char> bad(good.begin(), good.end());
      for (auto n = 1 + random.below(4); n > 0; --n) {
        bad[random.below(bad.size())] = static_cast<char>(random.next());
      }
      std::string out;
      (void)decompress(GetParam(), {bad.data(), bad.size()}, 200'000, out).has_value();
      ASSERT_LE(out.size(), 200'000U);
    }
  }
}

TEST_P(RealCodecs, take_bounded_memory_for_a_bomb) {
  const auto bomb = compressed(GetParam(), std::string(std::size_t{64} << 20, '\0'));
  std::string out;
  const auto done = decompress(GetParam(), bomb, 1 << 20, out);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), ErrorCode::message_too_large);
  EXPECT_LE(out.capacity(), std::size_t{2} << 20);
}

TEST_P(RealCodecs, refuse_what_is_not_theirs) {
  EXPECT_EQ(outcome(GetParam(), ""), ErrorCode::corrupt_message);
  EXPECT_EQ(outcome(GetParam(), noise(1000)), ErrorCode::corrupt_message);
  EXPECT_EQ(outcome(GetParam(), compressed(GetParam(), text(500)) + "left over"),
            ErrorCode::corrupt_message);
}

INSTANTIATE_TEST_SUITE_P(All, RealCodecs, ::testing::ValuesIn(kRealCodecs), name_of);

// Appending one stream to another is how some writers flush.
TEST(Decompress, reads_streams_that_follow_one_another) {
  for (const auto codec : kRealCodecs) {
    std::string out;
    const auto made = compressed(codec, text(500)) + compressed(codec, text(70'000));
    ASSERT_TRUE(decompress(codec, made, 70'500, out)) << codec;
    EXPECT_TRUE(out == text(500) + text(70'000)) << codec;
  }
}

TEST(Snappy, writes_the_framing_of_the_java_library) {
  const auto made = compressed(Compression::snappy, text(40'000));
  ASSERT_GT(made.size(), 20U);
  EXPECT_EQ(made.substr(0, 16), std::string("\x82SNAPPY\0\0\0\0\x01\0\0\0\x01", 16));
  const auto first = base::load_be<std::int32_t>(made.data() + 16);
  const auto second_at = 20 + static_cast<std::size_t>(first);
  const auto second = base::load_be<std::int32_t>(made.data() + second_at);
  EXPECT_EQ(second_at + 4 + static_cast<std::size_t>(second), made.size());
}

TEST(Snappy, reads_a_raw_block_as_other_writers_send_it) {
  const std::string raw(
      "\x0a\x24"
      "0123456789",
      12);
  std::string out;
  ASSERT_TRUE(decompress(Compression::snappy, raw, 10, out));
  EXPECT_EQ(out, "0123456789");
  EXPECT_EQ(outcome(Compression::snappy, raw, 9), ErrorCode::message_too_large);
}

TEST(Snappy, refuses_a_block_that_states_a_length_it_cannot_have) {
  const std::string raw(
      "\xff\xff\xff\xff\x0f\x24"
      "0123456789",
      16);
  std::string out;
  EXPECT_EQ(outcome(Compression::snappy, raw), ErrorCode::corrupt_message);
  (void)decompress(Compression::snappy, raw, kPlenty, out).has_value();
  EXPECT_LE(out.capacity(), 1024U);
}

TEST(Lz4, writes_frames_as_kafka_does) {
  const auto made = compressed(Compression::lz4, text(200'000));
  EXPECT_EQ(made.substr(0, 4), "\x04\x22\x4d\x18");
  EXPECT_EQ(made[4], 0x60);  // Version 1, independent blocks, no checksums, no content size.
  EXPECT_EQ(made[5], 0x40);  // 64 KiB
}

TEST(Zstd, sets_nothing_aside_for_a_window_that_a_header_names) {
  // Magic; no content size; a window of 2^41 bytes; one last raw block of 1 byte.
  const std::string frame("\x28\xb5\x2f\xfd\x00\xf8\x09\x00\x00x", 10);
  std::string out;
  (void)decompress(Compression::zstd, frame, kPlenty, out).has_value();
  EXPECT_LE(out.capacity(), 4096U);
}

TEST(Zstd, sets_nothing_aside_for_a_content_size_that_a_header_names) {
  // Magic; single segment, 8 bytes of content size: 2^40; one last raw block of 1 byte.
  const std::string frame("\x28\xb5\x2f\xfd\xe0\0\0\0\0\0\x01\0\0\x09\x00\x00x", 17);
  std::string out;
  const auto done = decompress(Compression::zstd, frame, std::size_t{1} << 20, out);
  ASSERT_FALSE(done);
  EXPECT_LE(out.capacity(), std::size_t{1} << 20);
}

TEST(CompressionLevel, has_kafkas_ranges_and_defaults) {
  EXPECT_EQ(default_level(Compression::gzip), -1);
  EXPECT_EQ(default_level(Compression::lz4), 9);
  EXPECT_EQ(default_level(Compression::zstd), 3);
  EXPECT_FALSE(check_level(Compression::gzip, 0));
  EXPECT_FALSE(check_level(Compression::gzip, 10));
  EXPECT_FALSE(check_level(Compression::lz4, 18));
  EXPECT_TRUE(check_level(Compression::zstd, -131072));
  EXPECT_FALSE(check_level(Compression::zstd, 23));
  const auto refused = check_level(Compression::gzip, 12);
  EXPECT_EQ(refused.error().code(), ErrorCode::invalid_argument);
  EXPECT_NE(refused.error().message().find("gzip has no compression level 12; use 1 to 9"),
            std::string::npos);
}

TEST(Compression, is_parsed_from_the_name_it_is_shown_as) {
  for (const auto codec : kCodecs) EXPECT_EQ(parse_compression(to_string(codec)), codec);
  EXPECT_FALSE(parse_compression("brotli"));
  EXPECT_FALSE(parse_compression(""));
}

}  // namespace
}  // namespace ottla::protocol
