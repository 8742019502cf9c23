#include <gtest/gtest.h>

#include "tests/unit/handlers/handler_fixture.h"

namespace ottla::broker {
namespace {

using protocol::MetadataRequest;

class MetadataHandler : public HandlerFixture {
 protected:
  static MetadataRequest asking_for(const std::vector<std::string_view>& names,
                                    bool may_create = false) {
    MetadataRequest request;
    request.allow_auto_topic_creation = may_create;
    request.topics.emplace();
    for (const auto name : names) request.topics->push_back({.topic_id = {}, .name = name});
    return request;
  }

  std::size_t topics_there_are() { return call(MetadataRequest{}).topics.size(); }
};

TEST_F(MetadataHandler, null_is_every_topic_and_empty_is_none) {
  ASSERT_EQ(create_topic("a"), ErrorCode::none);
  ASSERT_EQ(create_topic("b"), ErrorCode::none);
  for (std::int16_t version = 4; version <= 13; ++version) {
    EXPECT_EQ(call(MetadataRequest{}, version).topics.size(), 2U);
    const auto none = call(asking_for({}), version);
    EXPECT_TRUE(none.topics.empty());
    EXPECT_EQ(none.brokers.size(), 1U);
  }
  MetadataRequest oldest;
  oldest.topics.emplace();
  EXPECT_EQ(call(oldest, 0).topics.size(), 2U);
}

TEST_F(MetadataHandler, only_names_that_are_allowed_are_made) {
  const std::string too_long(250, 'x');
  const auto response =
      call(asking_for({"made", "", "not allowed", "..", too_long, "__consumer_offsets"}, true));
  ASSERT_EQ(response.topics.size(), 6U);
  EXPECT_EQ(response.topics[0].error_code, ErrorCode::none);
  EXPECT_EQ(response.topics[0].partitions.size(), 1U);
  for (std::size_t i = 1; i < 5; ++i) {
    EXPECT_EQ(response.topics[i].error_code, ErrorCode::invalid_topic_exception) << i;
  }
  EXPECT_EQ(response.topics[5].error_code, ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(topics_there_are(), 1U);
}

TEST_F(MetadataHandler, nothing_is_made_that_was_not_wanted) {
  EXPECT_EQ(call(asking_for({"t"})).topics.at(0).error_code, ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(topics_there_are(), 0U);
}

TEST_F(MetadataHandler, a_name_that_stands_twice_is_made_once_and_answered_twice) {
  const auto response = call(asking_for({"t", "t"}, true));
  ASSERT_EQ(response.topics.size(), 2U);
  EXPECT_EQ(response.topics[0].topic_id, response.topics[1].topic_id);
  EXPECT_EQ(topics_there_are(), 1U);
}

TEST_F(MetadataHandler, unknown_ids_are_told_by_id) {
  MetadataRequest request;
  request.topics.emplace().push_back({.topic_id = Uuid{7, 7}, .name = std::nullopt});
  request.topics->push_back({.topic_id = Uuid{}, .name = std::nullopt});
  for (const std::int16_t version : {std::int16_t{10}, std::int16_t{12}, std::int16_t{13}}) {
    const auto response = call(request, version);
    ASSERT_EQ(response.topics.size(), 2U);
    EXPECT_EQ(response.topics[0].error_code, ErrorCode::unknown_topic_id);
    EXPECT_EQ(response.topics[0].topic_id, (Uuid{7, 7}));
    EXPECT_EQ(response.topics[1].error_code, ErrorCode::unknown_topic_id);
  }
}

}  // namespace
}  // namespace ottla::broker
