#include "broker/server/unknown_clients.h"

#include <gtest/gtest.h>

#include <string>

namespace ottla::broker {
namespace {

TEST(UnknownClients, one_host_has_so_many_at_most) {
  UnknownClients clients;
  for (std::uint64_t id = 0; id < UnknownClients::kMostOfHost; ++id) {
    ASSERT_TRUE(clients.has_room_for("a"));
    clients.add(id, "a");
  }
  EXPECT_FALSE(clients.has_room_for("a"));
  EXPECT_TRUE(clients.has_room_for("b"));
  clients.remove(7);
  EXPECT_TRUE(clients.has_room_for("a"));
}

TEST(UnknownClients, all_hosts_have_so_many_at_most) {
  UnknownClients clients;
  for (std::uint64_t id = 0; id < UnknownClients::kMost; ++id) {
    const auto host = std::to_string(id);
    ASSERT_TRUE(clients.has_room_for(host));
    clients.add(id, host);
  }
  EXPECT_FALSE(clients.has_room_for("another"));
  clients.remove(7);
  EXPECT_TRUE(clients.has_room_for("another"));
}

TEST(UnknownClients, who_logs_in_and_then_goes_is_taken_away_once) {
  UnknownClients clients;
  for (std::uint64_t id = 0; id < UnknownClients::kMostOfHost; ++id) clients.add(id, "a");
  clients.remove(7);
  clients.remove(7);
  clients.add(UnknownClients::kMostOfHost, "a");
  EXPECT_FALSE(clients.has_room_for("a"));
}

}  // namespace
}  // namespace ottla::broker
