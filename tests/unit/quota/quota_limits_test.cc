#include "broker/quota/quota_limits.h"

#include <gtest/gtest.h>

#include <vector>

namespace ottla::broker {
namespace {

constexpr auto kDefault = std::nullopt;

double bound(const QuotaLimits& limits, std::string_view user, std::string_view client_id,
             QuotaKind kind = QuotaKind::produce) {
  const auto found = limits.find(kind, {user, client_id});
  return found ? found->bound : -1;
}

// In the order in which they go before each other.
std::vector<QuotaEntity> entities() {
  return {{{"user", "alice"}, {"client-id", "app"}},
          {{"user", "alice"}, {"client-id", kDefault}},
          {{"user", "alice"}},
          {{"user", kDefault}, {"client-id", "app"}},
          {{"user", kDefault}, {"client-id", kDefault}},
          {{"user", kDefault}},
          {{"client-id", "app"}},
          {{"client-id", kDefault}}};
}

TEST(QuotaLimits, the_most_special_goes_first) {
  QuotaLimits limits;
  const auto all = entities();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const QuotaValues values{{"producer_byte_rate", static_cast<double>(i + 1)}};
    limits.change(all[i], &values);
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(bound(limits, "alice", "app"), static_cast<double>(i + 1));
    limits.change(all[i], nullptr);
  }
  EXPECT_FALSE(limits.has(QuotaKind::produce));
  EXPECT_EQ(bound(limits, "alice", "app"), -1);
}

TEST(QuotaLimits, other_names_have_the_defaults) {
  QuotaLimits limits;
  const auto all = entities();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const QuotaValues values{{"producer_byte_rate", static_cast<double>(i + 1)}};
    limits.change(all[i], &values);
  }
  EXPECT_EQ(bound(limits, "alice", "other"), 2);
  EXPECT_EQ(bound(limits, "bob", "app"), 4);
  EXPECT_EQ(bound(limits, "bob", "other"), 5);
  limits.change(all[4], nullptr);
  EXPECT_EQ(bound(limits, "bob", "other"), 6);
  limits.change(all[5], nullptr);
  EXPECT_EQ(bound(limits, "bob", "other"), 8);
}

TEST(QuotaLimits, tell_among_whom_they_are_shared) {
  QuotaLimits limits;
  const QuotaValues values{{"consumer_byte_rate", 1}};
  limits.change({{"user", kDefault}}, &values);
  const auto by_user = limits.find(QuotaKind::fetch, {"bob", "app"});
  ASSERT_TRUE(by_user);
  EXPECT_EQ(by_user->user, "bob");
  EXPECT_EQ(by_user->client_id, "");
  limits.change({{"client-id", kDefault}, {"user", kDefault}}, &values);
  EXPECT_EQ(limits.find(QuotaKind::fetch, {"bob", "app"})->client_id, "app");
  limits.change({{"client-id", kDefault}, {"user", kDefault}}, nullptr);
  limits.change({{"user", kDefault}}, nullptr);
  limits.change({{"client-id", "app"}}, &values);
  EXPECT_EQ(limits.find(QuotaKind::fetch, {"bob", "app"})->user, "");
}

TEST(QuotaLimits, each_kind_has_its_own) {
  QuotaLimits limits;
  const QuotaValues user{{"request_percentage", 3}, {"controller_mutation_rate", 4}};
  limits.change({{"user", "alice"}}, &user);
  const QuotaValues client{{"producer_byte_rate", 5}};
  limits.change({{"client-id", "app"}}, &client);
  EXPECT_EQ(bound(limits, "alice", "app", QuotaKind::request), 3);
  EXPECT_EQ(bound(limits, "alice", "app", QuotaKind::mutation), 4);
  EXPECT_EQ(bound(limits, "alice", "app", QuotaKind::produce), 5);
  EXPECT_EQ(bound(limits, "alice", "app", QuotaKind::fetch), -1);
}

TEST(QuotaLimits, addresses_are_the_same_however_they_are_written) {
  QuotaLimits limits;
  const QuotaValues values{{"connection_creation_rate", 7}, {"producer_byte_rate", 1}};
  limits.change({{"ip", "::1"}}, &values);
  EXPECT_EQ(bound(limits, "0:0:0:0:0:0:0:1", "", QuotaKind::connection), 7);
  EXPECT_EQ(bound(limits, "10.0.0.1", "", QuotaKind::connection), -1);
  EXPECT_FALSE(limits.has(QuotaKind::produce));
  limits.change({{"ip", kDefault}}, &values);
  EXPECT_EQ(bound(limits, "10.0.0.1", "", QuotaKind::connection), 7);
}

TEST(QuotaLimits, what_is_not_known_or_no_number_above_zero_limits_nobody) {
  QuotaLimits limits;
  const QuotaValues values{{"producer_byte_rate", -1}, {"oxygen", 1}};
  limits.change({{"user", "alice"}}, &values);
  const QuotaValues more{{"producer_byte_rate", 1}};
  limits.change({{"planet", "mars"}}, &more);
  EXPECT_FALSE(limits.has(QuotaKind::produce));
}

}  // namespace
}  // namespace ottla::broker
