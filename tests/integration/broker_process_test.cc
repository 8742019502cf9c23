#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <regex>
#include <string>

#include "ottla/ottla.h"
#include "tests/integration/child_process.h"
#include "tests/integration/raw_client.h"

namespace ottla::integration {
namespace {

std::vector<std::string> broker_command(const std::string& data,
                                        const std::string& listener = "127.0.0.1:0") {
  return {OTTLA_BIN "/ottla-broker", "--override", "listeners=PLAINTEXT://" + listener,
          "--override", "log.dirs=" + data};
}

std::string address_in(const std::string& ready_line) {
  std::smatch found;
  const std::regex pattern("PLAINTEXT://([^,]+), data");
  return std::regex_search(ready_line, found, pattern) ? found[1].str() : std::string();
}

TEST(BrokerProcess, says_when_it_is_ready_and_ends_cleanly) {
  const TemporaryDirectory data;
  ChildProcess broker(broker_command(data.path()));
  const auto line = broker.read_line();
  EXPECT_TRUE(std::regex_match(
      line,
      std::regex("ottla-broker ready: node 1, PLAINTEXT://127\\.0\\.0\\.1:[1-9][0-9]*, data " +
                 data.path() + ", durability fsync")))
      << line;
  EXPECT_TRUE(RawClient(address_in(line)).connected());
  broker.signal(SIGTERM);
  EXPECT_EQ(broker.wait(), 0) << broker.stderr_text();
  EXPECT_TRUE(std::ifstream(data.path() + "/.kafka_cleanshutdown").good());
}

TEST(BrokerProcess, starts_again_after_a_clean_end_and_after_a_kill) {
  const TemporaryDirectory data;
  for (const int number : {SIGTERM, SIGKILL, SIGTERM}) {
    ChildProcess broker(broker_command(data.path()));
    EXPECT_FALSE(broker.read_line().empty()) << broker.stderr_text();
    broker.signal(number);
    EXPECT_EQ(broker.wait(), number == SIGKILL ? 128 + SIGKILL : 0);
  }
}

TEST(BrokerProcess, refuses_a_directory_in_use_by_name) {
  const TemporaryDirectory data;
  ChildProcess first(broker_command(data.path()));
  ASSERT_FALSE(first.read_line().empty());
  ChildProcess second(broker_command(data.path()));
  EXPECT_EQ(second.wait(), 1);
  EXPECT_NE(second.stderr_text().find(data.path()), std::string::npos) << second.stderr_text();
  EXPECT_NE(second.stderr_text().find("in use"), std::string::npos) << second.stderr_text();
}

std::string with_open_files(int limit, const std::vector<std::string>& words) {
  std::string command = "ulimit -n " + std::to_string(limit) + "; exec";
  for (const auto& word : words) command += " '" + word + "'";
  return command;
}

// What every log was promised must be synced at once after a kill, and no more files opened for it
// than there may be.
TEST(BrokerProcess, starts_again_after_a_kill_with_more_logs_than_it_may_open_files) {
  constexpr int partitions = 150;
  const TemporaryDirectory data;
  {
    ChildProcess broker(broker_command(data.path()));
    const auto address = address_in(broker.read_line());
    auto admin = Admin::open({.bootstrap_servers = address}).value();
    ASSERT_TRUE(admin.create_topics({{.name = "many", .partitions = partitions}}).get());
    auto producer = Producer::open({.bootstrap_servers = address}).value();
    for (int i = 0; i < partitions; ++i) {
      producer.send({.topic = "many", .value = "value", .partition = i}).forget();
    }
    ASSERT_TRUE(producer.flush().get());
    broker.signal(SIGKILL);
    broker.wait();
  }
  ChildProcess broker({"/bin/sh", "-c", with_open_files(400, broker_command(data.path()))});
  const auto line = broker.read_line();
  broker.signal(SIGTERM);
  EXPECT_EQ(broker.wait(), 0) << broker.stderr_text();
  EXPECT_FALSE(line.empty()) << broker.stderr_text();
}

// The logs may have fewer files open than there are logs: most must close theirs for others. While
// they are made they need three each, for which there is room: short of file descriptors a
// sanitizer takes sound objects for broken.
TEST(BrokerProcess, serves_more_logs_than_it_may_open_files) {
  constexpr int partitions = 150;
  const TemporaryDirectory data;
  ChildProcess broker({"/bin/sh", "-c", with_open_files(560, broker_command(data.path()))});
  const auto address = address_in(broker.read_line());
  auto admin = Admin::open({.bootstrap_servers = address}).value();
  ASSERT_TRUE(admin.create_topics({{.name = "many", .partitions = partitions}}).get());
  auto producer =
      Producer::open({.bootstrap_servers = address, .delivery_timeout = std::chrono::seconds(60)})
          .value();
  std::vector<TopicPartition> all;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < partitions; ++i) {
      producer.send({.topic = "many", .value = "value", .partition = i}).forget();
      if (round == 0) all.push_back({"many", i});
    }
    const auto flushed = producer.flush().get();
    ASSERT_TRUE(flushed) << flushed.error();
  }
  auto consumer =
      Consumer::open({.bootstrap_servers = address, .auto_offset_reset = AutoOffsetReset::earliest})
          .value();
  ASSERT_TRUE(consumer.assign(all));
  for (int left = 2 * partitions; left > 0;) {
    const auto records = consumer.poll(std::chrono::seconds(30));
    ASSERT_TRUE(records) << records.error();
    ASSERT_FALSE(records->empty()) << left << " records did not come";
    left -= static_cast<int>(records->size());
  }
  broker.signal(SIGTERM);
  EXPECT_EQ(broker.wait(), 0) << broker.stderr_text();
}

TEST(BrokerProcess, listens_on_ipv6) {
  const TemporaryDirectory data;
  ChildProcess broker(broker_command(data.path(), "[::1]:0"));
  const auto address = address_in(broker.read_line());
  EXPECT_TRUE(RawClient(address).connected()) << address;
}

TEST(BrokerProcess, names_the_nearest_key_for_one_it_does_not_know) {
  const TemporaryDirectory data;
  auto command = broker_command(data.path());
  command.insert(command.end(), {"--override", "num.partition=3"});
  ChildProcess broker(command);
  EXPECT_EQ(broker.wait(), 2);
  EXPECT_NE(broker.stderr_text().find("num.partitions"), std::string::npos) << broker.stderr_text();
}

TEST(BrokerProcess, says_which_port_is_taken) {
  const TemporaryDirectory data;
  const TemporaryDirectory other;
  ChildProcess first(broker_command(data.path()));
  const auto address = address_in(first.read_line());
  ChildProcess second(broker_command(other.path(), address));
  EXPECT_EQ(second.wait(), 1);
  EXPECT_NE(second.stderr_text().find(address), std::string::npos) << second.stderr_text();
}

}  // namespace
}  // namespace ottla::integration
