#include "broker/quota/client_quotas.h"

#include <gtest/gtest.h>

#include <cmath>

#include "broker/metadata/metadata_delta.h"
#include "tests/unit/log/manual_loop.h"

namespace ottla::broker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kNoDelay = base::Duration();

class ClientQuotasTest : public testing::Test {
 protected:
  // Without a value the quota goes.
  void set(const QuotaEntity& entity, std::string_view key, std::optional<double> value) {
    MetadataDelta delta(image_);
    ClientQuotaRecord record;
    for (const auto& [type, name] : entity) record.entity.push_back({type, name});
    record.key = key;
    record.value = value.value_or(0);
    record.remove = !value;
    ASSERT_TRUE(delta.apply(record));
    image_ = delta.image(Offset(image_->last_offset().value + 1), 1);
    quotas_.on_image(*image_, delta.changes());
  }

  base::Duration produce(std::string_view user, std::string_view client_id, double bytes) {
    return quotas_.charge(QuotaKind::produce, {user, client_id}, bytes);
  }

  ManualLoop loop_;
  ClientQuotas quotas_{loop_, BrokerConfig()};
  std::shared_ptr<const MetadataImage> image_ = MetadataImage::empty("cluster");
};

TEST_F(ClientQuotasTest, without_quotas_nobody_waits_and_nothing_is_remembered) {
  EXPECT_FALSE(quotas_.any_of_clients());
  EXPECT_EQ(produce("alice", "app", 1e12), kNoDelay);
  EXPECT_TRUE(std::isinf(quotas_.most_at_once(QuotaKind::fetch, {"alice", "app"})));
  EXPECT_EQ(quotas_.connect("10.0.0.1"), kNoDelay);
  EXPECT_EQ(quotas_.meters(), 0U);
}

TEST_F(ClientQuotasTest, the_clients_of_a_user_share_what_is_the_users) {
  set({{"user", "alice"}}, kProducerByteRate, 100);
  EXPECT_EQ(produce("alice", "one", 1000), kNoDelay);
  EXPECT_EQ(produce("alice", "two", 100), seconds(1));
  EXPECT_EQ(produce("bob", "one", 1e9), kNoDelay);
  EXPECT_EQ(quotas_.meters(), 1U);
}

TEST_F(ClientQuotasTest, those_who_use_most_of_what_they_may_are_told_first) {
  set({{"client-id", std::nullopt}}, kProducerByteRate, 100);
  set({{"user", "alice"}}, kProducerByteRate, 1000);
  produce("alice", "one", 2000);
  produce("bob", "calm", 500);
  produce("bob", "busy", 1100);
  produce("carol", "idle", 0);
  auto found = quotas_.busiest(QuotaKind::produce, 3);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].user, "");
  EXPECT_EQ(found[0].client_id, "busy");
  EXPECT_EQ(found[0].limit, 100);
  EXPECT_EQ(found[0].used, 110);
  EXPECT_EQ(found[0].wait, seconds(1));
  EXPECT_EQ(found[1].client_id, "calm");
  EXPECT_EQ(found[1].wait, kNoDelay);
  EXPECT_EQ(found[2].user, "alice");
  EXPECT_EQ(found[2].client_id, "");
  EXPECT_EQ(found[2].used, 200);
  loop_.advance(seconds(11));
  found = quotas_.busiest(QuotaKind::produce, 1);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].used, 0);
  EXPECT_EQ(found[0].wait, kNoDelay);
  EXPECT_TRUE(quotas_.busiest(QuotaKind::fetch, 9).empty());
  EXPECT_EQ(quotas_.meters(), 4U);
}

