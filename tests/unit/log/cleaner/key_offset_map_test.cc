#include "broker/log/cleaner/key_offset_map.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "base/random.h"

namespace ottla::broker {
namespace {

TEST(KeyOffsetMap, knows_the_newest_offset_of_each_key) {
  KeyOffsetMap map({.memory = 1 << 20}, 1000, {1, 2});
  std::map<std::string, Offset> expected;
  base::Random random(1);
  for (std::int64_t i = 0; i < 5000; ++i) {
    const auto key = "key " + std::to_string(random.below(1000));
    ASSERT_TRUE(map.put(key, Offset(i)));
    expected[key] = Offset(i);
  }
  EXPECT_EQ(map.size(), expected.size());
  for (const auto& [key, offset] : expected) EXPECT_EQ(map.find(key), offset);
  EXPECT_EQ(map.find("another"), std::nullopt);
  EXPECT_EQ(map.find(""), std::nullopt);
}

TEST(KeyOffsetMap, takes_no_more_keys_than_its_memory_holds) {
  KeyOffsetMap map({.memory = 2400, .load_factor = 0.9}, 1'000'000, {1, 2});
  EXPECT_EQ(map.capacity(), 90u);
  for (int i = 0; i < 90; ++i) ASSERT_TRUE(map.put(std::to_string(i), Offset(i)));
  EXPECT_FALSE(map.put("one more", Offset(90)));
  // Keys that are there can always be noted again.
  EXPECT_TRUE(map.put("7", Offset(91)));
  EXPECT_EQ(map.find("7"), Offset(91));
  EXPECT_EQ(map.find("one more"), std::nullopt);
}

TEST(KeyOffsetMap, has_room_for_the_keys_it_was_told_of) {
  for (const std::uint64_t keys : {1, 2, 10, 1000}) {
    KeyOffsetMap map({}, keys, {1, 2});
    for (std::uint64_t i = 0; i < keys; ++i) {
      ASSERT_TRUE(map.put(std::to_string(i), Offset(static_cast<std::int64_t>(i))));
    }
    EXPECT_LE(map.capacity(), keys * 2 + 8);
  }
}

TEST(KeyOffsetMap, works_with_the_least_memory) {
  KeyOffsetMap map({.memory = 0}, 100, {1, 2});
  EXPECT_TRUE(map.put("a", Offset(0)));
  EXPECT_FALSE(map.put("b", Offset(1)));
  EXPECT_EQ(map.find("b"), std::nullopt);
}

}  // namespace
}  // namespace ottla::broker
