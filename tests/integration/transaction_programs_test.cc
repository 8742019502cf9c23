#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <csignal>
#include <fstream>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "ottla/embedded_broker.h"
#include "tests/integration/child_process.h"

// The examples of transactions and the programs of Kafka's system tests, run as users run them.
namespace ottla::integration {
namespace {

namespace json = boost::json;

class TransactionProgramsTest : public testing::Test {
 protected:
  void SetUp() override {
    auto started =
        EmbeddedBroker::start({.topics = {{.name = "in", .partitions = 2},
                                          {.name = "out", .partitions = 2},
                                          {.name = "counts", .partitions = 2}},
                               .properties = {{"group.initial.rebalance.delay.ms", "0"}}});
    ASSERT_TRUE(started) << started.error();
    broker_ = std::make_unique<EmbeddedBroker>(std::move(*started));
  }

  // The lines of its stdout.
  static std::vector<std::string> run(const std::vector<std::string>& command, int expected = 0) {
    ChildProcess program(command);
    std::vector<std::string> lines;
    for (auto line = program.read_line(); !line.empty(); line = program.read_line()) {
      lines.push_back(line);
    }
    EXPECT_EQ(program.wait(), expected) << program.stderr_text();
    return lines;
  }

  std::vector<std::string> example(const std::string& name, const std::vector<std::string>& more,
                                   int expected = 0) {
    std::vector<std::string> command = {OTTLA_BIN "/../examples/" + name, broker_->address()};
    command.insert(command.end(), more.begin(), more.end());
    return run(command, expected);
  }

  std::vector<std::string> tool(const std::string& name, const std::vector<std::string>& more,
                                int expected = 0) {
    std::vector<std::string> command = {OTTLA_BIN "/ottla", name, "--bootstrap-server",
                                        broker_->address()};
    command.insert(command.end(), more.begin(), more.end());
    return run(command, expected);
  }

  // The committed records of a topic, in any order.
  std::multiset<std::string> committed(const std::string& topic, int count) {
    const auto lines = tool(
        "consume", {"--topic", topic, "--from-beginning", "--max-messages", std::to_string(count),
                    "--timeout-ms", "3000", "--isolation-level", "read_committed"});
    return {lines.begin(), lines.end()};
  }

  // "0" to "n-1", each a record.
  void produce_numbers(const std::string& topic, int count) {
    tool("verifiable-producer",
         {"--topic", topic, "--max-messages", std::to_string(count), "--acks", "-1"});
  }

  static std::map<std::string, int> names_of(const std::vector<std::string>& lines) {
    std::map<std::string, int> names;
    for (const auto& line : lines) {
      const auto value = json::parse(line);
      const auto* name = value.as_object().if_contains("name");
      if (name != nullptr) ++names[std::string(name->as_string())];
    }
    return names;
  }

  std::unique_ptr<EmbeddedBroker> broker_;
};

TEST_F(TransactionProgramsTest, the_example_of_atomic_writes_writes_both_or_nothing) {
  const auto lines = example("atomic_writes", {"in", "out"});
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0], "8 orders placed with their invoices");
  const auto orders = committed("in", 100);
  const auto invoices = committed("out", 100);
  EXPECT_EQ(orders.size(), 8U);
  EXPECT_EQ(invoices.size(), 8U);
  EXPECT_EQ(orders.count("order 5"), 0U);
  EXPECT_EQ(orders.count("order 4"), 1U);
}

TEST_F(TransactionProgramsTest, the_examples_of_transforming_write_each_record_once) {
  produce_numbers("in", 200);
  example("transform", {"in", "out", "one", "200"});
  const auto shouted = committed("out", 1000);
  EXPECT_EQ(shouted.size(), 200U);
  EXPECT_EQ(shouted.count("199"), 1U);
  example("transform_long_form", {"in", "counts", "200"});
  const auto long_form = committed("counts", 1000);
  EXPECT_EQ(long_form.size(), 200U);
  EXPECT_EQ(long_form.count("199!"), 1U);
}

// Its own count, by other means.
std::string expected_count(const std::string& path) {
  std::ifstream file(path);
  std::map<std::string, int> counts;
  const std::regex word("[A-Za-z]+");
  int words = 0;
  for (std::string line; std::getline(file, line);) {
    for (std::sregex_iterator at(line.begin(), line.end(), word), end; at != end; ++at) {
      std::string lower = at->str();
      for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      ++counts[lower];
      ++words;
    }
  }
  return std::to_string(words) + " words, " + std::to_string(counts.size()) + " different";
}

TEST_F(TransactionProgramsTest, the_word_count_is_right_however_often_it_is_killed) {
  const std::string file = "/usr/share/common-licenses/GPL-3";
  example("produce_lines", {"in", file});
  for (const auto* dies_in : {"1", "3", "2"}) {
    example("word_count", {"in", "counts", dies_in}, 128 + SIGKILL);
  }
  const auto lines = example("word_count", {"in", "counts"});
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0], expected_count(file));
  // And what it has counted it does not count again.
  EXPECT_EQ(example("word_count", {"in", "counts"}), lines);
}

TEST_F(TransactionProgramsTest, the_copier_copies_each_record_once_though_it_aborts_at_random) {
  produce_numbers("in", 200);
  for (const auto* partition : {"0", "1"}) {
    const auto lines =
        tool("transactional-message-copier",
             {"--input-topic", "in", "--input-partition", partition, "--output-topic", "out",
              "--consumer-group", "copiers", "--transaction-size", "20", "--transactional-id",
              std::string("copier-") + partition, "--enable-random-aborts"});
    ASSERT_FALSE(lines.empty());
    const auto last = json::parse(lines.back()).as_object();
    EXPECT_TRUE(last.contains("shutdown_complete")) << lines.back();
    EXPECT_EQ(last.at("remaining").to_number<int>(), 0) << lines.back();
  }
  EXPECT_EQ(committed("out", 2000), committed("in", 2000));
}

TEST_F(TransactionProgramsTest, the_verifiable_programs_tell_of_every_record) {
  const auto produced =
      tool("verifiable-producer", {"--topic", "in", "--max-messages", "100", "--throughput", "1000",
                                   "--repeating-keys", "5", "--value-prefix", "7"});
  auto names = names_of(produced);
  EXPECT_EQ(names["startup_complete"], 1);
  EXPECT_EQ(names["producer_send_success"], 100);
  EXPECT_EQ(names["shutdown_complete"], 1);
  EXPECT_EQ(names["tool_data"], 1);
  const auto consumed =
      tool("verifiable-consumer", {"--topic", "in", "--group-id", "verifiers", "--max-messages",
                                   "100", "--verbose", "--session-timeout", "6000"});
  names = names_of(consumed);
  EXPECT_EQ(names["startup_complete"], 1);
  EXPECT_EQ(names["partitions_assigned"], 1);
  EXPECT_EQ(names["record_data"], 100);
  EXPECT_GE(names["offsets_committed"], 1);
  EXPECT_EQ(names["shutdown_complete"], 1);
  EXPECT_EQ(committed("in", 200).count("7.99"), 1U);
}

}  // namespace
}  // namespace ottla::integration