TEST_F(ClientQuotasTest, what_is_told_of_connections_and_mutations_is_of_their_kind) {
  set({{"ip", "10.0.0.1"}}, kConnectionCreationRate, 1);
  set({{"user", "alice"}}, kControllerMutationRate, 1);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(quotas_.connect("10.0.0.1"), kNoDelay);
  EXPECT_EQ(quotas_.delayed_connections(), 0U);
  EXPECT_GT(quotas_.connect("10.0.0.1"), kNoDelay);
  EXPECT_EQ(quotas_.delayed_connections(), 1U);
  EXPECT_EQ(quotas_.busiest(QuotaKind::connection, 9).at(0).user, "10.0.0.1");
  quotas_.charge_mutations({"alice", "a"}, 14, false);
  const auto found = quotas_.busiest(QuotaKind::mutation, 9);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].used, -3);
  EXPECT_EQ(found[0].wait, seconds(3));
}

TEST_F(ClientQuotasTest, each_client_has_the_default_for_itself) {
  set({{"client-id", std::nullopt}}, kProducerByteRate, 100);
  EXPECT_EQ(produce("alice", "one", 1100), seconds(1));
  EXPECT_EQ(produce("alice", "two", 1000), kNoDelay);
  EXPECT_EQ(produce("bob", "one", 0), seconds(1));
}

TEST_F(ClientQuotasTest, a_change_holds_for_what_was_used_before) {
  set({{"user", "alice"}}, kProducerByteRate, 100);
  EXPECT_EQ(produce("alice", "app", 1100), seconds(1));
  set({{"user", "alice"}}, kProducerByteRate, 1000);
  EXPECT_EQ(produce("alice", "app", 0), kNoDelay);
  set({{"user", "alice"}}, kProducerByteRate, std::nullopt);
  EXPECT_EQ(produce("alice", "app", 1e9), kNoDelay);
  EXPECT_FALSE(quotas_.has(QuotaKind::produce));
}

TEST_F(ClientQuotasTest, a_producer_that_waits_as_told_is_held_to_its_rate) {
  set({{"user", "alice"}}, kProducerByteRate, 1000);
  const auto begun = loop_.now();
  double bytes = 0;
  while (loop_.now() - begun < seconds(100)) {
    const auto wait = produce("alice", "app", 500);
    bytes += 500;
    loop_.advance(std::max<base::Duration>(wait, milliseconds(1)));
  }
  EXPECT_NEAR(bytes / 100, 1000, 150);
}

TEST_F(ClientQuotasTest, what_may_be_fetched_at_once_is_what_the_whole_windows_allow) {
  set({{"user", "alice"}}, kConsumerByteRate, 100);
  EXPECT_EQ(quotas_.most_at_once(QuotaKind::fetch, {"alice", "app"}), 1000);
}

TEST_F(ClientQuotasTest, time_is_counted_in_percent_and_costs_a_window_at_most) {
  set({{"user", "alice"}}, kRequestPercentage, 1);
  quotas_.note_time({"alice", "app"}, milliseconds(100));
  EXPECT_EQ(quotas_.delay(QuotaKind::request, {"alice", "app"}), kNoDelay);
  quotas_.note_time({"alice", "app"}, milliseconds(5));
  EXPECT_EQ(quotas_.delay(QuotaKind::request, {"alice", "app"}), milliseconds(500));
  quotas_.note_time({"alice", "app"}, seconds(50));
  EXPECT_EQ(quotas_.delay(QuotaKind::request, {"alice", "app"}), seconds(1));
}

TEST_F(ClientQuotasTest, strict_mutations_are_not_counted_where_they_are_refused) {
  set({{"user", "alice"}}, kControllerMutationRate, 1);
  const QuotaClient alice{"alice", "app"};
  EXPECT_EQ(quotas_.charge_mutations(alice, 20, true), kNoDelay);
  EXPECT_EQ(quotas_.charge_mutations(alice, 1, true), seconds(9));
  EXPECT_EQ(quotas_.charge_mutations(alice, 1, true), seconds(9));
  loop_.advance(seconds(9));
  EXPECT_EQ(quotas_.charge_mutations(alice, 1, true), kNoDelay);
}

