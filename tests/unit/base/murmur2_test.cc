#include "base/murmur2.h"

#include <gtest/gtest.h>

namespace ottla::base {
namespace {

TEST(Murmur2, hashes_keys_as_javas_producer_does) {
  EXPECT_EQ(murmur2("21"), -973932308);
  EXPECT_EQ(murmur2("foobar"), -790332482);
  EXPECT_EQ(murmur2("a-little-bit-long-string"), -985981536);
  EXPECT_EQ(murmur2("a-little-bit-longer-string"), -1486304829);
  EXPECT_EQ(murmur2("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8"), -58897971);
  EXPECT_EQ(murmur2("abc"), 479470107);
}

TEST(Murmur2, takes_bytes_above_127_as_unsigned) {
  EXPECT_NE(murmur2("\xff"), murmur2("\x7f"));
  EXPECT_NE(murmur2("abcd\x80"), murmur2(BytesView("abcd\0", 5)));
}

}  // namespace
}  // namespace ottla::base
