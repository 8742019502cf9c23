#include "client/admin/client_quotas.h"

#include <gtest/gtest.h>

#include "protocol/messages/alter_client_quotas.h"
#include "protocol/messages/describe_client_quotas.h"
#include "tests/unit/client/admin/admin_world.h"

namespace ottla::client {
namespace {

using protocol::AlterClientQuotasRequest;
using protocol::AlterClientQuotasResponse;
using protocol::DescribeClientQuotasRequest;
using protocol::DescribeClientQuotasResponse;
using enum QuotaEntityType;

const ClientQuotaEntity kAlice{{user, "alice"}};
const ClientQuotaEntity kDefaultPair{{user, std::nullopt}, {client_id, std::nullopt}};

TEST(ClientQuotaEntities, are_told_in_words) {
  EXPECT_EQ(to_string(ClientQuotaEntity{{user, "alice"}, {client_id, "app"}}),
            "user alice, client-id app");
  EXPECT_EQ(to_string(ClientQuotaEntity{{ip, std::nullopt}}), "default ip");
}

TEST(DescribeClientQuotas, asks_with_the_filter_and_leaves_out_what_it_does_not_know) {
  AdminWorld world(1);
  world.broker(1).on<DescribeClientQuotasRequest>([](const DescribeClientQuotasRequest& request,
                                                     std::int16_t) {
    EXPECT_TRUE(request.strict);
    EXPECT_EQ(request.components, (std::vector<DescribeClientQuotasRequest::Component>{
                                      {"user", 0, "alice"}, {"client-id", 1, {}}, {"ip", 2, {}}}));
    DescribeClientQuotasResponse response;
    auto& entries = response.entries.emplace();
    entries.push_back({{{"user", "alice"}}, {{"producer_byte_rate", 1.5}}});
    entries.push_back({{{"planet", "mars"}}, {{"oxygen", 1}}});
    entries.push_back({{{"client-id", {}}, {"user", {}}}, {{"request_percentage", 2}}});
    return response;
  });
  using Match = ClientQuotaFilter::Match;
  const auto quotas = world
                          .wait(world.admin().describe_client_quotas(
                              {.components = {{user, Match::name, "alice"},
                                              {client_id, Match::default_entity},
                                              {ip, Match::any}},
                               .strict = true},
                              {}))
                          .value();
  EXPECT_EQ(quotas, (ClientQuotas{{kAlice, {{"producer_byte_rate", 1.5}}},
                                  {kDefaultPair, {{"request_percentage", 2}}}}));
}

TEST(DescribeClientQuotas, fails_as_a_whole) {
  AdminWorld world(1);
  world.broker(1).on<DescribeClientQuotasRequest>(
      [](const DescribeClientQuotasRequest&, std::int16_t) {
        DescribeClientQuotasResponse response;
        response.error_code = ErrorCode::cluster_authorization_failed;
        return response;
      });
  const auto quotas = world.wait(world.admin().describe_client_quotas({}, {}));
  ASSERT_FALSE(quotas);
  EXPECT_EQ(quotas.error().code(), ErrorCode::cluster_authorization_failed);
}

TEST(AlterClientQuotas, tells_what_became_of_each_and_tries_again_what_may_change) {
  AdminWorld world(1);
  int asked = 0;
  world.broker(1).on<AlterClientQuotasRequest>(
      [&](const AlterClientQuotasRequest& request, std::int16_t) {
        AlterClientQuotasResponse response;
        ++asked;
        for (const auto& entry : request.entries) {
          auto& answer = response.entries.emplace_back();
          answer.entity = entry.entity;
          if (entry.entity.size() == 2) {
            answer.error_code = ErrorCode::invalid_request;
            answer.error_message = "no such quota";
          } else if (asked == 1) {
            answer.error_code = ErrorCode::not_controller;
          } else {
            EXPECT_EQ(entry.ops,
                      (std::vector<AlterClientQuotasRequest::Op>{
                          {"consumer_byte_rate", 0, true}, {"producer_byte_rate", 7, false}}));
          }
        }
        return response;
      });
  const auto outcomes =
      world
          .wait(world.admin().alter_client_quotas(
              {{kAlice, {{"producer_byte_rate", 7}, {"consumer_byte_rate", std::nullopt}}},
               {kDefaultPair, {{"oxygen", 1}}}},
              {}))
          .value();
  EXPECT_EQ(asked, 2);
  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_FALSE(outcomes.at(kAlice));
  EXPECT_EQ(outcomes.at(kDefaultPair)->message(), "no such quota");
}

TEST(AlterClientQuotas, can_be_checked_without_being_made) {
  AdminWorld world(1);
  world.broker(1).on<AlterClientQuotasRequest>(
      [](const AlterClientQuotasRequest& request, std::int16_t) {
        EXPECT_TRUE(request.validate_only);
        AlterClientQuotasResponse response;
        response.entries.emplace_back().entity = request.entries.at(0).entity;
        return response;
      });
  const auto outcomes = world.wait(world.admin().alter_client_quotas(
      {{kAlice, {{"producer_byte_rate", 7}}}}, {.timeout = {}, .validate_only = true}));
  EXPECT_FALSE(outcomes.value().at(kAlice));
}

TEST(AlterClientQuotas, of_nothing_asks_nobody) {
  AdminWorld world(1);
  EXPECT_TRUE(world.wait(world.admin().alter_client_quotas({}, {})).value().empty());
}

}  // namespace
}  // namespace ottla::client