TEST_F(ClientQuotasTest, mutations_that_are_not_strict_are_carried_out_and_waited_for) {
  set({{"user", "alice"}}, kControllerMutationRate, 1);
  EXPECT_EQ(quotas_.charge_mutations({"alice", "app"}, 12, false), seconds(1));
  EXPECT_EQ(quotas_.charge_mutations({"alice", "app"}, 1, false), seconds(2));
}

TEST_F(ClientQuotasTest, connections_of_an_address_wait_longer_the_more_there_are) {
  set({{"ip", "10.0.0.1"}}, kConnectionCreationRate, 1);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(quotas_.connect("10.0.0.1"), kNoDelay);
  EXPECT_EQ(quotas_.connect("10.0.0.1"), seconds(1));
  EXPECT_EQ(quotas_.connect("10.0.0.1"), seconds(2));
  EXPECT_EQ(quotas_.connect("10.0.0.2"), kNoDelay);
  EXPECT_FALSE(quotas_.any_of_clients());
}

TEST_F(ClientQuotasTest, nobody_waits_for_longer_than_the_windows_reach_back) {
  set({{"user", "alice"}}, kProducerByteRate, 1);
  EXPECT_EQ(produce("alice", "app", 1 << 20), seconds(11));
  set({{"user", "alice"}}, kControllerMutationRate, 1);
  EXPECT_EQ(quotas_.charge_mutations({"alice", "app"}, 5'000, false), seconds(11));
  set({{"ip", "10.0.0.1"}}, kConnectionCreationRate, 1);
  for (int i = 0; i < 1'000; ++i) quotas_.connect("10.0.0.1");
  EXPECT_EQ(quotas_.connect("10.0.0.1"), seconds(11));
}

TEST_F(ClientQuotasTest, names_without_end_share_one_meter_and_idle_ones_are_forgotten) {
  set({{"client-id", std::nullopt}}, kProducerByteRate, 100);
  for (std::size_t i = 0; i < ClientQuotas::kMostMeters; ++i) {
    produce("mallory", "client-" + std::to_string(i), 1);
  }
  EXPECT_EQ(produce("mallory", "first of the others", 1000), kNoDelay);
  EXPECT_EQ(produce("mallory", "second of the others", 100), seconds(1));
  EXPECT_EQ(quotas_.meters(), ClientQuotas::kMostMeters);
  loop_.advance(seconds(11));
  produce("alice", "app", 1);
  EXPECT_EQ(quotas_.meters(), 1U);
}

TEST_F(ClientQuotasTest, names_without_end_take_no_room_of_users_with_their_own_quota) {
  set({{"client-id", std::nullopt}}, kProducerByteRate, 100);
  set({{"user", "alice"}}, kProducerByteRate, 100);
  set({{"user", "bob"}}, kProducerByteRate, 100);
  for (std::size_t i = 0; i <= ClientQuotas::kMostMeters; ++i) {
    produce("mallory", "client-" + std::to_string(i), 2000);
  }
  EXPECT_GT(produce("mallory", "one of the others", 0), kNoDelay);
  EXPECT_EQ(produce("alice", "app", 1000), kNoDelay);
  EXPECT_EQ(produce("bob", "app", 1000), kNoDelay);
  EXPECT_EQ(quotas_.meters(), ClientQuotas::kMostMeters + 2);
}

TEST_F(ClientQuotasTest, overlong_names_cost_no_more_than_long_ones) {
  set({{"client-id", std::nullopt}}, kProducerByteRate, 100);
  const std::string endless(30'000, 'x');
  EXPECT_EQ(produce("mallory", endless, 1000), kNoDelay);
  EXPECT_EQ(produce("mallory", endless + "y", 100), seconds(1));
  EXPECT_EQ(quotas_.meters(), 1U);
}

}  // namespace
}  // namespace ottla::broker
