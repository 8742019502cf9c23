#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>

#include "client/metadata/client_config.h"

namespace ottla::client {
namespace {

using namespace std::chrono_literals;

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
  EXPECT_EQ(refusal(std::string((32 << 10) + 1, 'x')), key + ": the file is too large");
  std::remove(path.c_str());
  const auto gone = source();
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().message(), key + ": the file cannot be read");
}

// Without the secret, whatever it is.
std::string token_refusal(SaslConfig config) {
  config.mechanism = "OAUTHBEARER";
  const auto sasl = make_sasl({.protocol = SecurityProtocol::sasl_ssl, .sasl = config});
  if (sasl) return "accepted";
  EXPECT_EQ(sasl.error().code(), ErrorCode::invalid_config);
  EXPECT_EQ(sasl.error().message().find("s3cret"), std::string::npos) << sasl.error();
  return sasl.error().message();
}

TEST(MakeSasl, says_where_tokens_may_come_from) {
  EXPECT_EQ(token_refusal({}),
            "sasl.mechanism=OAUTHBEARER needs tokens: set sasl.oauthbearer.token.endpoint.url to "
            "file:///PATH or https://HOST/PATH, or in the program the function oauthbearer_token");
  const std::string key = "sasl.oauthbearer.token.endpoint.url must ";
  for (const auto* url : {"file://", "file://token", "/token", "https://", "https://a:s3cret@b/"}) {
    EXPECT_EQ(token_refusal({.oauthbearer_token_endpoint_url = url})
                  .find(key + "be file:///PATH or https://HOST/PATH: "),
              0U)
        << token_refusal({.oauthbearer_token_endpoint_url = url});
  }
  EXPECT_EQ(token_refusal({.oauthbearer_token = [] { return OauthBearerToken{}; },
                           .oauthbearer_token_endpoint_url = "file:///token"}),
            "sasl.oauthbearer.token.endpoint.url and the function oauthbearer_token are both set: "
            "set one");
}

SaslConfig by_credentials(const std::string& url) {
  return {.oauthbearer_token_endpoint_url = url,
          .oauthbearer_client_credentials_client_id = "app",
          .oauthbearer_client_credentials_client_secret = "s3cret"};
}

TEST(MakeSasl, sends_secrets_over_https_or_to_this_machine_alone) {
  for (const auto* url :
       {"http://id.example.org/token", "http://10.0.0.1/token", "http://localhost.example.org/"}) {
    EXPECT_EQ(token_refusal(by_credentials(url)),
              "sasl.oauthbearer.token.endpoint.url must begin with https://: what is sent there is "
              "secret, and http is served for localhost alone");
  }
  for (const auto* url : {"http://localhost:8080/token", "http://127.0.0.1/", "http://[::1]:1/"}) {
    EXPECT_EQ(token_refusal(by_credentials(url)), "accepted");
  }
  EXPECT_EQ(token_refusal(by_credentials("https://id.example.org/token")), "accepted");
}

TEST(MakeSasl, says_what_a_token_endpoint_has_to_be_shown) {
  auto config = by_credentials("https://id.example.org/token");
  config.oauthbearer_client_credentials_client_id = "urn:app";
  EXPECT_NE(token_refusal(config).find("sasl.oauthbearer.header.urlencode=true"),
            std::string::npos);
  config.oauthbearer_header_urlencode = true;
  EXPECT_EQ(token_refusal(config), "accepted");
  config.oauthbearer_client_credentials_client_secret.clear();
  EXPECT_NE(token_refusal(config).find("client.id and "), std::string::npos);
  config.oauthbearer_grant = OauthBearerGrant::jwt_bearer;
  EXPECT_NE(token_refusal(config).find("needs one of"), std::string::npos);
  config.oauthbearer_assertion.file = "/assertion";
  EXPECT_EQ(token_refusal(config), "accepted");
  config.oauthbearer_assertion.private_key_file = "/key.pem";
  EXPECT_NE(token_refusal(config).find("needs one of"), std::string::npos);
  config.oauthbearer_assertion.file.clear();
  EXPECT_EQ(token_refusal(config), "accepted");
  config.oauthbearer_assertion.algorithm = "none";
  EXPECT_NE(token_refusal(config).find("it must be RS256 or ES256"), std::string::npos);
  config.oauthbearer_assertion.algorithm = "ES256";
  config.oauthbearer_assertion.claim_exp = 0s;
  EXPECT_NE(token_refusal(config).find("claim.exp.seconds"), std::string::npos);
  config.oauthbearer_assertion.claim_exp = 1s;
  config.oauthbearer_extensions["auth"] = "x";
  EXPECT_NE(token_refusal(config).find("extension"), std::string::npos);
  config.oauthbearer_extensions.clear();
  config.login_read_timeout = 0ms;
  EXPECT_NE(token_refusal(config).find("must be at least 1"), std::string::npos);
}

TEST(MakeSasl, trusts_at_the_token_endpoint_whom_it_is_told_to_trust_there) {
  auto config = by_credentials("https://id.example.org/token");
  config.oauthbearer_ssl = SslConfig{.truststore_location = "/nowhere.pem"};
  EXPECT_NE(token_refusal(config).find("ssl.truststore.location=/nowhere.pem"), std::string::npos);
  config.oauthbearer_token_endpoint_url = "http://localhost/";
  EXPECT_EQ(token_refusal(config), "accepted");
}

TEST(MakeSasl, has_nothing_at_the_token_endpoint_of_what_is_for_brokers) {
  auto config = by_credentials("https://id.example.org/token");
  config.mechanism = "OAUTHBEARER";
  const auto sasl = make_sasl({.protocol = SecurityProtocol::sasl_ssl,
                               .ssl = {.truststore_location = "/nowhere.pem"},
                               .sasl = config});
  EXPECT_TRUE(sasl) << sasl.error();
}

}  // namespace
}  // namespace ottla::client
