#include "ottla/headers.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/random.h"

namespace ottla {
namespace {

using List = std::vector<std::pair<std::string, std::optional<std::string>>>;

List list_of(const HeadersView& headers) {
  List list;
  for (const auto& [key, value] : headers) {
    list.emplace_back(key, is_null(value) ? std::nullopt : std::optional<std::string>(value));
  }
  return list;
}

TEST(Headers, keep_order_repeated_keys_and_the_difference_between_null_and_empty) {
  const Headers headers{{"trace", "1"}, {"empty", ""}, {"none", kNull}, {"trace", "2"}, {"", "x"}};
  EXPECT_EQ(headers.size(), 5U);
  EXPECT_EQ(
      list_of(headers),
      (List{{"trace", "1"}, {"empty", ""}, {"none", std::nullopt}, {"trace", "2"}, {"", "x"}}));
}

TEST(Headers, find_the_last_of_a_key) {
  const Headers headers{{"a", "1"}, {"b", kNull}, {"a", "2"}};
  EXPECT_EQ(headers.find("a"), "2");
  ASSERT_TRUE(headers.find("b"));
  EXPECT_TRUE(is_null(*headers.find("b")));
  EXPECT_FALSE(headers.find("c"));
  EXPECT_FALSE(Headers().find(""));
}

TEST(Headers, are_copied_whole_from_a_view) {
  Headers copy;
  {
    const Headers original{{"k", "v"}, {"n", kNull}};
    copy = Headers(original.view());
    EXPECT_EQ(copy, original);
  }
  copy.add("more", std::string(100'000, 'm'));
  EXPECT_EQ(copy.size(), 3U);
  EXPECT_EQ(copy.find("more")->size(), 100'000U);
  EXPECT_EQ(copy.find("k"), "v");
}

TEST(Headers, that_end_too_early_end_there) {
  const Headers headers{{"key", "value"}, {"second", "2"}};
  const BytesView whole = headers.view().encoded();
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const auto list = list_of(HeadersView(whole.substr(0, size), 2));
    EXPECT_EQ(list.size(), size == whole.size() ? 2U : size >= 10 ? 1U : 0U) << size;
  }
  EXPECT_EQ(list_of(HeadersView(whole, 4'000'000'000U)).size(), 2U) << "a count that lies";
  EXPECT_EQ(list_of(HeadersView({}, 3)).size(), 0U);
}

TEST(Headers, made_of_any_bytes_stay_within_them) {
  base::Random random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(random.below(40), '\0');
    for (auto& byte : bytes) byte = static_cast<char>(random.next());
    // On the heap in its exact size, so that a sanitizer sees a byte too far.
    const std::vector<char> exact(bytes.begin(), bytes.end());
    const HeadersView view({exact.data(), exact.size()}, static_cast<std::uint32_t>(random.next()));
    std::size_t sum = 0;
    for (const auto& header : view) sum += header.key.size() + header.value.size();
    EXPECT_LE(sum, exact.size());
  }
}

}  // namespace
}  // namespace ottla
