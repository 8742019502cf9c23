#include "tools/partition_filter.h"

#include <gtest/gtest.h>

namespace ottla::tools {
namespace {

TEST(PartitionFilter, takes_numbers_and_ranges_without_their_ends) {
  const auto filter = PartitionFilter::parse("one:1,two:0-3,three,four:5-,five:-2").value();
  EXPECT_TRUE(filter.has({"one", 1}));
  EXPECT_FALSE(filter.has({"one", 0}));
  EXPECT_FALSE(filter.has({"one", 2}));
  EXPECT_TRUE(filter.has({"two", 2}));
  EXPECT_FALSE(filter.has({"two", 3}));
  EXPECT_TRUE(filter.has({"three", 2'147'483'647}));
  EXPECT_FALSE(filter.has({"four", 4}));
  EXPECT_TRUE(filter.has({"four", 5}));
  EXPECT_TRUE(filter.has({"five", 1}));
  EXPECT_FALSE(filter.has({"five", 2}));
  EXPECT_FALSE(filter.has({"six", 0}));
  EXPECT_FALSE(filter.has_topic("six"));
}

TEST(PartitionFilter, takes_topics_by_patterns_of_their_whole_names) {
  const auto filter = PartitionFilter::parse("t.*:0,:7").value();
  EXPECT_TRUE(filter.has({"topic", 0}));
  EXPECT_FALSE(filter.has({"a-topic", 0}));
  EXPECT_TRUE(filter.has({"a-topic", 7}));
  EXPECT_TRUE(filter.has_topic("a-topic"));
}

TEST(PartitionFilter, takes_topics_and_numbers_apart) {
  const auto filter = PartitionFilter::parse("a,b.", "0,2").value();
  EXPECT_TRUE(filter.has({"a", 0}));
  EXPECT_TRUE(filter.has({"bc", 2}));
  EXPECT_FALSE(filter.has({"a", 1}));
  EXPECT_FALSE(filter.has({"b", 0}));
  const auto all = PartitionFilter::parse("", "").value();
  EXPECT_TRUE(all.has({"whatever", 12}));
}

TEST(PartitionFilter, names_what_it_cannot_read) {
  for (const auto* list : {"t:x", "t:1-x", "t:99999999999", "a,t:-1-"}) {
    const auto refused = PartitionFilter::parse(list);
    ASSERT_FALSE(refused) << list;
    EXPECT_EQ(refused.error().code(), ErrorCode::invalid_argument);
    EXPECT_NE(refused.error().message().find("'t:"), std::string::npos) << refused.error();
  }
  EXPECT_FALSE(PartitionFilter::parse("(:1"));
  EXPECT_FALSE(PartitionFilter::parse("", "1,x"));
  EXPECT_FALSE(PartitionFilter::parse("(", ""));
}

}  // namespace
}  // namespace ottla::tools
