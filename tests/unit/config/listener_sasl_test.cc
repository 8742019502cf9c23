#include "broker/config/listener_sasl.h"

#include <gtest/gtest.h>

#include <string>

#include "broker/config/broker_config.h"
#include "broker/config/describe_configs.h"

namespace ottla::broker {
namespace {

constexpr const char* kPlainUsers =
    "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"broker\" "
    "password=\"s3cret\" user_alice=\"s3cret-a\" user_bob=\"s3cret-b\";";

Properties plain_listener() {
  return {{"listeners", "SASL_PLAINTEXT://127.0.0.1:9092"},
          {"sasl.enabled.mechanisms", "PLAIN, SCRAM-SHA-512"},
          {"listener.name.sasl_plaintext.plain.sasl.jaas.config", kPlainUsers}};
}

Error error_of(const Properties& properties) {
  const auto config = BrokerConfig::from_properties(properties);
  EXPECT_FALSE(config);
  return config ? Error(ErrorCode::none) : config.error();
}

TEST(ListenerSasl, users_of_plain_are_the_options_that_begin_with_user) {
  const auto config = BrokerConfig::from_properties(plain_listener());
  ASSERT_TRUE(config) << config.error();
  EXPECT_TRUE(config->warnings.empty());
  const auto& mechanisms = config->sasl_listeners.at("SASL_PLAINTEXT").mechanisms;
  ASSERT_EQ(mechanisms.size(), 2U);
  EXPECT_EQ(mechanisms.at("PLAIN").passwords.size(), 2U);
  EXPECT_EQ(mechanisms.at("PLAIN").passwords.at("alice"), "s3cret-a");
  EXPECT_TRUE(mechanisms.at("SCRAM-SHA-512").passwords.empty());
  EXPECT_EQ(mechanisms.at("PLAIN").max_reauth_ms, 0);
}

TEST(ListenerSasl, a_listeners_own_settings_count_before_those_of_all) {
  auto properties = plain_listener();
  properties["listeners"] = "INSIDE://127.0.0.1:1,SASL_PLAINTEXT://127.0.0.1:2";
  properties["listener.security.protocol.map"] =
      "INSIDE:SASL_PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT";
  properties["listener.name.inside.sasl.enabled.mechanisms"] = "SCRAM-SHA-256";
  properties["connections.max.reauth.ms"] = "1";
  properties["listener.name.sasl_plaintext.connections.max.reauth.ms"] = "2";
  properties["listener.name.sasl_plaintext.plain.connections.max.reauth.ms"] = "3";
  const auto config = BrokerConfig::from_properties(properties);
  ASSERT_TRUE(config) << config.error();
  const auto& inside = config->sasl_listeners.at("INSIDE").mechanisms;
  ASSERT_EQ(inside.size(), 1U);
  EXPECT_EQ(inside.at("SCRAM-SHA-256").max_reauth_ms, 1);
  const auto& other = config->sasl_listeners.at("SASL_PLAINTEXT").mechanisms;
  EXPECT_EQ(other.at("PLAIN").max_reauth_ms, 3);
  EXPECT_EQ(other.at("SCRAM-SHA-512").max_reauth_ms, 2);
}

TEST(ListenerSasl, a_listener_without_mechanisms_is_refused) {
  auto properties = plain_listener();
  properties.erase("sasl.enabled.mechanisms");
  EXPECT_NE(error_of(properties).message().find("sasl.enabled.mechanisms must say"),
            std::string::npos);
}

TEST(ListenerSasl, a_mechanism_that_is_not_served_is_refused) {
  auto properties = plain_listener();
  properties["sasl.enabled.mechanisms"] = "PLAIN,GSSAPI";
  EXPECT_NE(error_of(properties).message().find("GSSAPI is not served"), std::string::npos);
}

TEST(ListenerSasl, plain_without_users_is_refused) {
  auto properties = plain_listener();
  properties.erase("listener.name.sasl_plaintext.plain.sasl.jaas.config");
  EXPECT_NE(error_of(properties).message().find("must name the users of PLAIN"), std::string::npos);
}

TEST(ListenerSasl, what_is_wrong_with_a_jaas_config_is_told_without_its_passwords) {
  const std::string module = "org.apache.kafka.common.security.plain.PlainLoginModule required ";
  for (const auto& text :
       {module + "user_alice=\"s3cret\"", module + "user_alice=s3cret=;",
        module + "password=s3cret;", module + "user_=\"s3cret\";",
        module + "user_alice=\"\" x=\"s3cret\";",
        std::string(
            "com.sun.security.auth.module.JndiLoginModule required user_alice=\"s3cret\";")}) {
    auto properties = plain_listener();
    properties["listener.name.sasl_plaintext.plain.sasl.jaas.config"] = text;
    const auto error = error_of(properties);
    EXPECT_EQ(error.code(), ErrorCode::invalid_config);
    EXPECT_EQ(error.message().find("s3cret"), std::string::npos) << error;
    EXPECT_NE(error.message().find("listener.name.sasl_plaintext.plain.sasl.jaas.config"),
              std::string::npos)
        << error;
  }
}

TEST(ListenerSasl, passwords_are_in_no_description) {
  const auto config = BrokerConfig::from_properties(plain_listener());
  ASSERT_TRUE(config) << config.error();
  for (const auto& description : describe_broker_configs(*config)) {
    EXPECT_EQ(description.value.value_or("").find("s3cret"), std::string::npos);
    for (const auto& synonym : description.synonyms) {
      EXPECT_EQ(synonym.value.value_or("").find("s3cret"), std::string::npos);
    }
  }
}

Properties token_listener() {
  return {{"listeners", "SASL_SSL://127.0.0.1:0"},
          {"sasl.enabled.mechanisms", "OAUTHBEARER"},
          {"ssl.keystore.location", "/broker.pem"},
          {"sasl.oauthbearer.jwks.endpoint.url", "file:///keys.json"},
          {"sasl.oauthbearer.expected.issuer", "https://id.example.org"},
          {"sasl.oauthbearer.expected.audience", "kafka, ottla"}};
}

TEST(ListenerSasl, tokens_are_those_of_one_issuer_for_this_audience) {
  auto properties = token_listener();
  properties["listener.name.sasl_ssl.oauthbearer.sasl.oauthbearer.sub.claim.name"] = "client_id";
  const auto config = BrokerConfig::from_properties(properties);
  ASSERT_TRUE(config) << config.error();
  const ListenerTokens expected{.keys_file = "/keys.json",
                                .issuer = "https://id.example.org",
                                .audiences = {"kafka", "ottla"},
                                .principal_claim = "client_id"};
  EXPECT_EQ(config->sasl_listeners.at("SASL_SSL").mechanisms.at("OAUTHBEARER").tokens, expected);
}

TEST(ListenerSasl, tokens_that_nobody_could_check_are_not_taken) {
  for (const auto* key : {"sasl.oauthbearer.jwks.endpoint.url", "sasl.oauthbearer.expected.issuer",
                          "sasl.oauthbearer.expected.audience"}) {
    auto properties = token_listener();
    properties.erase(key);
    EXPECT_NE(error_of(properties).message().find(key), std::string::npos) << error_of(properties);
    properties[key] = "";
    EXPECT_NE(error_of(properties).message().find(key), std::string::npos) << error_of(properties);
  }
  for (const auto* url :
       {"http://x", "http://x/?key=s3cret", "http://localhost.x/", "https://",
        "https://a:s3cret@x/", "/keys.json", "file://", "ftp://x/y", "jndi:ldap://x"}) {
    auto properties = token_listener();
    properties["sasl.oauthbearer.jwks.endpoint.url"] = url;
    const auto message = error_of(properties).message();
    EXPECT_NE(message.find("file:///PATH or https://HOST/PATH"), std::string::npos) << url;
    EXPECT_EQ(message.find("s3cret"), std::string::npos) << message;
  }
}

TEST(ListenerSasl, keys_may_be_where_they_are_fetched) {
  auto properties = token_listener();
  const std::string key = "sasl.oauthbearer.jwks.endpoint.";
  properties[key + "url"] = "https://id.example.org/keys";
  properties[key + "refresh.ms"] = "1000";
  properties["listener.name.sasl_ssl.oauthbearer." + key + "retry.backoff.ms"] = "2";
  properties["listener.name.sasl_ssl." + key + "retry.backoff.max.ms"] = "3";
  properties["listener.name.sasl_ssl.oauthbearer.sasl.jaas.config"] =
      "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required "
      "ssl.truststore.location=\"/ca.pem\";";
  const auto config = BrokerConfig::from_properties(properties);
  ASSERT_TRUE(config) << config.error();
  EXPECT_TRUE(config->warnings.empty());
  const auto& tokens = *config->sasl_listeners.at("SASL_SSL").mechanisms.at("OAUTHBEARER").tokens;
  EXPECT_EQ(tokens.keys_file, "");
  EXPECT_EQ(tokens.keys_url, base::HttpUrl::parse("https://id.example.org/keys").value());
  EXPECT_EQ(tokens.refresh_ms, 1000);
  EXPECT_EQ(tokens.retry_backoff_ms, 2);
  EXPECT_EQ(tokens.retry_backoff_max_ms, 3);
  EXPECT_EQ(tokens.keys_ssl.truststore_location, "/ca.pem");
  properties[key + "refresh.ms"] = "999";
  EXPECT_NE(error_of(properties).message().find(key + "refresh.ms=999"), std::string::npos);
}

TEST(ListenerSasl, an_option_of_tls_that_there_is_not_is_no_trust_in_everybody) {
  auto properties = token_listener();
  const std::string key = "listener.name.sasl_ssl.oauthbearer.sasl.jaas.config";
  const std::string module =
      "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required ";
  properties[key] = module + "ssl.truststore.locatoin=\"/s3cret.pem\";";
  const auto message = error_of(properties).message();
  EXPECT_NE(message.find(key + ": there is no option ssl.truststore.locatoin"), std::string::npos)
      << message;
  EXPECT_EQ(message.find("s3cret"), std::string::npos) << message;
  properties[key] = module + "ssl.provider=\"x\" unsecuredLoginStringClaim_sub=\"x\";";
  const auto config = BrokerConfig::from_properties(properties);
  EXPECT_TRUE(config) << config.error();
}

TEST(Exposure, a_listener_that_asks_nobody_is_for_this_machine_alone) {
  for (const auto* listener : {"PLAINTEXT://:9092", "PLAINTEXT://0.0.0.0:9092",
                               "PLAINTEXT://[::]:9092", "PLAINTEXT://10.0.0.1:9092",
                               "PLAINTEXT://somewhere:9092", "PLAINTEXT://127.example.org:9092"}) {
    const auto error = error_of({{"listeners", listener}});
    EXPECT_EQ(error.code(), ErrorCode::invalid_config);
    EXPECT_NE(error.message().find("ottla.insecure=true"), std::string::npos) << error;
  }
  for (const auto* listener : {"PLAINTEXT://127.0.0.1:9092", "PLAINTEXT://localhost:9092",
                               "PLAINTEXT://[::1]:9092", "PLAINTEXT://127.1.2.3:0"}) {
    EXPECT_TRUE(BrokerConfig::from_properties({{"listeners", listener}})) << listener;
  }
}

TEST(Exposure, whoever_wants_it_has_everybody_served) {
  EXPECT_TRUE(BrokerConfig::from_properties(
      {{"listeners", "PLAINTEXT://:9092"}, {"ottla.insecure", "true"}}));
}

TEST(Exposure, a_certificate_that_is_required_says_who_a_client_is) {
  const Properties tls = {{"listeners", "SSL://:9092"}, {"ssl.keystore.location", "/key.pem"}};
  EXPECT_NE(error_of(tls).message().find("ottla.insecure=true"), std::string::npos);
  for (const auto* asked : {"none", "requested"}) {
    auto optional = tls;
    optional["ssl.client.auth"] = asked;
    EXPECT_EQ(error_of(optional).code(), ErrorCode::invalid_config) << asked;
  }
  auto required = tls;
  required["ssl.client.auth"] = "required";
  const auto config = BrokerConfig::from_properties(required);
  EXPECT_TRUE(config) << config.error();
}

TEST(Exposure, a_listener_at_which_clients_log_in_may_be_reached_from_anywhere) {
  auto properties = plain_listener();
  properties["listeners"] = "SASL_PLAINTEXT://:9092,PLAINTEXT://127.0.0.1:9093";
  const auto config = BrokerConfig::from_properties(properties);
  EXPECT_TRUE(config) << config.error();
}

}  // namespace
}  // namespace ottla::broker
