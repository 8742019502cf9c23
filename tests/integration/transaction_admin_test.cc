#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "ottla/admin.h"
#include "ottla/consumer.h"
#include "ottla/embedded_broker.h"
#include "ottla/producer.h"
#include "tests/integration/child_process.h"

// Looking at transactions and ending them, by the SDK and the tool, with a broker on a real disk.
namespace ottla::integration {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
namespace json = boost::json;

// What the records of `Transactions::begin` say when they were made: an hour before.
Timestamp an_hour_ago() {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now()) -
         1h;
}

class Transactions : public testing::Test {
 protected:
  void SetUp() override { start({{.name = "lines", .partitions = 2}}); }

  void start(std::vector<EmbeddedTopic> topics = {}) {
    auto started = EmbeddedBroker::start({.topics = std::move(topics),
                                          .data_directory = data_.path(),
                                          .properties = {},
                                          .log_sink = {}});
    ASSERT_TRUE(started.has_value()) << started.error();
    broker_ = std::make_unique<EmbeddedBroker>(std::move(*started));
    admin_ =
        std::make_unique<Admin>(Admin::open({.bootstrap_servers = broker_->address()}).value());
  }

  // A producer with an open transaction of one record in partition 0.
  Producer& begin(const std::string& id) {
    producers_.push_back(std::make_unique<Producer>(
        Producer::open({.bootstrap_servers = broker_->address(), .transactional_id = id}).value()));
    auto& producer = *producers_.back();
    EXPECT_TRUE(producer.init_transactions().get());
    write_more(producer, "of " + id);
    return producer;
  }

  static void write_more(Producer& producer, const std::string& value) {
    EXPECT_TRUE(producer.begin_transaction());
    EXPECT_TRUE(
        producer
            .send({.topic = "lines", .value = value, .partition = 0, .timestamp = an_hour_ago()})
            .get());
  }

  // The coordinator has forgotten everything, and the partition has not.
  void lose_the_coordinators_memory() {
    admin_.reset();
    ASSERT_TRUE(broker_->close());
    // They could abort nothing any more.
    for (auto& producer : producers_) (void)producer->close(0ms);
    int lost = 0;
    for (const auto& entry : fs::directory_iterator(data_.path())) {
      if (!entry.path().filename().string().starts_with("__transaction_state-")) continue;
      fs::remove_all(entry.path());
      ++lost;
    }
    ASSERT_GT(lost, 0);
    start();
  }

  void write_one(const std::string& value) {
    auto producer =
        Producer::open({.bootstrap_servers = broker_->address(), .enable_idempotence = false})
            .value();
    EXPECT_TRUE(producer.send({.topic = "lines", .value = value, .partition = 0}).get());
  }

  // The committed records of partition 0 up to where readers of them get now.
  std::vector<std::string> committed() {
    auto consumer = Consumer::open({.bootstrap_servers = broker_->address(),
                                    .isolation_level = IsolationLevel::read_committed})
                        .value();
    const TopicPartition partition{"lines", 0};
    EXPECT_TRUE(consumer.assign({partition}));
    const auto end = consumer.end_offsets({partition}).get().value().at(partition);
    EXPECT_TRUE(consumer.seek_to_beginning({partition}));
    std::vector<std::string> values;
    while (consumer.position(partition).get().value() < end) {
      const auto batch = consumer.poll(10s);
      EXPECT_TRUE(batch);
      if (!batch) break;
      for (const auto& record : *batch) values.emplace_back(record.value());
    }
    return values;
  }

  ProducerState only_producer() {
    const TopicPartition partition{"lines", 0};
    const auto described = admin_->describe_producers({partition}).get().value();
    EXPECT_EQ(described.at(partition).value().size(), 1U);
    return described.at(partition).value().at(0);
  }

  // What `ottla transactions` prints with `--output json`.
  json::array tool(const std::vector<std::string>& arguments) {
    return json::parse(run(arguments, {"--output", "json"}, 0)).as_array();
  }

  std::string run(const std::vector<std::string>& arguments, std::vector<std::string> more,
                  int expected) {
    std::vector<std::string> command = {OTTLA_BIN "/ottla", "transactions", "--bootstrap-server",
                                        broker_->address()};
    command.insert(command.end(), more.begin(), more.end());
    command.insert(command.end(), arguments.begin(), arguments.end());
    ChildProcess program(command);
    std::string out;
    for (auto line = program.read_line(); !line.empty(); line = program.read_line()) {
      out += line + "\n";
    }
    const int code = program.wait();
    EXPECT_EQ(code, expected) << program.stderr_text();
    return expected == 0 ? out : program.stderr_text();
  }

  TemporaryDirectory data_;
  std::unique_ptr<EmbeddedBroker> broker_;
  std::unique_ptr<Admin> admin_;
  std::vector<std::unique_ptr<Producer>> producers_;
};

