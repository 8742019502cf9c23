#include "ottla/consumer_config.h"

#include <gtest/gtest.h>

#include "tests/unit/client/core/client_world.h"

namespace ottla::client {
namespace {

// Every key of Kafka's consumer, with its default where it has one and we have the same.
const Properties kKafkasDefaults = {
    {"bootstrap.servers", ""},
    {"client.id", ""},
    {"client.dns.lookup", "use_all_dns_ips"},
    {"client.rack", ""},
    {"metadata.max.age.ms", "300000"},
    {"metadata.recovery.strategy", "rebootstrap"},
    {"metadata.recovery.rebootstrap.trigger.ms", "300000"},
    {"reconnect.backoff.ms", "50"},
    {"reconnect.backoff.max.ms", "1000"},
    {"retry.backoff.ms", "100"},
    {"retry.backoff.max.ms", "1000"},
    {"socket.connection.setup.timeout.ms", "10000"},
    {"socket.connection.setup.timeout.max.ms", "30000"},
    {"connections.max.idle.ms", "540000"},
    // Not Kafka's: the kernel adapts them.
    {"send.buffer.bytes", "-1"},
    {"receive.buffer.bytes", "-1"},
    {"request.timeout.ms", "30000"},
    {"default.api.timeout.ms", "60000"},
    {"key.deserializer", "org.apache.kafka.common.serialization.StringDeserializer"},
    {"value.deserializer", "org.apache.kafka.common.serialization.StringDeserializer"},
    {"group.id", ""},
    {"group.instance.id", ""},
    {"group.protocol", "classic"},
    {"group.remote.assignor", ""},
    {"session.timeout.ms", "45000"},
    {"heartbeat.interval.ms", "3000"},
    {"max.poll.interval.ms", "300000"},
    {"max.poll.records", "500"},
    {"auto.offset.reset", "latest"},
    {"enable.auto.commit", "true"},
    {"auto.commit.interval.ms", "5000"},
    {"fetch.min.bytes", "1"},
    {"fetch.max.bytes", "52428800"},
    {"fetch.max.wait.ms", "500"},
    {"max.partition.fetch.bytes", "1048576"},
    {"check.crcs", "true"},
    {"isolation.level", "read_uncommitted"},
    {"exclude.internal.topics", "true"},
    {"allow.auto.create.topics", "true"},
    {"interceptor.classes", ""},
    {"enable.metrics.push", "true"},
    {"metrics.num.samples", "2"},
    {"metrics.sample.window.ms", "30000"},
    {"metrics.recording.level", "INFO"},
    {"metric.reporters", ""},
    {"security.protocol", "PLAINTEXT"},
    {"security.providers", ""},
};

TEST(ConsumerConfig, takes_every_key_of_kafkas_consumer_and_has_its_defaults) {
  const auto read = ConsumerConfig::from_properties(kKafkasDefaults);
  ASSERT_TRUE(read) << read.error();
  const ConsumerConfig plain;
  EXPECT_EQ(read->client_id, plain.client_id);
  EXPECT_EQ(read->metadata_max_age, plain.metadata_max_age);
  EXPECT_EQ(read->metadata_recovery_strategy, plain.metadata_recovery_strategy);
  EXPECT_EQ(read->metadata_recovery_rebootstrap_trigger,
            plain.metadata_recovery_rebootstrap_trigger);
  EXPECT_EQ(read->reconnect_backoff, plain.reconnect_backoff);
  EXPECT_EQ(read->reconnect_backoff_max, plain.reconnect_backoff_max);
  EXPECT_EQ(read->retry_backoff, plain.retry_backoff);
  EXPECT_EQ(read->retry_backoff_max, plain.retry_backoff_max);
  EXPECT_EQ(read->socket_connection_setup_timeout, plain.socket_connection_setup_timeout);
  EXPECT_EQ(read->socket_connection_setup_timeout_max, plain.socket_connection_setup_timeout_max);
  EXPECT_EQ(read->connections_max_idle, plain.connections_max_idle);
  EXPECT_EQ(read->send_buffer_bytes, plain.send_buffer_bytes);
  EXPECT_EQ(read->receive_buffer_bytes, plain.receive_buffer_bytes);
  EXPECT_EQ(read->send_buffer_bytes, plain.send_buffer_bytes);
  EXPECT_EQ(read->receive_buffer_bytes, plain.receive_buffer_bytes);
  EXPECT_EQ(read->request_timeout, plain.request_timeout);
  EXPECT_EQ(read->default_api_timeout, plain.default_api_timeout);
  EXPECT_EQ(read->session_timeout, plain.session_timeout);
  EXPECT_EQ(read->heartbeat_interval, plain.heartbeat_interval);
  EXPECT_EQ(read->max_poll_interval, plain.max_poll_interval);
  EXPECT_EQ(read->max_poll_records, plain.max_poll_records);
  EXPECT_EQ(read->auto_offset_reset, plain.auto_offset_reset);
  EXPECT_EQ(read->enable_auto_commit, plain.enable_auto_commit);
  EXPECT_EQ(read->auto_commit_interval, plain.auto_commit_interval);
  EXPECT_EQ(read->fetch_min_bytes, plain.fetch_min_bytes);
  EXPECT_EQ(read->fetch_max_bytes, plain.fetch_max_bytes);
  EXPECT_EQ(read->fetch_max_wait, plain.fetch_max_wait);
  EXPECT_EQ(read->max_partition_fetch_bytes, plain.max_partition_fetch_bytes);
  EXPECT_EQ(read->check_crcs, plain.check_crcs);
  EXPECT_EQ(read->isolation_level, plain.isolation_level);
  EXPECT_EQ(read->exclude_internal_topics, plain.exclude_internal_topics);
  EXPECT_EQ(read->allow_auto_create_topics, plain.allow_auto_create_topics);
  EXPECT_EQ(read->metrics_num_samples, plain.metrics_num_samples);
  EXPECT_EQ(read->metrics_sample_window, plain.metrics_sample_window);
}

TEST(ConsumerConfig, keys_of_metadata_recovery_and_metrics_reach_their_fields) {
  const auto read =
      ConsumerConfig::from_properties({{"metadata.recovery.strategy", "none"},
                                       {"metadata.recovery.rebootstrap.trigger.ms", "7000"},
                                       {"metrics.num.samples", "5"},
                                       {"metrics.sample.window.ms", "1000"}});
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->metadata_recovery_strategy, MetadataRecoveryStrategy::none);
  EXPECT_EQ(read->metadata_recovery_rebootstrap_trigger, std::chrono::milliseconds(7000));
  EXPECT_EQ(read->metrics_num_samples, 5);
  EXPECT_EQ(read->metrics_sample_window, std::chrono::milliseconds(1000));
}

TEST(ConsumerConfig, says_what_is_wrong_with_a_value_and_what_a_key_may_have_been) {
  const auto message = [](const Properties& properties) {
    const auto read = ConsumerConfig::from_properties(properties);
    return read ? "taken" : read.error().message();
  };
  EXPECT_NE(message({{"metadata.recovery.strategy", "hope"}}).find("none or rebootstrap"),
            std::string::npos);
  EXPECT_NE(message({{"max.poll.record", "1"}}).find("max.poll.records"), std::string::npos);
  EXPECT_NE(message({{"group.remote.assignor", "uniform"}}).find("classic"), std::string::npos);
}

TEST(ConsumerConfig, values_that_cannot_be_are_refused_by_name) {
  ClientWorld world;
  const auto refused = [&](auto change) {
    auto config = world.consumer_config();
    change(config);
    const auto core = ConsumerCore::start(world.app.runtime(), config);
    return core ? "taken" : core.error().message();
  };
  EXPECT_NE(refused([](auto& c) { c.metrics_num_samples = 0; }).find("metrics_num_samples"),
            std::string::npos);
  EXPECT_NE(refused([](auto& c) { c.metrics_sample_window = 0ms; }).find("metrics_sample_window"),
            std::string::npos);
  EXPECT_NE(refused([](auto& c) { c.metrics_report_interval = 1s; }).find("metrics_reporter"),
            std::string::npos);
  EXPECT_NE(refused([](auto& c) {
              c.metadata_recovery_rebootstrap_trigger = 10ms;
            }).find("metadata_recovery_rebootstrap_trigger"),
            std::string::npos);
}

}  // namespace
}  // namespace ottla::client
