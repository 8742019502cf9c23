#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <regex>
#include <string>
#include <vector>

#include "ottla/embedded_broker.h"
#include "ottla/ottla.h"
#include "tests/integration/child_process.h"

namespace ottla::integration {
namespace {

// A broker with two log directories, of which one is on a disk that can be made to fail.
class LogDirs : public testing::Test {
 protected:
  std::string one() const { return data_.path() + "/one"; }
  std::string two() const { return data_.path() + "/two"; }

  void start(const std::string& failing) {
    broker_ = std::make_unique<ChildProcess>(std::vector<std::string>{
        "/usr/bin/env", "LD_PRELOAD=" OTTLA_FAILING_DISK, "ASAN_OPTIONS=verify_asan_link_order=0",
        "FAILING_DISK=" + failing, "FAILING_DISK_WHEN=" + data_.path() + "/broken",
        OTTLA_BIN "/ottla-broker", "--override", "listeners=PLAINTEXT://127.0.0.1:0", "--override",
        "log.dirs=" + one() + "," + two(),
        // Only what a test does meets the broken disk.
        "--override", "replica.high.watermark.checkpoint.interval.ms=600000", "--override",
        "log.flush.offset.checkpoint.interval.ms=600000"});
    const auto line = broker_->read_line();
    std::smatch found;
    const std::regex pattern("PLAINTEXT://([^,]+), data");
    ASSERT_TRUE(std::regex_search(line, found, pattern)) << line;
    address_ = found[1].str();
  }

  void break_disk() { std::ofstream(data_.path() + "/broken") << "now"; }
  void mend_disk() { std::filesystem::remove(data_.path() + "/broken"); }

  void create_topic() {
    auto admin = Admin::open({.bootstrap_servers = address_}).value();
    ASSERT_TRUE(admin.create_topics({{.name = "t", .partitions = 2}}).get());
  }

  // In one attempt.
  ErrorCode produce(std::int32_t partition, const std::string& value) {
    auto producer = Producer::open({.bootstrap_servers = address_, .retries = 0}).value();
    const auto sent = producer.send({.topic = "t", .value = value, .partition = partition}).get();
    return sent ? ErrorCode::none : sent.error().code();
  }

  // The first `count` values.
  std::vector<std::string> consume(std::int32_t partition, std::size_t count) {
    auto consumer = Consumer::open({.bootstrap_servers = address_,
                                    .auto_offset_reset = AutoOffsetReset::earliest})
                        .value();
    EXPECT_TRUE(consumer.assign({{"t", partition}}));
    std::vector<std::string> values;
    while (values.size() < count) {
      const auto records = consumer.poll(std::chrono::seconds(30));
      EXPECT_TRUE(records && !records->empty());
      if (!records || records->empty()) break;
      for (const auto& record : *records) values.emplace_back(record.value());
    }
    return values;
  }

  int stop() {
    broker_->signal(SIGTERM);
    return broker_->wait();
  }

  const TemporaryDirectory data_;
  std::unique_ptr<ChildProcess> broker_;
  std::string address_;
};

using Values = std::vector<std::string>;

TEST_F(LogDirs, a_disk_that_fails_costs_its_own_partitions_until_it_is_back) {
  start(two());
  create_topic();
  for (const auto partition : {0, 1}) ASSERT_EQ(produce(partition, "kept"), ErrorCode::none);
  EXPECT_TRUE(std::filesystem::exists(one() + "/t-0"));
  EXPECT_TRUE(std::filesystem::exists(two() + "/t-1"));
  break_disk();
  EXPECT_EQ(produce(1, "lost"), ErrorCode::kafka_storage_error);
  EXPECT_EQ(produce(0, "more"), ErrorCode::none);
  EXPECT_EQ(consume(0, 2), (Values{"kept", "more"}));
  EXPECT_EQ(stop(), 0) << broker_->stderr_text();
  EXPECT_NE(broker_->stderr_text().find("the log directory " + two() + " goes offline"),
            std::string::npos)
      << broker_->stderr_text();
  EXPECT_TRUE(std::filesystem::exists(one() + "/.kafka_cleanshutdown"));
  EXPECT_FALSE(std::filesystem::exists(two() + "/.kafka_cleanshutdown"));
  mend_disk();
  start(two());
  EXPECT_EQ(consume(1, 1).at(0), "kept");
  EXPECT_EQ(produce(1, "again"), ErrorCode::none);
  EXPECT_EQ(stop(), 0) << broker_->stderr_text();
}

TEST_F(LogDirs, without_its_metadata_the_broker_ends_at_once) {
  start(one());
  create_topic();
  ASSERT_EQ(produce(0, "kept"), ErrorCode::none);
  break_disk();
  EXPECT_NE(produce(0, "lost"), ErrorCode::none);
  EXPECT_EQ(broker_->wait(), 1) << broker_->stderr_text();
  mend_disk();
  start(one());
  EXPECT_EQ(consume(0, 1).at(0), "kept");
  EXPECT_EQ(stop(), 0) << broker_->stderr_text();
}

TEST_F(LogDirs, a_log_in_both_is_refused_by_name) {
  start(two());
  create_topic();
  ASSERT_EQ(produce(0, "kept"), ErrorCode::none);
  EXPECT_EQ(stop(), 0);
  std::filesystem::create_directory(two() + "/t-0");
  ChildProcess refused({OTTLA_BIN "/ottla-broker", "--override",
                        "listeners=PLAINTEXT://127.0.0.1:0", "--override",
                        "log.dirs=" + one() + "," + two()});
  EXPECT_EQ(refused.wait(), 1);
  const auto said = refused.stderr_text();
  EXPECT_NE(said.find("the log t-0 is in " + one() + " and in " + two()), std::string::npos)
      << said;
}

TEST_F(LogDirs, the_data_directory_of_an_embedded_broker_may_have_any_name) {
  const auto directory = data_.path() + "/one, two";
  auto broker = EmbeddedBroker::start({.topics = {{.name = "t"}}, .data_directory = directory});
  ASSERT_TRUE(broker) << broker.error();
  ASSERT_TRUE(broker->close());
  EXPECT_TRUE(std::filesystem::exists(directory + "/meta.properties"));
}

}  // namespace
}  // namespace ottla::integration
