#include <gtest/gtest.h>

#include "tests/unit/handlers/handler_fixture.h"

namespace ottla::broker {
namespace {

using protocol::AlterClientQuotasRequest;
using protocol::DescribeClientQuotasRequest;
using protocol::QuotaEntityPart;

using Values = std::map<std::string, double>;

class ClientQuotaHandlers : public HandlerFixture {
 protected:
  ErrorCode alter(const std::vector<QuotaEntityPart>& entity,
                  const std::vector<AlterClientQuotasRequest::Op>& ops,
                  bool validate_only = false) {
    AlterClientQuotasRequest request;
    request.entries.push_back({entity, ops});
    request.validate_only = validate_only;
    const auto response = call(request);
    EXPECT_EQ(response.entries.size(), 1U);
    EXPECT_EQ(response.entries.at(0).entity, entity);
    return response.entries.at(0).error_code;
  }

  // What all entities that match have, one behind the other.
  std::vector<Values> described(const std::vector<DescribeClientQuotasRequest::Component>& filter,
                                bool strict = false) {
    DescribeClientQuotasRequest request;
    request.components = filter;
    request.strict = strict;
    const auto response = call(request);
    EXPECT_EQ(response.error_code, ErrorCode::none) << response.error_message.value_or("");
    std::vector<Values> all;
    for (const auto& entry : response.entries.value()) {
      auto& values = all.emplace_back();
      for (const auto& [key, value] : entry.values) values[std::string(key)] = value;
    }
    return all;
  }

  ErrorCode describe_error(const std::vector<DescribeClientQuotasRequest::Component>& filter) {
    DescribeClientQuotasRequest request;
    request.components = filter;
    const auto response = call(request);
    EXPECT_EQ(response.entries, std::nullopt);
    return response.error_code;
  }
};

TEST_F(ClientQuotaHandlers, what_is_set_is_described_and_outlasts_a_power_cut) {
  EXPECT_EQ(alter({{"user", "alice"}},
                  {{"producer_byte_rate", 1e6, false}, {"request_percentage", 12.5, false}}),
            ErrorCode::none);
  EXPECT_EQ(alter({{"user", {}}, {"client-id", "app"}}, {{"consumer_byte_rate", 5e6, false}}),
            ErrorCode::none);
  cut_power_and_restart();
  EXPECT_EQ(described({{"user", 0, "alice"}}),
            (std::vector<Values>{{{"producer_byte_rate", 1e6}, {"request_percentage", 12.5}}}));
  EXPECT_EQ(described({{"user", 1, {}}, {"client-id", 2, {}}}, true),
            (std::vector<Values>{{{"consumer_byte_rate", 5e6}}}));
  EXPECT_EQ(alter({{"user", "alice"}}, {{"producer_byte_rate", 0, true}}), ErrorCode::none);
  EXPECT_EQ(described({{"user", 0, "alice"}}),
            (std::vector<Values>{{{"request_percentage", 12.5}}}));
}

TEST_F(ClientQuotaHandlers, a_change_is_validated_without_being_made) {
  EXPECT_EQ(alter({{"user", "alice"}}, {{"producer_byte_rate", 1, false}}, true), ErrorCode::none);
  EXPECT_EQ(alter({{"user", "alice"}}, {{"producer_byte_rate", -1, false}}, true),
            ErrorCode::invalid_request);
  EXPECT_TRUE(described({}).empty());
}

TEST_F(ClientQuotaHandlers, more_changes_than_a_batch_holds_are_refused) {
  AlterClientQuotasRequest request;
  request.entries.resize(10'001);
  for (auto& entry : request.entries) entry.entity = {{"user", "alice"}};
  const auto response = call(request);
  ASSERT_EQ(response.entries.size(), 10'001U);
  EXPECT_EQ(response.entries[0].error_code, ErrorCode::policy_violation);
}

TEST_F(ClientQuotaHandlers, filters_that_make_no_sense_are_refused_as_kafka_does) {
  EXPECT_EQ(describe_error({{"", 2, {}}}), ErrorCode::invalid_request);
  EXPECT_EQ(describe_error({{"topic", 2, {}}}), ErrorCode::unsupported_version);
  EXPECT_EQ(describe_error({{"user", 0, {}}}), ErrorCode::invalid_request);
  EXPECT_EQ(describe_error({{"user", 1, "alice"}}), ErrorCode::invalid_request);
  EXPECT_EQ(describe_error({{"user", 3, {}}}), ErrorCode::invalid_request);
  EXPECT_EQ(describe_error({{"user", 2, {}}, {"user", 1, {}}}), ErrorCode::invalid_request);
  EXPECT_EQ(describe_error({{"user", 2, {}}, {"ip", 2, {}}}), ErrorCode::invalid_request);
}

TEST_F(ClientQuotaHandlers, a_strict_filter_without_components_matches_nobody) {
  ASSERT_EQ(alter({{"user", "alice"}}, {{"producer_byte_rate", 1, false}}), ErrorCode::none);
  EXPECT_TRUE(described({}, true).empty());
  EXPECT_EQ(described({}).size(), 1U);
}

}  // namespace
}  // namespace ottla::broker
