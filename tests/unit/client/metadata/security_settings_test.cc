#include <gtest/gtest.h>

#include "client/metadata/client_config.h"

namespace ottla::client {
namespace {

TEST(MakeTls, is_nothing_without_tls) {
  const auto tls = make_tls({});
  ASSERT_TRUE(tls) << tls.error();
  EXPECT_EQ(*tls, nullptr);
}

TEST(MakeTls, trusts_what_the_system_does_by_default) {
  const auto tls = make_tls({.protocol = SecurityProtocol::ssl});
  ASSERT_TRUE(tls) << tls.error();
  EXPECT_NE(*tls, nullptr);
}

TEST(MakeTls, names_the_key_that_cannot_be) {
  SecurityConfig config{.protocol = SecurityProtocol::ssl};
  config.ssl.truststore_location = "/nowhere/ca.pem";
  const auto tls = make_tls(config);
  ASSERT_FALSE(tls);
  EXPECT_EQ(tls.error().code(), ErrorCode::invalid_config);
  EXPECT_NE(tls.error().message().find("ssl.truststore.location=/nowhere/ca.pem"),
            std::string::npos);
  config.ssl = {};
  config.ssl.endpoint_identification_algorithm = "ldaps";
  EXPECT_FALSE(make_tls(config));
}

}  // namespace
}  // namespace ottla::client
