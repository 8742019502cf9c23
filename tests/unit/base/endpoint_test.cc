#include <gtest/gtest.h>

#include "base/transport.h"

namespace ottla::base {
namespace {

TEST(Endpoint, reads_names_and_addresses) {
  EXPECT_EQ(Endpoint::parse("broker.example:9092").value(), (Endpoint{"broker.example", 9092}));
  EXPECT_EQ(Endpoint::parse("127.0.0.1:0").value(), (Endpoint{"127.0.0.1", 0}));
  EXPECT_EQ(Endpoint::parse("[::1]:65535").value(), (Endpoint{"::1", 65535}));
  EXPECT_EQ(Endpoint::parse("[fe80::1%eth0]:1").value(), (Endpoint{"fe80::1%eth0", 1}));
  EXPECT_EQ(Endpoint::parse(":9092").value(), (Endpoint{"", 9092}));
}

TEST(Endpoint, writes_what_it_reads) {
  for (const char* text : {"broker:9092", "127.0.0.1:1", "[::1]:9092", ":9092"}) {
    EXPECT_EQ(Endpoint::parse(text).value().to_string(), text);
  }
}

TEST(Endpoint, says_what_is_wrong) {
  for (const char* text :
       {"", "host", "host:", "host:port", "host:65536", "host:-1", "host:1x", "::1:9092", "[::1]",
        "[::1:9092", "[]:1", "a b:1", "a]:1", "host: 1", "http://host:1", "host:+1"}) {
    const auto parsed = Endpoint::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code(), ErrorCode::invalid_argument) << text;
    EXPECT_NE(parsed.error().message().find(std::string("'") + text + "'"), std::string::npos);
  }
}

}  // namespace
}  // namespace ottla::base
