#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>

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
            "sasl.mechanism=GSSAPI: it must be PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER");
  const std::string incomplete =
      "security.protocol=SASL_PLAINTEXT needs a user and a password: set sasl.jaas.config, or "
      "sasl.username and sasl.password";
  EXPECT_EQ(refusal({.mechanism = "PLAIN", .username = "alice"}), incomplete);
  EXPECT_EQ(refusal({.mechanism = "PLAIN", .password = "wonder"}), incomplete);
}

TEST(MakeSasl, takes_the_function_that_gives_tokens) {
  const auto sasl = make_sasl({.protocol = SecurityProtocol::sasl_ssl,
                               .sasl = {.mechanism = "OAUTHBEARER", .oauthbearer_token = [] {
                                          return OauthBearerToken{.token = "abc"};
                                        }}});
  ASSERT_TRUE(sasl) << sasl.error();
  ASSERT_TRUE(*sasl);
  EXPECT_EQ((*sasl)->mechanism, "OAUTHBEARER");
  EXPECT_EQ((*sasl)->token().value().token, "abc");
}

TEST(MakeSasl, reads_a_token_from_a_file_each_time) {
  const std::string path = testing::TempDir() + "/security_settings_token";
  const auto write = [&](const std::string& text) { std::ofstream(path, std::ios::trunc) << text; };
  write("first\n");
  const auto sasl = make_sasl(
      {.protocol = SecurityProtocol::sasl_plaintext,
       .sasl = {.mechanism = "OAUTHBEARER", .oauthbearer_token_endpoint_url = "file://" + path}});
  ASSERT_TRUE(sasl) << sasl.error();
  const auto& source = (*sasl)->token;
  EXPECT_EQ(source().value(), OauthBearerToken{.token = "first"});
  write(" second.a-b== \r\n");
  EXPECT_EQ(source().value(), OauthBearerToken{.token = "second.a-b=="});
  const auto refusal = [&](const std::string& text) {
    write(text);
    const auto token = source();
    return token ? "taken" : token.error().message();
  };
  const std::string key = "sasl.oauthbearer.token.endpoint.url=file://" + path;
  EXPECT_EQ(refusal(" \n"), key + ": the file is empty");
  EXPECT_EQ(refusal(std::string((32 << 10) + 1, 'x')),
            key + ": the file has more in it than a token");
  std::remove(path.c_str());
  const auto gone = source();
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().message(), key + ": the file cannot be read");
}

TEST(MakeSasl, says_where_tokens_may_come_from) {
  const auto refusal = [](const SaslConfig& config) {
    const auto sasl = make_sasl({.protocol = SecurityProtocol::sasl_ssl, .sasl = config});
    if (sasl) return std::string("accepted");
    EXPECT_EQ(sasl.error().code(), ErrorCode::invalid_config);
    return sasl.error().message();
  };
  EXPECT_EQ(refusal({.mechanism = "OAUTHBEARER"}),
            "sasl.mechanism=OAUTHBEARER needs tokens: set "
            "sasl.oauthbearer.token.endpoint.url=file:///PATH, or in the program the function "
            "oauthbearer_token");
  for (const auto* url : {"https://id.example.org/token", "file://", "file://token", "/token"}) {
    EXPECT_EQ(refusal({.mechanism = "OAUTHBEARER", .oauthbearer_token_endpoint_url = url}),
              "sasl.oauthbearer.token.endpoint.url must be file:///PATH: tokens are not fetched; a "
              "program that does so gives them by the function oauthbearer_token");
  }
  EXPECT_EQ(refusal({.mechanism = "OAUTHBEARER",
                     .oauthbearer_token = [] { return OauthBearerToken{}; },
                     .oauthbearer_token_endpoint_url = "file:///token"}),
            "sasl.oauthbearer.token.endpoint.url and the function oauthbearer_token are both set: "
            "set one");
}

}  // namespace
}  // namespace ottla::client