TEST_F(Transactions, that_are_open_are_listed_and_described) {
  begin("one");
  const auto described = admin_->describe_transactions({"one", "two"}).get().value();
  const auto& one = described.at("one").value();
  EXPECT_EQ(one.state, TransactionState::ongoing);
  EXPECT_EQ(one.partitions, (std::vector<TopicPartition>{{"lines", 0}}));
  EXPECT_TRUE(one.started);
  EXPECT_EQ(described.at("two").error().code(), ErrorCode::transactional_id_not_found);
  const auto state = only_producer();
  EXPECT_EQ(state.producer_id, one.producer_id);
  EXPECT_EQ(state.current_transaction_start_offset, 0);
  EXPECT_FALSE(state.coordinator_epoch);
  const auto listed = [&](ListTransactionsOptions options) {
    const auto brokers = admin_->list_transactions(options).get().value();
    EXPECT_EQ(brokers.size(), 1U);
    return brokers.begin()->second.value();
  };
  const TransactionListing wanted{"one", one.producer_id, TransactionState::ongoing};
  EXPECT_EQ(listed({}), std::vector{wanted});
  EXPECT_EQ(listed({.producer_ids = {one.producer_id}}), std::vector{wanted});
  EXPECT_EQ(listed({.transactional_id_pattern = "o.e"}), std::vector{wanted});
  EXPECT_TRUE(listed({.states = {TransactionState::empty}}).empty());
  EXPECT_TRUE(listed({.running_longer_than = 24h}).empty());
  EXPECT_TRUE(listed({.transactional_id_pattern = "o"}).empty());
}

TEST_F(Transactions, end_when_their_producer_is_fenced) {
  auto& one = begin("one");
  auto& two = begin("two");
  const auto fenced = admin_->fence_producers({"one"}).get().value();
  EXPECT_GT(fenced.at("one").value().producer_epoch, 0);
  EXPECT_EQ(one.commit_transaction().get().error().code(), ErrorCode::producer_fenced);
  EXPECT_TRUE(admin_->force_terminate_transaction("two").get());
  EXPECT_EQ(two.commit_transaction().get().error().code(), ErrorCode::producer_fenced);
  write_one("after");
  EXPECT_EQ(committed(), std::vector<std::string>{"after"});
}

TEST_F(Transactions, that_hang_hold_readers_up_until_they_are_aborted) {
  begin("one");
  write_one("after");
  lose_the_coordinators_memory();
  EXPECT_TRUE(committed().empty());
  const auto state = only_producer();
  ASSERT_TRUE(state.current_transaction_start_offset);
  EXPECT_TRUE(
      admin_
          ->abort_transaction({.partition = {"lines", 0},
                               .producer_id = state.producer_id,
                               .producer_epoch = static_cast<std::int16_t>(state.producer_epoch)})
          .get());
  EXPECT_EQ(committed(), std::vector<std::string>{"after"});
  EXPECT_FALSE(only_producer().current_transaction_start_offset);
}

TEST_F(Transactions, are_not_aborted_by_one_who_knows_less_than_the_partition) {
  {
    auto& producer = begin("one");
    ASSERT_TRUE(producer.commit_transaction().get());
    write_more(producer, "second");
    const auto state = only_producer();
    // The broker's start raised the epoch of the coordinator above zero: another one wrote this.
    AbortTransactionSpec spec{.partition = {"lines", 0},
                              .producer_id = state.producer_id,
                              .producer_epoch = static_cast<std::int16_t>(state.producer_epoch),
                              .coordinator_epoch = state.coordinator_epoch.value_or(-2) - 1};
    EXPECT_EQ(admin_->abort_transaction(spec).get().error().code(),
              ErrorCode::transaction_coordinator_fenced);
    spec.coordinator_epoch = *state.coordinator_epoch;
    spec.producer_epoch = static_cast<std::int16_t>(state.producer_epoch - 1);
    EXPECT_EQ(admin_->abort_transaction(spec).get().error().code(),
              ErrorCode::invalid_producer_epoch);
    EXPECT_TRUE(only_producer().current_transaction_start_offset);
  }
  // Hanging, of a producer whose last marker another coordinator wrote: by its epoch it goes.
  lose_the_coordinators_memory();
  const auto state = only_producer();
  ASSERT_TRUE(state.coordinator_epoch);
  ASSERT_TRUE(state.current_transaction_start_offset);
  EXPECT_TRUE(admin_
                  ->abort_transaction({{"lines", 0},
                                       state.producer_id,
                                       static_cast<std::int16_t>(state.producer_epoch),
                                       *state.coordinator_epoch + 3})
                  .get());
  EXPECT_EQ(only_producer().coordinator_epoch, *state.coordinator_epoch + 3);
  EXPECT_EQ(committed(), std::vector<std::string>{"of one"});
}

