#include <gtest/gtest.h>

#include <csignal>
#include <regex>
#include <string>

#include "ottla/ottla.h"
#include "tests/integration/child_process.h"
#include "tests/integration/raw_client.h"

// What a broker says over HTTP.
namespace ottla::integration {
namespace {

using namespace std::chrono_literals;

class BrokerMetrics : public testing::Test {
 protected:
  void SetUp() override {
    const auto line = broker_.read_line();
    std::smatch found;
    const std::regex pattern("PLAINTEXT://([^,]+), http://([^,]+), data");
    ASSERT_TRUE(std::regex_search(line, found, pattern)) << line;
    kafka_ = found[1];
    http_ = found[2];
  }

  std::string get(const std::string& path) const {
    RawClient client(http_);
    EXPECT_TRUE(client.send("GET " + path + " HTTP/1.1\r\nHost: b\r\n\r\n"));
    return client.receive(std::size_t{64} << 20);
  }

  // The value of the line that begins with `figure`; -1 if there is none.
  static double value_of(const std::string& page, const std::string& figure) {
    const auto at = page.find("\n" + figure + " ");
    return at == std::string::npos ? -1 : std::stod(page.substr(at + figure.size() + 2));
  }

  const TemporaryDirectory data_;
  ChildProcess broker_{{OTTLA_BIN "/ottla-broker", "--override",
                        "listeners=PLAINTEXT://127.0.0.1:0", "--override",
                        "log.dirs=" + data_.path(), "--override", "ottla.http.listener=127.0.0.1:0",
                        "--override", "ottla.request.log.ms=0"}};
  std::string kafka_;
  std::string http_;
};

TEST_F(BrokerMetrics, says_what_went_in_and_out_and_how_long_requests_took) {
  auto admin = Admin::open({.bootstrap_servers = kafka_}).value();
  ASSERT_TRUE(admin.create_topics({{.name = "t", .partitions = 2}}).get());
  auto producer = Producer::open({.bootstrap_servers = kafka_}).value();
  for (int i = 0; i < 10; ++i) producer.send({.topic = "t", .value = "value"}).forget();
  ASSERT_TRUE(producer.flush().get());
  auto consumer = Consumer::open({.bootstrap_servers = kafka_,
                                  .group_id = "g",
                                  .topics = {"t"},
                                  .auto_offset_reset = AutoOffsetReset::earliest})
                      .value();
  for (std::size_t read = 0; read < 10;) {
    const auto polled = consumer.poll(30s);
    ASSERT_TRUE(polled) << polled.error();
    read += polled->size();
  }
  const auto page = get("/metrics");
  EXPECT_TRUE(page.starts_with("HTTP/1.1 200 OK\r\n")) << page.substr(0, 200);
  const std::string topic = "kafka_server_brokertopicmetrics_";
  EXPECT_EQ(value_of(page, topic + "messagesin_total{topic=\"t\"}"), 10);
  EXPECT_GT(value_of(page, topic + "bytesin_total{topic=\"t\"}"), 10 * 5);
  EXPECT_GT(value_of(page, topic + "bytesout_total{topic=\"t\"}"), 10 * 5);
  EXPECT_GE(value_of(page, topic + "messagesin_total"), 10);
  EXPECT_GE(value_of(page, "kafka_network_requestmetrics_totaltimems_count{request=\"Produce\"}"),
            1);
  EXPECT_GT(value_of(page, "kafka_network_requestmetrics_totaltimems_sum{request=\"Produce\"}"), 0);
  EXPECT_EQ(value_of(page, "kafka_coordinator_group_groupmetadatamanager_numgroupsstable"), 1);
  EXPECT_EQ(value_of(page, "ottla_group_members"), 1);
  EXPECT_GE(value_of(page, "kafka_server_replicamanager_partitioncount"), 2 + 50);
  EXPECT_EQ(value_of(page, "kafka_controller_kafkacontroller_globaltopiccount"), 2);
  EXPECT_EQ(value_of(page, "kafka_controller_kafkacontroller_offlinepartitionscount"), 0);
  const auto end = [&](const char* partition) {
    return value_of(page, "kafka_log_log_logendoffset{topic=\"t\",partition=\"" +
                              std::string(partition) + "\"}");
  };
  EXPECT_EQ(end("0") + end("1"), 10);
  EXPECT_GT(value_of(page, "process_resident_memory_bytes"), 1e6);
  EXPECT_GT(value_of(page, "process_open_fds"), 3);
  EXPECT_GT(value_of(page, "kafka_server_socket_server_metrics_connection_count"), 0);
}

TEST_F(BrokerMetrics, says_who_is_held_back_for_a_quota_and_for_how_long) {
  auto admin = Admin::open({.bootstrap_servers = kafka_}).value();
  ASSERT_TRUE(admin.create_topics({{.name = "t", .partitions = 1}}).get());
  const auto changed = admin
                           .alter_client_quotas({{{{QuotaEntityType::client_id, "loud"}},
                                                  {{"producer_byte_rate", 1000}}}})
                           .get();
  ASSERT_TRUE(changed) << changed.error();
  auto producer = Producer::open({.bootstrap_servers = kafka_, .client_id = "loud"}).value();
  ASSERT_TRUE(producer.send({.topic = "t", .value = std::string(15'000, 'x')}).get());
  const auto page = get("/metrics");
  const std::string labels = R"({user="",client_id="loud"})";
  EXPECT_GT(value_of(page, "kafka_server_produce_throttle_time" + labels), 0) << page;
  EXPECT_GT(value_of(page, "kafka_server_produce_byte_rate" + labels), 1000);
  EXPECT_EQ(value_of(page, "kafka_server_produce_quota" + labels), 1000);
  EXPECT_GT(value_of(page, "kafka_network_requestmetrics_throttletimems_sum{request=\"Produce\"}"),
            1000);
  EXPECT_EQ(value_of(page, "ottla_delayed_connections_total"), 0);
}

TEST_F(BrokerMetrics, tells_its_health_and_logs_requests_with_their_parts) {
  const auto health = get("/health");
  EXPECT_TRUE(health.starts_with("HTTP/1.1 200 OK\r\n")) << health;
  EXPECT_NE(health.find("{\"status\":\"up\",\"node_id\":1,"), std::string::npos) << health;
  EXPECT_TRUE(get("/other").starts_with("HTTP/1.1 404 "));
  auto admin = Admin::open({.bootstrap_servers = kafka_}).value();
  ASSERT_TRUE(admin.list_topics().get());
  broker_.signal(SIGTERM);
  EXPECT_EQ(broker_.wait(), 0);
  const std::regex line(
      "request=Metadata version=[0-9]+ client=127.0.0.1:[0-9]+ listener=PLAINTEXT "
      "request_bytes=[0-9]+ response_bytes=[0-9]+ total_us=[0-9]+ queue_us=[0-9]+ local_us=[0-9]+ "
      "remote_us=[0-9]+ response_queue_us=[0-9]+");
  EXPECT_TRUE(std::regex_search(broker_.stderr_text(), line)) << broker_.stderr_text();
}

TEST(BrokerMetricsAddress, that_makes_no_sense_is_refused) {
  const TemporaryDirectory data;
  ChildProcess broker({OTTLA_BIN "/ottla-broker", "--override", "log.dirs=" + data.path(),
                       "--override", "ottla.http.listener=9644"});
  EXPECT_NE(broker.wait(), 0);
  EXPECT_NE(broker.stderr_text().find("ottla.http.listener"), std::string::npos)
      << broker.stderr_text();
}

}  // namespace
}  // namespace ottla::integration
