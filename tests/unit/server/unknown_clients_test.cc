#include "broker/server/unknown_clients.h"

#include <gtest/gtest.h>

#include <string>

namespace ottla::broker {
namespace {

constexpr base::TimePoint kStart{};
constexpr auto kLater = kStart + UnknownClients::kGrace;

class UnknownClientsTest : public testing::Test {
 protected:
  // As many from there; they are numbered on.
  void come(std::size_t count, const std::string& host, base::TimePoint now = kStart) {
    for (; count > 0; --count) clients_.add(next_++, host, now);
  }

  bool is_admitted(const std::string& host, base::TimePoint now = kStart) {
    const auto admission = clients_.admit(host, now);
    return admission.admitted && !admission.instead_of;
  }

  // Whose place one from there takes, or 0.
  std::uint64_t place_taken(const std::string& host, base::TimePoint now = kStart) {
    const auto admission = clients_.admit(host, now);
    return admission.admitted ? admission.instead_of.value_or(0) : 0;
  }

  UnknownClients clients_;
  std::uint64_t next_ = 1;
};

TEST_F(UnknownClientsTest, of_one_host_there_are_so_many) {
  come(UnknownClients::kMostOfHost - 1, "a");
  EXPECT_TRUE(is_admitted("a"));
  come(1, "a");
  EXPECT_FALSE(clients_.admit("a", kStart).admitted);
  EXPECT_TRUE(is_admitted("b"));
  clients_.remove(7);
  EXPECT_TRUE(is_admitted("a"));
}

TEST_F(UnknownClientsTest, the_oldest_of_a_full_host_goes_once_it_had_its_time) {
  come(3, "b");
  come(UnknownClients::kMostOfHost, "a");
  EXPECT_EQ(place_taken("a", kLater - base::Duration(1)), 0U);
  EXPECT_EQ(place_taken("a", kLater), 4U);
}

TEST_F(UnknownClientsTest, where_all_places_are_taken_the_host_with_most_gives_one) {
  come(100, "a");
  for (int host = 0; host < 3; ++host) {
    come(UnknownClients::kMostOfHost, "crowd" + std::to_string(host));
  }
  come(UnknownClients::kMost - 100 - 3 * UnknownClients::kMostOfHost, "b");
  // The last of the crowds by name.
  EXPECT_EQ(place_taken("another"), 100 + 2 * UnknownClients::kMostOfHost + 1);
  EXPECT_EQ(place_taken("a"), 100 + 2 * UnknownClients::kMostOfHost + 1);
}

TEST(FewUnknownClients, are_fewer_in_all) {
  UnknownClients clients(2);
  clients.add(1, "a", kStart);
  EXPECT_FALSE(clients.admit("a", kStart).instead_of);
  clients.add(2, "a", kStart);
  EXPECT_EQ(clients.admit("b", kStart).instead_of, 1U);
  EXPECT_FALSE(clients.admit("a", kStart).admitted);
}

TEST_F(UnknownClientsTest, hosts_with_as_many_each_do_not_take_turns) {
  for (std::size_t host = 0; host < UnknownClients::kMost / 2; ++host) {
    come(2, std::to_string(host));
  }
  EXPECT_FALSE(clients_.admit("1", kStart).admitted);
  EXPECT_NE(place_taken("another"), 0U);
  clients_.remove(1);
  come(1, "another");
  // Of host 0 there is one now, and of this one.
  EXPECT_FALSE(clients_.admit("0", kStart).admitted);
  EXPECT_FALSE(clients_.admit("another", kStart).admitted);
}

TEST_F(UnknownClientsTest, where_each_is_from_another_host_the_oldest_goes_once_it_had_its_time) {
  for (std::size_t host = 0; host < UnknownClients::kMost; ++host) come(1, std::to_string(host));
  EXPECT_FALSE(clients_.admit("another", kStart).admitted);
  clients_.remove(1);
  come(1, "late", kLater);
  EXPECT_EQ(place_taken("another", kLater), 2U);
  clients_.remove(2);
  come(1, "another", kLater);
  EXPECT_FALSE(clients_.admit("one more", kLater).admitted);
  EXPECT_EQ(place_taken("one more", kLater + UnknownClients::kBetween), 3U);
}

TEST_F(UnknownClientsTest, who_is_known_and_then_goes_is_taken_away_once) {
  come(UnknownClients::kMostOfHost, "a");
  clients_.remove(7);
  clients_.remove(7);
  come(1, "a");
  EXPECT_FALSE(clients_.admit("a", kStart).admitted);
}

}  // namespace
}  // namespace ottla::broker