// The group's offsets of a transaction that hangs are neither committed nor taken back.
TEST_F(Transactions, that_hang_hold_a_groups_offsets_up_until_they_are_aborted) {
  auto& producer = begin("one");
  ASSERT_TRUE(
      producer.send_offsets_to_transaction({{{"lines", 0}, {.offset = 1}}}, {.group_id = "readers"})
          .get());
  lose_the_coordinators_memory();
  const auto stable = [&](std::chrono::milliseconds timeout) {
    return admin_
        ->list_consumer_group_offsets({{"readers", {{"lines", 0}}}},
                                      {.timeout = timeout, .require_stable = true})
        .get();
  };
  const auto held_up = stable(300ms);
  ASSERT_FALSE(held_up);
  EXPECT_EQ(held_up.error().code(), ErrorCode::timed_out);
  const auto found = tool({"find-hanging", "--broker-id", "1", "--max-transaction-timeout", "0"});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].at("topic").as_string(), "__consumer_offsets");
  for (const auto& each : found) {
    run({"abort", "--topic", std::string(each.at("topic").as_string()), "--partition",
         json::serialize(each.at("partition")), "--start-offset",
         json::serialize(each.at("startOffset"))},
        {}, 0);
  }
  EXPECT_TRUE(stable(30s).value().at("readers").value().empty());
}

// Kafka lets it be deleted, as any topic; what it held is forgotten then.
TEST_F(Transactions, hang_when_their_coordinators_topic_was_deleted) {
  begin("one");
  EXPECT_FALSE(
      admin_->delete_topics({"__transaction_state"}).get().value().at("__transaction_state"));
  auto& two = begin("two");
  EXPECT_TRUE(two.commit_transaction().get());
  EXPECT_EQ(admin_->describe_transactions({"one"}).get().value().at("one").error().code(),
            ErrorCode::transactional_id_not_found);
  EXPECT_TRUE(committed().empty());
  const auto found = tool({"find-hanging", "--topic", "lines"});
  ASSERT_EQ(found.size(), 1U);
  run({"abort", "--topic", "lines", "--partition", "0", "--start-offset",
       json::serialize(found[0].at("startOffset"))},
      {}, 0);
  EXPECT_EQ(committed(), std::vector<std::string>{"of two"});
}

TEST_F(Transactions, are_shown_by_the_tool) {
  begin("one");
  const auto listed = tool({"list"});
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].at("transactionalId").as_string(), "one");
  EXPECT_EQ(listed[0].at("transactionState").as_string(), "Ongoing");
  EXPECT_TRUE(tool({"list", "--transactional-id-pattern", "o"}).empty());
  EXPECT_TRUE(tool({"list", "--duration-filter", "86400000"}).empty());
  const auto described = tool({"describe", "--transactional-id", "one"});
  const auto partition = json::value{{"topic", "lines"}, {"partition", 0}};
  EXPECT_EQ(described.at(0).at("topicPartitions").as_array().at(0), partition);
  EXPECT_GE(described.at(0).at("transactionDurationMs").as_int64(), 0);
  const auto producers = tool({"describe-producers", "--topic", "lines", "--partition", "0"});
  EXPECT_EQ(producers.at(0).at("currentTransactionStartOffset").as_int64(), 0);
  EXPECT_TRUE(producers.at(0).at("latestCoordinatorEpoch").is_null());
  // The coordinator will end it.
  EXPECT_TRUE(tool({"find-hanging", "--topic", "lines"}).empty());
  run({"force-terminate", "--transactional-id", "one"}, {}, 0);
  EXPECT_EQ(tool({"list"}).at(0).at("transactionState").as_string(), "Empty");
  EXPECT_NE(
      run({"describe", "--transactional-id", "two"}, {}, 1).find("TRANSACTIONAL_ID_NOT_FOUND"),
      std::string::npos);
  EXPECT_NE(run({"find-hanging"}, {}, 1).find("--topic or --broker-id"), std::string::npos);
}

TEST_F(Transactions, that_hang_are_found_and_ended_by_the_tool) {
  begin("one");
  begin("two");
  write_one("after");
  lose_the_coordinators_memory();
  auto found = tool({"find-hanging", "--topic", "lines"});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].at("durationMinutes").as_int64(), 60);
  EXPECT_EQ(tool({"find-hanging", "--broker-id", "1"}).size(), 2U);
  EXPECT_EQ(tool({"find-hanging", "--topic", "lines", "--partition", "1"}).size(), 0U);
  EXPECT_EQ(tool({"find-hanging", "--topic", "lines", "--max-transaction-timeout", "90"}).size(),
            0U);
  run({"abort", "--topic", "lines", "--partition", "0", "--start-offset", "0"}, {}, 0);
  found = tool({"find-hanging", "--topic", "lines"});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].at("startOffset").as_int64(), 1);
  run({"abort", "--topic", "lines", "--partition", "0", "--producer-id",
       json::serialize(found[0].at("producerId")), "--producer-epoch",
       json::serialize(found[0].at("producerEpoch")), "--coordinator-epoch", "-1"},
      {}, 0);
  EXPECT_TRUE(tool({"find-hanging", "--topic", "lines"}).empty());
  EXPECT_EQ(committed(), std::vector<std::string>{"after"});
  EXPECT_NE(run({"abort", "--topic", "lines", "--partition", "0", "--start-offset", "0"}, {}, 1)
                .find("no transaction that begins at offset 0"),
            std::string::npos);
}

}  // namespace
}  // namespace ottla::integration
