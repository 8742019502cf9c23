#include "broker/metadata/cow_map.h"

#include <gtest/gtest.h>

#include <map>

#include "base/random.h"

namespace ottla::broker {
namespace {

using Map = CowMap<std::string, int, StringHash>;

std::map<std::string, int> contents(const Map& map) {
  std::map<std::string, int> all;
  map.for_each([&all](const std::string& key, const auto& value) { all[key] = *value; });
  return all;
}

TEST(CowMap, copies_do_not_see_each_others_changes) {
  Map one;
  one.set("a", std::make_shared<int>(1));
  Map two = one;
  two.set("a", std::make_shared<int>(2));
  two.set("b", std::make_shared<int>(3));
  EXPECT_EQ(contents(one), (std::map<std::string, int>{{"a", 1}}));
  EXPECT_EQ(contents(two), (std::map<std::string, int>{{"a", 2}, {"b", 3}}));
  EXPECT_TRUE(two.erase("a"));
  EXPECT_FALSE(two.erase("a"));
  EXPECT_EQ(contents(one), (std::map<std::string, int>{{"a", 1}}));
  EXPECT_EQ(two.size(), 1U);
}

TEST(CowMap, finds_without_a_copy_of_the_key) {
  Map map;
  EXPECT_EQ(map.find(std::string_view("a")), nullptr);
  map.set("a", std::make_shared<int>(1));
  ASSERT_NE(map.find(std::string_view("a")), nullptr);
  EXPECT_EQ(**map.find(std::string_view("a")), 1);
}

TEST(CowMap, looks_for_an_entry_no_further_than_the_first) {
  Map map;
  EXPECT_FALSE(map.any_of([](const auto&, const auto&) { return true; }));
  for (int i = 0; i < 100; ++i) map.set(std::to_string(i), std::make_shared<int>(i));
  int looks = 0;
  EXPECT_TRUE(map.any_of([&looks](const auto&, const auto&) { return ++looks == 3; }));
  EXPECT_EQ(looks, 3);
  EXPECT_TRUE(
      map.any_of([](const auto& key, const auto& value) { return key == "77" && *value == 77; }));
  EXPECT_FALSE(map.any_of([](const auto&, const auto& value) { return *value == 100; }));
}

TEST(CowMap, agrees_with_a_plain_map_through_random_changes_and_copies) {
  base::Random random(11);
  std::vector<std::pair<Map, std::map<std::string, int>>> versions(1);
  for (int i = 0; i < 5000; ++i) {
    if (random.one_in(50)) {
      auto copy = versions[random.below(versions.size())];
      versions.push_back(std::move(copy));
    }
    auto& [map, model] = versions[random.below(versions.size())];
    const auto key = std::to_string(random.below(300));
    if (random.one_in(3)) {
      EXPECT_EQ(map.erase(key), model.erase(key) == 1);
    } else {
      map.set(key, std::make_shared<int>(i));
      model[key] = i;
    }
  }
  for (const auto& [map, model] : versions) {
    EXPECT_EQ(contents(map), model);
    EXPECT_EQ(map.size(), model.size());
  }
}

}  // namespace
}  // namespace ottla::broker
