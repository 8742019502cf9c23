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

TEST(MakeSasl, is_nothing_without_sasl) {
  const auto sasl = make_sasl({.protocol = SecurityProtocol::ssl, .sasl = {.mechanism = "PLAIN"}});
  ASSERT_TRUE(sasl) << sasl.error();
  EXPECT_FALSE(*sasl);
}

TEST(MakeSasl, has_the_mechanism_the_user_and_the_password) {
  for (const auto* mechanism : {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"}) {
    const auto sasl =
        make_sasl({.protocol = SecurityProtocol::sasl_ssl,
                   .sasl = {.mechanism = mechanism, .username = "alice", .password = "wonder"}});
    ASSERT_TRUE(sasl) << sasl.error();
    ASSERT_TRUE(*sasl);
    EXPECT_EQ((*sasl)->mechanism, mechanism);
    EXPECT_EQ((*sasl)->user, "alice");
    EXPECT_EQ((*sasl)->password, "wonder");
  }
}

TEST(MakeSasl, names_what_is_missing_and_never_the_password) {
  const auto refusal = [](const SaslConfig& config) {
    const auto sasl = make_sasl({.protocol = SecurityProtocol::sasl_plaintext, .sasl = config});
    if (sasl) return std::string("accepted");
    EXPECT_EQ(sasl.error().code(), ErrorCode::invalid_config);
    EXPECT_EQ(sasl.error().to_string().find("wonder"), std::string::npos);
    return sasl.error().message();
  };
  EXPECT_EQ(refusal({.mechanism = "GSSAPI", .username = "alice", .password = "wonder"}),
            "sasl.mechanism=GSSAPI: it must be PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512");
  const std::string incomplete =
      "security.protocol=SASL_PLAINTEXT needs a user and a password: set sasl.jaas.config, or "
      "sasl.username and sasl.password";
  EXPECT_EQ(refusal({.mechanism = "PLAIN", .username = "alice"}), incomplete);
  EXPECT_EQ(refusal({.mechanism = "PLAIN", .password = "wonder"}), incomplete);
}

}  // namespace
}  // namespace ottla::client
