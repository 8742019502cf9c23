#include <gtest/gtest.h>
#include <sqlite3.h>

#include <chrono>
#include <csignal>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "ottla/embedded_broker.h"
#include "ottla/producer.h"
#include "tests/integration/child_process.h"

// The examples of consuming, run as users run them.
namespace ottla::integration {
namespace {

using Lines = std::vector<std::string>;

class ConsumerProgramsTest : public testing::Test {
 protected:
  void SetUp() override {
    auto started = EmbeddedBroker::start(
        {.topics = {{.name = "t", .partitions = 8}, {.name = "greetings", .partitions = 1}}});
    ASSERT_TRUE(started) << started.error();
    broker_ = std::make_unique<EmbeddedBroker>(std::move(*started));
  }

  std::vector<std::string> command(const std::string& name, const Lines& more) const {
    Lines command = {OTTLA_BIN "/../examples/" + name, broker_->address(), "t"};
    command.insert(command.end(), more.begin(), more.end());
    return command;
  }
  // The lines of its stdout; the program must end well.
  Lines example(const std::string& name, const Lines& more = {}) const {
    ChildProcess program(command(name, more));
    Lines lines;
    for (auto line = program.read_line(); !line.empty(); line = program.read_line()) {
      lines.push_back(line);
    }
    EXPECT_EQ(program.wait(), 0) << program.stderr_text();
    return lines;
  }

  // The records "0" to "count - 1", dealt to the partitions like cards, with seven keys.
  void produce(int count, std::optional<Timestamp> timestamp = std::nullopt) const {
    auto producer = Producer::open({.bootstrap_servers = broker_->address()}).value();
    for (int i = 0; i < count; ++i) {
      const auto key = "key " + std::to_string(i % 7);
      producer
          .send({.topic = "t",
                 .key = key,
                 .value = std::to_string(i),
                 .partition = i % 8,
                 .timestamp = timestamp})
          .forget();
    }
    ASSERT_TRUE(producer.flush().get());
  }

  std::unique_ptr<EmbeddedBroker> broker_;
};

TEST_F(ConsumerProgramsTest, the_example_of_replay_reads_what_is_not_older_than_it_is_told) {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  produce(20, now - std::chrono::hours(1));
  produce(4);
  EXPECT_EQ(example("replay_by_time", {"600"}),
            (Lines{"t-0@3 0", "t-1@3 1", "t-2@3 2", "t-3@3 3"}));
  EXPECT_EQ(example("replay_by_time", {"7200"}).size(), 24U);
  EXPECT_EQ(example("replay_by_time", {"0"}), Lines{});
}

TEST_F(ConsumerProgramsTest, the_example_of_workers_keeps_the_order_of_every_partition) {
  produce(4000);
  EXPECT_EQ(example("parallel_workers", {"4000"}), Lines{"every partition in order"});
}

TEST_F(ConsumerProgramsTest, the_example_of_groups_is_a_queue_and_a_topic_side_by_side) {
  produce(200);
  std::multiset<std::string> lines;
  for (auto& line : example("queue_and_topic", {"200"})) lines.insert(std::move(line));
  EXPECT_EQ(lines.count("group workers: 200 records, 200 different ones"), 1U);
  EXPECT_EQ(lines.count("group audit: 200 records, 200 different ones"), 1U);
  EXPECT_EQ(lines.count("group mail: 200 records, 200 different ones"), 1U);
  for (int i = 0; i < 200; ++i) {
    const auto record = ": " + std::to_string(i);
    EXPECT_EQ(lines.count("worker 1" + record) + lines.count("worker 2" + record), 1U) << i;
    EXPECT_EQ(lines.count("audit" + record), 1U) << i;
    EXPECT_EQ(lines.count("mail" + record), 1U) << i;
  }
}

TEST_F(ConsumerProgramsTest, the_example_of_a_member_goes_on_where_the_one_before_it_was_stopped) {
  auto producer = Producer::open({.bootstrap_servers = broker_->address()}).value();
  for (const std::string value : {"hello", "again"}) {
    ASSERT_TRUE(producer.send({.topic = "greetings", .value = value}).get());
    ChildProcess member({OTTLA_BIN "/../examples/consumer_group", broker_->address()});
    EXPECT_EQ(member.read_line(), "mine now: greetings-0");
    EXPECT_EQ(member.read_line(), value);
    member.signal(SIGTERM);
    EXPECT_EQ(member.read_line(), "given up: greetings-0");
    EXPECT_EQ(member.wait(), 0) << member.stderr_text();
  }
}

TEST_F(ConsumerProgramsTest, the_example_of_assignors_shares_by_weight) {
  EXPECT_EQ(example("custom_assignor"), Lines{"the weak one reads 2 partitions, the strong one 6"});
}

// What the sink has stored, read from the side.
class Stored {
 public:
  explicit Stored(const std::string& path) {
    EXPECT_EQ(sqlite3_open(path.c_str(), &db_), SQLITE_OK);
    sqlite3_busy_timeout(db_, 10'000);
  }
  ~Stored() { sqlite3_close(db_); }
  Stored(const Stored&) = delete;
  Stored& operator=(const Stored&) = delete;

  std::map<std::string, std::int64_t> totals() const {
    return read("SELECT key, total FROM totals");
  }
  // By the number of the partition.
  std::map<std::string, std::int64_t> offsets() const {
    return read("SELECT partition, next FROM offsets WHERE topic = 't'");
  }

 private:
  std::map<std::string, std::int64_t> read(const char* sql) const {
    std::map<std::string, std::int64_t> rows;
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(db_, sql, -1, &statement, nullptr), SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW) {
      const auto* key = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
      rows[key] = sqlite3_column_int64(statement, 1);
    }
    sqlite3_finalize(statement);
    return rows;
  }
  sqlite3* db_ = nullptr;
};

// The totals of the first records of each partition.
std::map<std::string, std::int64_t> totals_of(const std::map<std::string, std::int64_t>& offsets) {
  std::map<std::string, std::int64_t> totals;
  for (const auto& [partition, next] : offsets) {
    for (std::int64_t offset = 0; offset < next; ++offset) {
      const auto value = offset * 8 + std::stoll(partition);
      totals["key " + std::to_string(value % 7)] += value;
    }
  }
  return totals;
}

TEST_F(ConsumerProgramsTest, the_sink_in_sql_counts_each_record_once_however_often_it_is_killed) {
  constexpr int kRecords = 20'000;
  produce(kRecords);
  const TemporaryDirectory directory;
  const auto file = directory.path() + "/sink.db";
  int killed = 0;
  for (bool more = true; more && killed < 5;) {
    ChildProcess sink(command("sql_sink", {file}));
    for (int i = 0; i < 3; ++i) more = more && !sink.read_line().empty();
    sink.signal(SIGKILL);
    more = sink.wait() == 128 + SIGKILL && more;
    killed += more ? 1 : 0;
    const Stored stored(file);
    EXPECT_EQ(stored.totals(), totals_of(stored.offsets())) << "results and offsets disagree";
  }
  EXPECT_GE(killed, 1) << "it was through each time before it could be killed";
  example("sql_sink", {file});
  const Stored stored(file);
  std::int64_t read = 0;
  for (const auto& [partition, next] : stored.offsets()) read += next;
  EXPECT_EQ(read, kRecords);
  EXPECT_EQ(stored.totals(), totals_of(stored.offsets()));
}

}  // namespace
}  // namespace ottla::integration
