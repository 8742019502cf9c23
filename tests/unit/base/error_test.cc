#include "ottla/error.h"

#include <gtest/gtest.h>

#include "base/error_table.h"
#include "ottla/result.h"

namespace ottla {
namespace {

TEST(Error, every_code_has_its_own_row_in_ascending_order) {
  const auto table = base::error_table();
  ASSERT_EQ(table.front().code, ErrorCode::unknown_server_error);
  for (std::size_t i = 1; i < table.size(); ++i) {
    EXPECT_LT(table[i - 1].code, table[i].code);
    EXPECT_EQ(&describe(table[i].code), &table[i]);
    EXPECT_FALSE(table[i].sentence.empty());
  }
}

TEST(Error, a_code_from_the_future_is_shown_as_its_number) {
  const Error error(static_cast<ErrorCode>(999));
  EXPECT_EQ(describe(error.code()).code, ErrorCode::unknown_server_error);
  EXPECT_NE(error.to_string().find("code 999"), std::string::npos);
}

TEST(Error, says_what_and_where) {
  const Error error(ErrorCode::corrupt_message, "the checksum is wrong",
                    {.topic = "orders", .partition = 3, .file = "0.log", .offset = 17});
  EXPECT_EQ(error.to_string(),
            "CORRUPT_MESSAGE: the checksum is wrong (orders-3, file 0.log, offset 17)");
}

TEST(Error, knows_whether_trying_again_helps) {
  EXPECT_TRUE(Error(ErrorCode::not_leader_or_follower).retriable());
  EXPECT_TRUE(Error(ErrorCode::kafka_storage_error).retriable());
  EXPECT_TRUE(Error(ErrorCode::out_of_order_sequence_number).fatal());
  EXPECT_TRUE(Error(ErrorCode::transaction_abortable).abortable());
}

TEST(Result, throws_only_when_asked_for_a_value_that_is_not_there) {
  const Result<int> good = 7;
  const Result<int> bad = Error(ErrorCode::closed, "the producer is closed");
  EXPECT_EQ(good.value(), 7);
  EXPECT_FALSE(bad.has_value());
  EXPECT_EQ(bad.value_or(3), 3);
  EXPECT_THROW((void)bad.value(), KafkaError);
  EXPECT_THROW(Result<void>(ErrorCode::closed).value(), KafkaError);
}

}  // namespace
}  // namespace ottla
