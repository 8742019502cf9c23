#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "tests/unit/handlers/handler_fixture.h"

namespace ottla::broker {
namespace {

using protocol::FindCoordinatorRequest;
using protocol::InitProducerIdRequest;

using InitProducerIdHandler = HandlerFixture;
using FindCoordinatorHandler = HandlerFixture;

TEST_F(InitProducerIdHandler, no_id_is_given_twice_over_a_power_cut) {
  std::set<protocol::ProducerId> ids;
  for (int start = 0; start < 3; ++start) {
    for (std::int16_t version = 0; version <= 5; ++version) {
      const auto response = call(InitProducerIdRequest{}, version);
      EXPECT_EQ(response.error_code, ErrorCode::none);
      EXPECT_EQ(response.producer_epoch, protocol::ProducerEpoch(0));
      EXPECT_TRUE(ids.insert(response.producer_id).second);
    }
    cut_power_and_restart();
  }
}

TEST_F(InitProducerIdHandler, malformed_requests_are_answered) {
  InitProducerIdRequest request;
  request.transactional_id = "";
  EXPECT_EQ(call(request).error_code, ErrorCode::invalid_request);
  request.transactional_id = "t";
  request.transaction_timeout_ms = std::numeric_limits<std::int32_t>::min();
  EXPECT_EQ(call(request).error_code, ErrorCode::invalid_transaction_timeout);
  request.transaction_timeout_ms = 1000;
  EXPECT_EQ(call(request).error_code, ErrorCode::not_coordinator);
  InitProducerIdRequest half;
  half.producer_id = protocol::ProducerId(5);
  EXPECT_EQ(call(half).error_code, ErrorCode::invalid_request);
  half.producer_id = protocol::kNoProducerId;
  half.producer_epoch = protocol::ProducerEpoch(5);
  EXPECT_EQ(call(half).error_code, ErrorCode::invalid_request);
}

TEST_F(FindCoordinatorHandler, every_version_is_answered_also_for_nothing) {
  for (std::int16_t version = 0; version <= 6; ++version) {
    FindCoordinatorRequest request;
    if (version < 4) request.key = "group";
    const auto response = client().call(request, version);
    ASSERT_TRUE(response) << "v" << version << " " << response.error();
    EXPECT_TRUE(response->coordinators.empty());
    EXPECT_EQ(response->error_code, ErrorCode::none);
  }
  const FindCoordinatorRequest twice{.coordinator_keys = {"a", "a", ""}};
  const auto response = call(twice, 4);
  ASSERT_EQ(response.coordinators.size(), 3U);
  EXPECT_EQ(response.coordinators[2].error_code, ErrorCode::none);
}

}  // namespace
}  // namespace ottla::broker
