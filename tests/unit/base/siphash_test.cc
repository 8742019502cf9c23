#include "base/siphash.h"

#include <gtest/gtest.h>

#include <string>

namespace ottla::base {
namespace {

// The vectors that its authors publish: the key 00 01 .. 0f, inputs of rising bytes.
TEST(SipHash, agrees_with_the_published_vectors) {
  const Hash128 key{0x0706050403020100, 0x0f0e0d0c0b0a0908};
  EXPECT_EQ(siphash128(key, ""), (Hash128{0xe6a825ba047f81a3, 0x930255c71472f66d}));
  const std::string one(1, '\0');
  EXPECT_EQ(siphash128(key, one), (Hash128{0x44af996bd8c187da, 0x45fc229b11597634}));
}

TEST(SipHash, depends_on_every_byte_and_on_the_key) {
  const Hash128 key{1, 2};
  std::string bytes(40, 'x');
  const auto before = siphash128(key, bytes);
  for (auto& byte : bytes) {
    byte = 'y';
    EXPECT_NE(siphash128(key, bytes), before);
    byte = 'x';
  }
  EXPECT_NE(siphash128({1, 3}, bytes), before);
  EXPECT_NE(siphash128(key, bytes.substr(1)), before);
}

}  // namespace
}  // namespace ottla::base
