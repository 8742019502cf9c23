#include "base/crc32c.h"

#include <gtest/gtest.h>

#include <string>

#include "base/random.h"

namespace ottla::base {
namespace {

// One bit at a time, straight from the definition.
std::uint32_t reference(BytesView bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78 : 0);
  }
  return ~crc;
}

std::string random_bytes(Random& random, std::size_t size) {
  std::string bytes(size, '\0');
  for (auto& byte : bytes) byte = static_cast<char>(random.next());
  return bytes;
}

// RFC 3720, appendix B.4.
TEST(Crc32c, agrees_with_the_vectors_of_iscsi) {
  std::string ascending;
  std::string descending;
  for (int i = 0; i < 32; ++i) {
    ascending += static_cast<char>(i);
    descending += static_cast<char>(31 - i);
  }
  EXPECT_EQ(crc32c(""), 0U);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43U);
  EXPECT_EQ(crc32c(ascending), 0x46dd794eU);
  EXPECT_EQ(crc32c(descending), 0x113fdb5cU);
}

TEST(Crc32c, agrees_with_the_definition_at_every_size_and_alignment) {
  Random random(1);
  const auto bytes = random_bytes(random, 30'000);
  const BytesView view(bytes);
  for (std::size_t size = 0; size < 700; ++size) {
    const auto part = view.substr(size % 9, size);
    const auto expected = reference(part);
    ASSERT_EQ(crc32c(part), expected) << size;
    ASSERT_EQ(detail::crc32c_extend_by_table(0, part), expected) << size;
  }
  for (const std::size_t size : {6143U, 6144U, 6145U, 6152U, 12288U, 12480U, 29'999U}) {
    ASSERT_EQ(crc32c(view.substr(0, size)), reference(view.substr(0, size))) << size;
  }
}

TEST(Crc32c, goes_on_from_the_checksum_of_what_came_before) {
  Random random(2);
  const auto bytes = random_bytes(random, 4000);
  const BytesView view(bytes);
  for (std::size_t cut = 0; cut <= view.size(); cut += 97) {
    const auto first = crc32c(view.substr(0, cut));
    EXPECT_EQ(crc32c_extend(first, view.substr(cut)), crc32c(view));
    EXPECT_EQ(detail::crc32c_extend_by_table(first, view.substr(cut)), crc32c(view));
  }
}

TEST(Crc32c, of_two_parts_joins_to_that_of_the_whole) {
  Random random(3);
  const auto bytes = random_bytes(random, 70'000);
  const BytesView view(bytes);
  for (const std::size_t size : {0U, 1U, 2U, 255U, 256U, 65'536U, 70'000U}) {
    for (std::size_t cut = 0; cut <= size; cut += 1 + size / 5) {
      const auto second = view.substr(cut, size - cut);
      EXPECT_EQ(crc32c_join(crc32c(view.substr(0, cut)), crc32c(second), second.size()),
                crc32c(view.substr(0, size)));
    }
  }
}

}  // namespace
}  // namespace ottla::base
