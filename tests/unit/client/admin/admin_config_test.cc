#include "ottla/admin_config.h"

#include <gtest/gtest.h>

#include "client/admin/admin_settings.h"

namespace ottla {
namespace {

using namespace std::chrono_literals;

TEST(AdminConfig, reads_all_of_kafkas_keys_that_it_has) {
  const auto config = AdminConfig::from_properties({{"bootstrap.servers", "a:1,b:2"},
                                                    {"client.id", " me "},
                                                    {"default.api.timeout.ms", "1"},
                                                    {"request.timeout.ms", "2"},
                                                    {"retry.backoff.ms", "3"},
                                                    {"retry.backoff.max.ms", "4"},
                                                    {"metadata.max.age.ms", "5"},
                                                    {"reconnect.backoff.ms", "6"},
                                                    {"reconnect.backoff.max.ms", "7"},
                                                    {"socket.connection.setup.timeout.ms", "8"},
                                                    {"socket.connection.setup.timeout.max.ms", "9"},
                                                    {"connections.max.idle.ms", "10"},
                                                    {"send.buffer.bytes", "11"},
                                                    {"receive.buffer.bytes", "-1"}})
                          .value();
  EXPECT_EQ(config.bootstrap_servers, "a:1,b:2");
  EXPECT_EQ(config.client_id, "me");
  EXPECT_EQ(config.default_api_timeout, 1ms);
  EXPECT_EQ(config.request_timeout, 2ms);
  EXPECT_EQ(config.retry_backoff, 3ms);
  EXPECT_EQ(config.retry_backoff_max, 4ms);
  EXPECT_EQ(config.metadata_max_age, 5ms);
  EXPECT_EQ(config.reconnect_backoff, 6ms);
  EXPECT_EQ(config.reconnect_backoff_max, 7ms);
  EXPECT_EQ(config.socket_connection_setup_timeout, 8ms);
  EXPECT_EQ(config.socket_connection_setup_timeout_max, 9ms);
  EXPECT_EQ(config.connections_max_idle, 10ms);
  EXPECT_EQ(config.send_buffer_bytes, 11);
  EXPECT_EQ(config.receive_buffer_bytes, -1);
}

TEST(AdminConfig, skips_what_only_a_jvm_can_use) {
  const auto config = AdminConfig::from_properties({{"metric.reporters", "com.example.Reporter"},
                                                    {"sasl.login.class", "x"},
                                                    {"security.protocol", "plaintext"}});
  ASSERT_TRUE(config) << config.error();
  EXPECT_EQ(config->default_api_timeout, AdminConfig().default_api_timeout);
}

// What is said of one property.
std::string refusal(const std::string& key, const std::string& value) {
  const auto config = AdminConfig::from_properties({{key, value}});
  if (config) return "accepted";
  EXPECT_EQ(config.error().code(), ErrorCode::invalid_argument);
  return config.error().message();
}

TEST(AdminConfig, names_the_nearest_key) {
  EXPECT_EQ(refusal("request.timeout", "5"),
            "unknown key request.timeout; the nearest one there is is request.timeout.ms");
}

TEST(AdminConfig, says_what_a_value_should_be) {
  for (const auto* value : {"-1", "", "x", "5s", "9223372036854775808", "1.5"}) {
    EXPECT_EQ(refusal("request.timeout.ms", value),
              "request.timeout.ms is '" + std::string(value) +
                  "'; it must be a whole number from 0 to 9223372036854775807");
  }
}

TEST(AdminConfig, reads_how_to_connect_securely) {
  const auto config = AdminConfig::from_properties({{"security.protocol", "ssl"},
                                                    {"ssl.truststore.location", "/ca.pem"},
                                                    {"ssl.keystore.password", "secret"},
                                                    {"ssl.enabled.protocols", "TLSv1.3"},
                                                    {"ssl.provider", ""}});
  ASSERT_TRUE(config) << config.error();
  SslConfig expected;
  expected.truststore_location = "/ca.pem";
  expected.keystore_password = "secret";
  expected.enabled_protocols = {"TLSv1.3"};
  EXPECT_EQ(config->security.protocol, SecurityProtocol::ssl);
  EXPECT_EQ(config->security.ssl, expected);
}

TEST(AdminConfig, reads_whom_to_log_in_as) {
  const auto expect_alice = [](const SecurityConfig& security) {
    EXPECT_EQ(security.protocol, SecurityProtocol::sasl_ssl);
    EXPECT_EQ(security.sasl.mechanism, "SCRAM-SHA-512");
    EXPECT_EQ(security.sasl.username, "alice");
    EXPECT_EQ(security.sasl.password, "s3cret");
  };
  const std::string jaas =
      "org.apache.kafka.common.security.scram.ScramLoginModule required "
      "username=\"alice\" password='s3cret';";
  const auto kafkas = AdminConfig::from_properties({{"security.protocol", "SASL_SSL"},
                                                    {"sasl.mechanism", "SCRAM-SHA-512"},
                                                    {"sasl.jaas.config", jaas}});
  ASSERT_TRUE(kafkas) << kafkas.error();
  expect_alice(kafkas->security);
  const auto librdkafkas = AdminConfig::from_properties({{"security.protocol", "sasl_ssl"},
                                                         {"sasl.mechanisms", "SCRAM-SHA-512"},
                                                         {"sasl.username", "alice"},
                                                         {"sasl.password", "s3cret"}});
  ASSERT_TRUE(librdkafkas) << librdkafkas.error();
  expect_alice(librdkafkas->security);
}

TEST(AdminConfig, says_what_is_wrong_with_a_login_and_not_the_password) {
  EXPECT_EQ(refusal("sasl.jaas.config", "com.sun.Krb5LoginModule required password=s3cret;"),
            "sasl.jaas.config names a login module that is none of PLAIN, SCRAM and OAUTHBEARER");
  for (const auto* text :
       {"ScramLoginModule required password=\"s3cret\"", "s3cret", "x s3cret;"}) {
    const auto said = refusal("sasl.jaas.config", text);
    EXPECT_NE(said, "accepted") << text;
    EXPECT_EQ(said.find("s3cret"), std::string::npos) << said;
  }
  EXPECT_EQ(refusal("sasl.usrname", "x"),
            "unknown key sasl.usrname; the nearest one there is is sasl.username");
}

TEST(AdminConfig, reads_where_tokens_are_and_makes_none) {
  const std::string module =
      "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required";
  const auto config =
      AdminConfig::from_properties({{"sasl.mechanism", "OAUTHBEARER"},
                                    {"sasl.jaas.config", module + ";"},
                                    {"sasl.oauthbearer.token.endpoint.url", "file:///token"}});
  ASSERT_TRUE(config) << config.error();
  EXPECT_EQ(config->security.sasl.mechanism, "OAUTHBEARER");
  EXPECT_EQ(config->security.sasl.oauthbearer_token_endpoint_url, "file:///token");
  const std::string instead =
      "; tokens come from sasl.oauthbearer.token.endpoint.url, or from the program's function "
      "oauthbearer_token";
  EXPECT_EQ(
      refusal("sasl.jaas.config", module + " unsecuredLoginStringClaim_sub=\"s3cret\";"),
      "sasl.jaas.config: tokens that nobody signed (unsecuredLogin...) are not made" + instead);
  EXPECT_EQ(refusal("sasl.jaas.config", module + " zone=\"1\" clientSecret=\"s3cret\";"),
            "sasl.jaas.config: OAUTHBEARER has no option zone" + instead);
}

TEST(AdminConfig, reads_how_tokens_are_fetched) {
  const std::string key = "sasl.oauthbearer.";
  const std::string package = "org.apache.kafka.common.security.oauthbearer.";
  const auto config = AdminConfig::from_properties(
      {{"sasl.mechanism", "OAUTHBEARER"},
       {"sasl.login.callback.handler.class", package + "OAuthBearerLoginCallbackHandler"},
       {"sasl.login.connect.timeout.ms", "1"},
       {"sasl.login.read.timeout.ms", "2"},
       {"sasl.login.refresh.window.factor", "0.5"},
       {"sasl.login.retry.backoff.max.ms", "4"},
       {"sasl.login.retry.backoff.ms", "3"},
       {key + "assertion.algorithm", "ES256"},
       {key + "assertion.claim.aud", "aud"},
       {key + "assertion.claim.exp.seconds", "5"},
       {key + "assertion.claim.iss", "iss"},
       {key + "assertion.claim.jti.include", "true"},
       {key + "assertion.claim.nbf.seconds", "6"},
       {key + "assertion.claim.sub", "sub"},
       {key + "assertion.private.key.file", "/key.pem"},
       {key + "assertion.private.key.passphrase", "s3cret"},
       {key + "assertion.template.file", "/template.json"},
       {key + "header.urlencode", "true"},
       {key + "jwt.retriever.class", package + "JwtBearerJwtRetriever"},
       {key + "jwt.validator.class", package + "BrokerJwtValidator"},
       {key + "scope", "read"}});
  ASSERT_TRUE(config) << config.error();
  const auto& sasl = config->security.sasl;
  EXPECT_EQ(sasl.login_connect_timeout.count(), 1);
  EXPECT_EQ(sasl.login_read_timeout.count(), 2);
  EXPECT_EQ(sasl.login_retry_backoff.count(), 3);
  EXPECT_EQ(sasl.login_retry_backoff_max.count(), 4);
  EXPECT_EQ(sasl.oauthbearer_grant, OauthBearerGrant::jwt_bearer);
  EXPECT_EQ(sasl.oauthbearer_scope, "read");
  EXPECT_TRUE(sasl.oauthbearer_header_urlencode);
  EXPECT_EQ(sasl.oauthbearer_assertion, (OauthBearerAssertion{.private_key_file = "/key.pem",
                                                              .private_key_passphrase = "s3cret",
                                                              .algorithm = "ES256",
                                                              .template_file = "/template.json",
                                                              .claim_iss = "iss",
                                                              .claim_sub = "sub",
                                                              .claim_aud = "aud",
                                                              .claim_exp = std::chrono::seconds(5),
                                                              .claim_nbf = std::chrono::seconds(6),
                                                              .claim_jti_include = true}));
  EXPECT_EQ(refusal(key + "jwt.retriever.class", "com.example.Own")
                .find(key + "jwt.retriever.class is 'com.example.Own'; it must be " + package),
            0U);
  EXPECT_EQ(refusal(key + "assertion.claim.exp.seconds", "-1")
                .find(key + "assertion.claim.exp.seconds is '-1'; it must be a whole number"),
            0U);
}

TEST(AdminConfig, reads_the_older_options_by_which_tokens_are_fetched) {
  const std::string module =
      "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required";
  const auto old = AdminConfig::from_properties(
      {{"sasl.jaas.config", module + " clientId=\"app\" clientSecret=\"s3cret\" scope=\"read\" "
                                     "extension_zone=\"a\" ssl.truststore.location=\"/ca.pem\";"}});
  ASSERT_TRUE(old) << old.error();
  const auto& sasl = old->security.sasl;
  EXPECT_EQ(sasl.oauthbearer_client_credentials_client_id, "app");
  EXPECT_EQ(sasl.oauthbearer_client_credentials_client_secret, "s3cret");
  EXPECT_EQ(sasl.oauthbearer_scope, "read");
  EXPECT_EQ(sasl.oauthbearer_extensions, (Properties{{"zone", "a"}}));
  EXPECT_EQ(sasl.oauthbearer_ssl.truststore_location, "/ca.pem");
  const auto both = AdminConfig::from_properties(
      {{"sasl.jaas.config", module + " clientId=\"app\" clientSecret=\"s3cret\";"},
       {"sasl.oauthbearer.client.credentials.client.id", "newer"},
       {"sasl.oauthbearer.client.credentials.client.secret", "n3wer"}});
  ASSERT_TRUE(both) << both.error();
  EXPECT_EQ(both->security.sasl.oauthbearer_client_credentials_client_id, "newer");
  EXPECT_EQ(both->security.sasl.oauthbearer_client_credentials_client_secret, "n3wer");
}

TEST(AdminConfig, refuses_security_that_there_is_not) {
  EXPECT_EQ(refusal("security.protocol", "TLS"),
            "security.protocol is 'TLS'; it must be PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL");
  EXPECT_EQ(refusal("ssl.truststore.place", "x"),
            "unknown key ssl.truststore.place; the nearest one there is is "
            "ssl.truststore.type");
}

TEST(AdminConfig, takes_the_longest_times_for_a_hundred_years) {
  const auto config =
      AdminConfig::from_properties({{"metadata.max.age.ms", "9223372036854775807"}}).value();
  EXPECT_EQ(config.metadata_max_age, std::chrono::hours(24 * 365 * 100));
}

TEST(AdminSettings, names_the_field_that_cannot_be) {
  const auto refused = [](const AdminConfig& config) {
    const auto settings = client::AdminSettings::from(config, 1);
    return settings ? std::string("accepted") : settings.error().message();
  };
  EXPECT_NE(refused({}).find("bootstrap_servers"), std::string::npos);
  EXPECT_NE(refused({.bootstrap_servers = "nowhere"}).find("bootstrap_servers"), std::string::npos);
  EXPECT_EQ(refused({.bootstrap_servers = "a:1", .default_api_timeout = 0ms}),
            "default_api_timeout is 0 ms; it must be at least 1 ms");
  EXPECT_EQ(refused({.bootstrap_servers = "a:1"}), "accepted");
}

TEST(AdminSettings, makes_a_client_id_where_none_is_given) {
  const auto settings = client::AdminSettings::from({.bootstrap_servers = "a:1"}, 7).value();
  EXPECT_EQ(settings.network.client_id, "adminclient-7");
}

}  // namespace
}  // namespace ottla
