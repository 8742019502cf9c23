#include "broker/security/client_host.h"

#include <gtest/gtest.h>

namespace ottla::broker {
namespace {

TEST(ClientHost, is_written_as_apache_kafka_does) {
  EXPECT_EQ(client_host("10.0.0.1"), "10.0.0.1");
  EXPECT_EQ(client_host("::1"), "0:0:0:0:0:0:0:1");
  EXPECT_EQ(client_host("2001:db8::00ff:a"), "2001:db8:0:0:0:0:ff:a");
  EXPECT_EQ(client_host("fe80::1%eth0"), "fe80:0:0:0:0:0:0:1%eth0");
  EXPECT_EQ(client_host("::ffff:10.0.0.1"), "10.0.0.1");
}

TEST(ClientHost, what_is_no_address_stays_as_it_is) {
  for (const auto* text : {"", "client", "a:b", "1::2::3"}) EXPECT_EQ(client_host(text), text);
}

}  // namespace
}  // namespace ottla::broker
