#include "broker/config/broker_config.h"

#include <gtest/gtest.h>

#include "broker/config/broker_config_keys.h"
#include "broker/config/topic_config.h"

namespace ottla::broker {
namespace {

BrokerConfig good(const Properties& properties) {
  auto config = BrokerConfig::from_properties(properties);
  EXPECT_TRUE(config) << config.error();
  return config ? *config : BrokerConfig();
}

std::string refusal(const Properties& properties) {
  const auto config = BrokerConfig::from_properties(properties);
  if (config) return "accepted";
  EXPECT_EQ(config.error().code(), ErrorCode::invalid_config);
  return config.error().message();
}

TEST(BrokerConfig, nothing_set_means_the_defaults) {
  EXPECT_EQ(good({}), BrokerConfig());
}

TEST(BrokerConfig, every_key_can_be_set_to_the_value_it_shows) {
  const BrokerConfig defaults;
  for (const auto& key : broker_keys()) {
    const auto value = key.value_in(defaults);
    if (!value) continue;
    const auto config = good({{std::string(key.name), *value}});
    EXPECT_EQ(key.value_in(config), value) << key.name;
  }
}

TEST(BrokerConfig, values_reach_their_members) {
  const auto config = good({{"node.id", "7"},
                            {"log.dirs", "/data"},
                            {"auto.create.topics.enable", "FALSE"},
                            {"offsets.topic.replication.factor", "2"},
                            {"broker.rack", "r1"},
                            {"ottla.durability", "os"},
                            {"queued.max.request.bytes", "9000000000"}});
  EXPECT_EQ(config.node_id, 7);
  EXPECT_EQ(config.log_dirs, std::vector<std::string>{"/data"});
  EXPECT_FALSE(config.auto_create_topics_enable);
  EXPECT_EQ(config.offsets_topic_replication_factor, 2);
  EXPECT_EQ(config.broker_rack, "r1");
  EXPECT_EQ(config.ottla_durability, "os");
  EXPECT_EQ(config.queued_max_request_bytes, 9'000'000'000);
}

TEST(BrokerConfig, older_names_count_where_the_newer_is_not_set) {
  EXPECT_EQ(good({{"broker.id", "4"}}).node_id, 4);
  EXPECT_EQ(good({{"broker.id", "4"}, {"node.id", "5"}}).node_id, 5);
  EXPECT_EQ(good({{"log.dir", "/x"}}).log_dirs, std::vector<std::string>{"/x"});
}

TEST(BrokerConfig, an_unknown_key_is_refused_with_the_nearest_one) {
  EXPECT_NE(refusal({{"num.partition", "3"}}).find("num.partitions"), std::string::npos);
  EXPECT_NE(refusal({{"otla.durability", "os"}}).find("ottla.durability"), std::string::npos);
}

TEST(BrokerConfig, a_key_of_Kafka_without_effect_is_a_warning) {
  const auto config = good({{"num.replica.fetchers", "2"}, {"listener.name.x.ssl.key", "k"}});
  ASSERT_EQ(config.warnings.size(), 2U);
  EXPECT_NE(config.warnings[1].find("num.replica.fetchers"), std::string::npos);
}

TEST(BrokerConfig, reads_the_settings_of_compaction) {
  const auto config = good({{"log.cleaner.enable", "false"},
                            {"log.cleaner.backoff.ms", "500"},
                            {"log.cleaner.dedupe.buffer.size", "4194304"},
                            {"log.cleaner.io.buffer.load.factor", "0.5"},
                            {"log.cleaner.io.max.bytes.per.second", "1.7976931348623157E308"}});
  EXPECT_FALSE(config.log_cleaner_enable);
  EXPECT_EQ(config.log_cleaner_backoff_ms, 500);
  EXPECT_EQ(config.log_cleaner_dedupe_buffer_size, 4'194'304);
  EXPECT_EQ(config.log_cleaner_io_buffer_load_factor, 0.5);
  EXPECT_EQ(config.log_cleaner_io_max_bytes_per_second,
            BrokerConfig().log_cleaner_io_max_bytes_per_second);
  EXPECT_TRUE(config.warnings.empty());
}

TEST(BrokerConfig, every_thread_of_compaction_has_memory_for_its_keys) {
  const auto with = [](std::string threads, std::string enabled) {
    return Properties{{"log.cleaner.dedupe.buffer.size", "4194304"},
                      {"log.cleaner.threads", std::move(threads)},
                      {"log.cleaner.enable", std::move(enabled)}};
  };
  EXPECT_EQ(good(with("4", "true")).log_cleaner_threads, 4);
  EXPECT_EQ(good(with("0", "true")).log_cleaner_threads, 0);
  EXPECT_EQ(good(with("5", "false")).log_cleaner_threads, 5);
  EXPECT_EQ(refusal(with("5", "true")),
            "log.cleaner.threads=5: log.cleaner.dedupe.buffer.size=4194304 leaves each less than "
            "1048576 bytes for keys; expected fewer threads or more memory");
}

TEST(BrokerConfig, a_bad_value_says_key_value_and_what_was_expected) {
  EXPECT_EQ(refusal({{"num.partitions", "0"}}),
            "num.partitions=0: expected a whole number from 1 to 2147483647");
  EXPECT_EQ(refusal({{"num.partitions", "3000000000"}}),
            "num.partitions=3000000000: expected a whole number from 1 to 2147483647");
  EXPECT_EQ(refusal({{"auto.create.topics.enable", "yes"}}),
            "auto.create.topics.enable=yes: expected true or false");
  EXPECT_EQ(refusal({{"ottla.durability", "sync"}}),
            "ottla.durability=sync: expected one of fsync,os,memory");
  EXPECT_NE(refusal({{"log.retention.hours", "x"}}).find("log.retention.hours=x"),
            std::string::npos);
  EXPECT_NE(refusal({{"log.dirs", "/a,"}}).find("separated by commas"), std::string::npos);
  EXPECT_NE(refusal({{"log.dirs", "/a,/b,/x/../a/"}}).find("twice"), std::string::npos);
}

TEST(BrokerConfig, log_dirs_are_several_and_log_dir_stands_in_for_them) {
  const std::vector<std::string> both{"/a", "/b"};
  EXPECT_EQ(good({{"log.dirs", "/a, /b"}, {"log.dir", "/c"}}).log_dirs, both);
  EXPECT_EQ(good({{"log.dir", "/a,/b"}}).log_dirs, both);
  EXPECT_EQ(good({{"log.dirs", "/a"}}).metadata_log_dir, std::nullopt);
  EXPECT_EQ(good({{"log.dirs", "/a"}, {"metadata.log.dir", "/m"}}).metadata_log_dir, "/m");
}

TEST(BrokerConfig, listeners_are_read_with_names_and_ports) {
  const auto config =
      good({{"listeners", "PLAINTEXT://:9092, INTERNAL://[::1]:0"},
            {"ottla.insecure", "true"},
            {"advertised.listeners", "INTERNAL://broker.example:19092"},
            {"listener.security.protocol.map", "INTERNAL:PLAINTEXT,PLAINTEXT:PLAINTEXT"}});
  ASSERT_EQ(config.listeners.size(), 2U);
  EXPECT_EQ(config.listeners[0].endpoint, (base::Endpoint{"", 9092}));
  EXPECT_EQ(config.listeners[1].name, "INTERNAL");
  EXPECT_EQ(config.listeners[1].endpoint, (base::Endpoint{"::1", 0}));
  ASSERT_EQ(config.advertised_listeners.size(), 1U);
  EXPECT_EQ(config.advertised_listeners[0].to_string(), "INTERNAL://broker.example:19092");
}

TEST(BrokerConfig, a_stock_configuration_of_Kafka_in_combined_mode_is_accepted) {
  const auto config =
      good({{"process.roles", "broker,controller"},
            {"node.id", "1"},
            {"controller.quorum.voters", "1@localhost:9093"},
            {"listeners", "PLAINTEXT://:9092,CONTROLLER://:9093"},
            {"ottla.insecure", "true"},
            {"advertised.listeners", "PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093"},
            {"inter.broker.listener.name", "PLAINTEXT"},
            {"controller.listener.names", "CONTROLLER"},
            {"listener.security.protocol.map", "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL"},
            {"num.network.threads", "3"},
            {"log.retention.hours", "168"}});
  ASSERT_EQ(config.listeners.size(), 1U);
  EXPECT_EQ(config.listeners[0].endpoint.port, 9092);
  EXPECT_EQ(config.advertised_listeners.size(), 1U);
}

TEST(BrokerConfig, what_cannot_be_listened_on_is_refused) {
  EXPECT_NE(refusal({{"listeners", "SASL_SSL://:9092"}}).find("sasl.enabled.mechanisms must say"),
            std::string::npos);
  EXPECT_NE(refusal({{"listeners", "NAME://:9092"}}).find("listener.security.protocol.map"),
            std::string::npos);
  EXPECT_NE(refusal({{"listeners", "PLAINTEXT:9092"}}).find("expected NAME://host:port"),
            std::string::npos);
  EXPECT_NE(refusal({{"listeners", "PLAINTEXT://:99999"}}).find("port"), std::string::npos);
  EXPECT_NE(refusal({{"listeners", "PLAINTEXT://a:1,PLAINTEXT://b:2"}}).find("twice"),
            std::string::npos);
  EXPECT_NE(refusal({{"listeners", ""}}).find("at least one"), std::string::npos);
  EXPECT_NE(refusal({{"advertised.listeners", "PLAINTEXT://0.0.0.0:1"}}).find("clients"),
            std::string::npos);
  EXPECT_NE(refusal({{"inter.broker.listener.name", "X"}}).find("no such name"), std::string::npos);
  EXPECT_NE(refusal({{"process.roles", "broker"}}).find("broker,controller"), std::string::npos);
}

TEST(BrokerConfig, listeners_with_tls_have_what_is_said_for_all_and_for_them) {
  const auto config = good({{"listeners", "PLAINTEXT://:1,SSL://:2,Inner://:3"},
                            {"ottla.insecure", "true"},
                            {"listener.security.protocol.map", "inner:SSL"},
                            {"ssl.keystore.location", "/all.pem"},
                            {"ssl.keystore.password", "secret"},
                            {"ssl.client.auth", "requested"},
                            {"ssl.provider", ""},
                            {"listener.name.inner.ssl.keystore.location", "/inner.pem"},
                            {"listener.name.inner.ssl.client.auth", "REQUIRED"},
                            {"listener.name.inner.ssl.principal.mapping.rules", " RULE:x/y/ "}});
  EXPECT_TRUE(config.warnings.empty());
  ASSERT_EQ(config.tls_listeners.size(), 2U);
  const auto& all = config.tls_listeners.at("SSL");
  EXPECT_EQ(all.ssl.keystore_location, "/all.pem");
  EXPECT_EQ(all.ssl.keystore_password, "secret");
  EXPECT_EQ(all.client_auth, base::TlsClientAuth::requested);
  EXPECT_EQ(all.principal_mapping_rules, "DEFAULT");
  const auto& inner = config.tls_listeners.at("INNER");
  EXPECT_EQ(inner.ssl.keystore_location, "/inner.pem");
  EXPECT_EQ(inner.ssl.keystore_password, "secret");
  EXPECT_EQ(inner.client_auth, base::TlsClientAuth::required);
  EXPECT_EQ(inner.principal_mapping_rules, "RULE:x/y/");
}

TEST(BrokerConfig, whether_clients_need_a_certificate_is_one_of_three) {
  const auto refused = refusal({{"listeners", "SSL://:2"}, {"ssl.client.auth", "maybe"}});
  EXPECT_NE(refused.find("ssl.client.auth=maybe: expected none, requested or required"),
            std::string::npos)
      << refused;
}

TEST(BrokerConfig, tables_are_sorted_and_agree_with_each_other) {
  std::string_view last;
  for (const auto& key : broker_keys()) {
    EXPECT_LT(last, key.name);
    last = key.name;
    const bool own = key.name.substr(0, 6) == "ottla.";
    EXPECT_EQ(is_kafka_broker_key(key.name), !own) << key.name;
    EXPECT_FALSE(key.documentation.empty());
  }
  last = {};
  for (const auto name : kafka_broker_keys()) {
    EXPECT_LT(last, name);
    last = name;
  }
  for (const auto& key : topic_keys()) {
    for (const auto& synonym : key.synonyms) {
      EXPECT_TRUE(synonym.name.empty() || is_kafka_broker_key(synonym.name)) << synonym.name;
    }
  }
}

TEST(ExportKafkaConfig, is_a_combined_node_on_the_same_directory) {
  const auto config = good({{"node.id", "3"},
                            {"listeners", "PLAINTEXT://127.0.0.1:0"},
                            {"log.dirs", "/data/./x,/data/y/"},
                            {"metadata.log.dir", "/meta/."},
                            {"num.partitions", "4"},
                            {"ottla.durability", "os"}});
  const auto text =
      export_kafka_config(config, {{.endpoint = {.host = "127.0.0.1", .port = 40001}}}, 40002);
  const auto kafka = parse_properties(text);
  ASSERT_TRUE(kafka) << kafka.error();
  EXPECT_EQ(kafka->at("process.roles"), "broker,controller");
  EXPECT_EQ(kafka->at("node.id"), "3");
  EXPECT_EQ(kafka->at("controller.quorum.voters"), "3@127.0.0.1:40002");
  EXPECT_EQ(kafka->at("listeners"), "PLAINTEXT://127.0.0.1:40001,CONTROLLER://127.0.0.1:40002");
  EXPECT_EQ(kafka->at("advertised.listeners"), "PLAINTEXT://127.0.0.1:40001");
  EXPECT_EQ(kafka->at("log.dirs"), "/data/x,/data/y");
  EXPECT_EQ(kafka->at("metadata.log.dir"), "/meta");
  EXPECT_EQ(kafka->at("num.partitions"), "4");
  for (const auto& [key, value] : *kafka) EXPECT_TRUE(is_kafka_broker_key(key)) << key;
}

// What is exported for brokers, or nothing, of two listeners with other mechanisms each.
std::string mechanism_for_brokers(Properties properties) {
  properties.merge(
      Properties{{"listeners", "FIRST://127.0.0.1:1,SECOND://127.0.0.1:2"},
                 {"listener.security.protocol.map", "FIRST:SASL_PLAINTEXT,SECOND:SASL_PLAINTEXT"},
                 {"listener.name.first.sasl.enabled.mechanisms", "SCRAM-SHA-256"},
                 {"listener.name.second.sasl.enabled.mechanisms", "SCRAM-SHA-256,SCRAM-SHA-512"}});
  const auto config = good(properties);
  const auto kafka = parse_properties(export_kafka_config(config, config.listeners, 3));
  EXPECT_TRUE(kafka) << kafka.error();
  const auto found = kafka->find("sasl.mechanism.inter.broker.protocol");
  return found == kafka->end() ? "" : found->second;
}

TEST(ExportKafkaConfig, brokers_log_in_by_a_mechanism_of_the_listener_for_brokers) {
  const Properties second{{"inter.broker.listener.name", "SECOND"},
                          {"listener.name.second.sasl.enabled.mechanisms", "SCRAM-SHA-512"}};
  EXPECT_EQ(mechanism_for_brokers({}), "SCRAM-SHA-256");
  EXPECT_EQ(mechanism_for_brokers(second), "SCRAM-SHA-512");
}

TEST(ExportKafkaConfig, a_mechanism_for_brokers_is_kept_if_their_listener_has_it) {
  const std::string key = "sasl.mechanism.inter.broker.protocol";
  EXPECT_EQ(mechanism_for_brokers({{key, "SCRAM-SHA-512"}}), "SCRAM-SHA-256");
  EXPECT_EQ(
      mechanism_for_brokers({{key, "SCRAM-SHA-512"}, {"inter.broker.listener.name", "SECOND"}}),
      "SCRAM-SHA-512");
  EXPECT_EQ(mechanism_for_brokers({{key, "GSSAPI"}}), "SCRAM-SHA-256");
}

TEST(ExportKafkaConfig, the_listener_for_brokers_is_named_once) {
  const auto config = good({{"security.inter.broker.protocol", "PLAINTEXT"}});
  const auto kafka = parse_properties(export_kafka_config(config, config.listeners, 3));
  ASSERT_TRUE(kafka) << kafka.error();
  EXPECT_TRUE(kafka->contains("inter.broker.listener.name"));
  EXPECT_FALSE(kafka->contains("security.inter.broker.protocol"));
}

TEST(ExportKafkaConfig, where_brokers_do_not_log_in_no_mechanism_is_added) {
  EXPECT_EQ(mechanism_for_brokers(
                {{"listener.security.protocol.map", "FIRST:PLAINTEXT,SECOND:SASL_PLAINTEXT"}}),
            "");
}

}  // namespace
}  // namespace ottla::broker
