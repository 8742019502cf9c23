#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "ottla/consumer.h"
#include "ottla/embedded_broker.h"
#include "ottla/producer.h"
#include "tests/integration/child_process.h"
#include "tests/integration/proxy.h"

// Transactions over a network that brings requests when their time is over, loses and doubles
// answers, and of which one end is killed.
namespace ottla::integration {
namespace {

using namespace std::chrono_literals;

using Values = std::vector<std::string>;

constexpr std::int32_t kOffsets = 64;

class World {
 public:
  // `kind`: of transactions; those of the second are KIP-890's.
  explicit World(int kind) {
    auto started = EmbeddedBroker::start(
        {.topics = {{.name = "t"}, {.name = "u"}, {.name = "o", .partitions = kOffsets}},
         .properties = {{"advertised.listeners", "PLAINTEXT://" + proxy_.address()}}});
    EXPECT_TRUE(started) << started.error();
    broker_ = std::make_unique<EmbeddedBroker>(std::move(*started));
    if (kind == 1) broker_->limit_versions(ApiKey::end_txn, 0, 4);
    proxy_.set_broker(broker_->address());
  }

  Proxy& proxy() { return proxy_; }

  Producer producer(const std::string& id) const {
    return Producer::open({.bootstrap_servers = proxy_.address(),
                           .transactional_id = id,
                           .linger = 0ms,
                           .retry_backoff = 2ms,
                           .reconnect_backoff = 2ms})
        .value();
  }

  // What is there, up to where everything is decided or, asked so, to the end.
  Values read(const std::string& topic, IsolationLevel isolation) const {
    auto consumer = open(isolation);
    const TopicPartition partition{topic, 0};
    EXPECT_TRUE(consumer.assign({partition}));
    EXPECT_TRUE(consumer.seek_to_beginning());
    const auto end = consumer.end_offsets({partition}).get().value().at(partition);
    Values values;
    while (consumer.position(partition).get().value() < end) {
      const auto batch = consumer.poll(30s);
      EXPECT_TRUE(batch && !batch->empty());
      if (!batch || batch->empty()) break;
      for (const auto& record : *batch) values.emplace_back(record.value());
    }
    return values;
  }
  Values committed(const std::string& topic = "t") const {
    return read(topic, IsolationLevel::read_committed);
  }

  bool transaction_is_open() const {
    const std::vector<TopicPartition> partitions{{"t", 0}};
    const auto end = open(IsolationLevel::read_uncommitted).end_offsets(partitions).get().value();
    return open(IsolationLevel::read_committed).end_offsets(partitions).get().value() != end;
  }

  // Of the partitions of topic "o" that have one.
  std::vector<std::int64_t> committed_offsets() const {
    auto consumer =
        Consumer::open({.bootstrap_servers = proxy_.address(), .group_id = "group"}).value();
    std::vector<TopicPartition> partitions;
    for (std::int32_t i = 0; i < kOffsets; ++i) partitions.push_back({"o", i});
    std::vector<std::int64_t> offsets;
    const auto found = consumer.committed(partitions).get().value();
    for (const auto& [partition, committed] : found) {
      offsets.push_back(committed.offset);
    }
    return offsets;
  }

 private:
  Consumer open(IsolationLevel isolation) const {
    return Consumer::open({.bootstrap_servers = proxy_.address(),
                           .isolation_level = isolation,
                           .fetch_max_wait = 10ms})
        .value();
  }

  Proxy proxy_;
  std::unique_ptr<EmbeddedBroker> broker_;
};

Result<void> send(Producer& producer, const std::string& value) {
  producer.send({.topic = "t", .value = value, .partition = 0}).forget();
  return producer.flush().get();
}

// The kind of transactions, and whether the late request comes before the next transaction has
// written anything, or after.
class LateRequests : public testing::TestWithParam<std::tuple<int, bool>> {
 protected:
  void deliver() { EXPECT_FALSE(world_.proxy().deliver_held().empty()) << "no answer"; }

  // Begins the transaction that the late request must not touch.
  void begin_second(Producer& producer) {
    ASSERT_TRUE(world_.proxy().wait_for_held());
    ASSERT_TRUE(producer.begin_transaction());
    const bool before = std::get<1>(GetParam());
    if (before) deliver();
    ASSERT_TRUE(send(producer, "second"));
    if (!before) deliver();
    EXPECT_TRUE(world_.transaction_is_open());
  }

  World world_{std::get<0>(GetParam())};
  Producer producer_ = world_.producer("id");
};

TEST_P(LateRequests, a_record_of_a_committed_transaction_is_not_stored_again) {
  world_.proxy().hold_next(ApiKey::produce);
  ASSERT_TRUE(producer_.init_transactions().get());
  ASSERT_TRUE(producer_.begin_transaction());
  ASSERT_TRUE(send(producer_, "first"));
  ASSERT_TRUE(producer_.commit_transaction().get());
  begin_second(producer_);
  ASSERT_TRUE(producer_.commit_transaction().get());
  EXPECT_EQ(world_.read("t", IsolationLevel::read_uncommitted), (Values{"first", "second"}));
  EXPECT_EQ(world_.committed(), (Values{"first", "second"}));
}

TEST_P(LateRequests, a_record_of_an_aborted_transaction_is_not_in_the_next) {
  world_.proxy().hold_next(ApiKey::produce);
  ASSERT_TRUE(producer_.init_transactions().get());
  ASSERT_TRUE(producer_.begin_transaction());
  producer_.send({.topic = "t", .value = "first", .partition = 0}).forget();
  ASSERT_TRUE(world_.proxy().wait_for_held());
  ASSERT_TRUE(producer_.abort_transaction().get());
  begin_second(producer_);
  ASSERT_TRUE(producer_.commit_transaction().get());
  EXPECT_EQ(world_.committed(), Values{"second"});
  EXPECT_FALSE(world_.transaction_is_open());
}

TEST_P(LateRequests, a_commit_does_not_commit_the_next_transaction) {
  world_.proxy().hold_next(ApiKey::end_txn);
  ASSERT_TRUE(producer_.init_transactions().get());
  ASSERT_TRUE(producer_.begin_transaction());
  ASSERT_TRUE(send(producer_, "first"));
  ASSERT_TRUE(producer_.commit_transaction().get());
  begin_second(producer_);
  EXPECT_EQ(world_.committed(), Values{"first"});
  ASSERT_TRUE(producer_.abort_transaction().get());
  EXPECT_EQ(world_.committed(), Values{"first"});
}

TEST_P(LateRequests, an_abort_does_not_abort_the_next_transaction) {
  world_.proxy().hold_next(ApiKey::end_txn);
  ASSERT_TRUE(producer_.init_transactions().get());
  ASSERT_TRUE(producer_.begin_transaction());
  ASSERT_TRUE(send(producer_, "first"));
  ASSERT_TRUE(producer_.abort_transaction().get());
  begin_second(producer_);
  ASSERT_TRUE(producer_.commit_transaction().get());
  EXPECT_EQ(world_.committed(), Values{"second"});
}

INSTANTIATE_TEST_SUITE_P(, LateRequests, testing::Combine(testing::Values(1, 2), testing::Bool()),
                         [](const auto& made) {
                           return std::string("kind_") + std::to_string(std::get<0>(made.param)) +
                                  (std::get<1>(made.param) ? "_before" : "_after") + "_a_record";
                         });

using Fault = Proxy::Fault;

class SpoiledAnswers : public testing::TestWithParam<std::tuple<int, Fault>> {};

// Two transactions, of which the first has everything that there is.
Result<void> write(Producer& producer, const std::string& id, std::int32_t number) {
  if (auto done = producer.init_transactions().get(); !done) return done;
  if (auto begun = producer.begin_transaction(); !begun) return begun;
  for (const auto* topic : {"t", "u"}) {
    producer.send({.topic = topic, .value = id, .partition = 0}).forget();
  }
  producer.send_offsets_to_transaction({{{"o", number}, {.offset = number}}}, {.group_id = "group"})
      .forget();
  if (auto done = producer.commit_transaction().get(); !done) return done;
  if (auto begun = producer.begin_transaction(); !begun) return begun;
  producer.send({.topic = "t", .value = id + " again", .partition = 0}).forget();
  return producer.commit_transaction().get();
}

// One after the other, until there is none left to be spoiled.
TEST_P(SpoiledAnswers, leave_everything_written_once) {
  World world(std::get<0>(GetParam()));
  Values ids;
  std::vector<std::int64_t> offsets;
  for (std::int32_t number = 0; number < kOffsets; ++number) {
    const auto id = "id-" + std::to_string(number);
    world.proxy().spoil_answer(static_cast<std::size_t>(number) + 1, std::get<1>(GetParam()));
    {
      auto producer = world.producer(id);
      const auto written = write(producer, id, number);
      ASSERT_TRUE(written) << "answer " << number << ": " << written.error();
      ASSERT_TRUE(producer.close());
    }
    ids.push_back(id);
    offsets.push_back(number);
    if (!world.proxy().spoiled()) break;
  }
  EXPECT_GT(ids.size(), 10U);
  EXPECT_FALSE(world.proxy().spoiled()) << "there are more answers than were tried";
  world.proxy().spoil_answer(0, Fault::lost);
  Values both;
  for (const auto& id : ids) both.insert(both.end(), {id, id + " again"});
  EXPECT_EQ(world.committed("t"), both);
  EXPECT_EQ(world.committed("u"), ids);
  EXPECT_EQ(world.committed_offsets(), offsets);
  EXPECT_FALSE(world.transaction_is_open());
}

INSTANTIATE_TEST_SUITE_P(, SpoiledAnswers,
                         testing::Combine(testing::Values(1, 2),
                                          testing::Values(Fault::lost, Fault::doubled)),
                         [](const auto& made) {
                           return std::string("kind_") + std::to_string(std::get<0>(made.param)) +
                                  (std::get<1>(made.param) == Fault::lost ? "_lost" : "_doubled");
                         });

class KilledClient : public testing::TestWithParam<int> {};

// The example writes an order and its invoice in each transaction. It is killed behind its first
// request, then behind its second, and so on, until it comes to its end.
TEST_P(KilledClient, leaves_whole_transactions_whatever_it_asked_for_last) {
  World world(GetParam());
  auto& proxy = world.proxy();
  std::size_t kills = 0;
  for (bool killed = true; killed; kills += killed ? 1 : 0) {
    ChildProcess shop({OTTLA_BIN "/../examples/atomic_writes", proxy.address(), "t", "u"});
    proxy.cut_behind_request(kills + 1, [&shop] { shop.signal(SIGKILL); });
    const auto line = shop.read_line();
    proxy.cut_behind_request(0);
    const int code = shop.wait();
    killed = code == 128 + SIGKILL;
    ASSERT_TRUE(killed || line == "8 orders placed with their invoices")
        << code << ": " << line << shop.stderr_text();
  }
  EXPECT_GT(kills, 15U);
  auto invoices = world.committed("u");
  for (auto& each : invoices) each = each.substr(std::string("invoice for ").size());
  const auto orders = world.committed("t");
  EXPECT_GE(orders.size(), 8U);
  EXPECT_EQ(orders, invoices);
  EXPECT_FALSE(world.transaction_is_open());
}

// It copies "t" to "u" in transactions of ten records. Each life finds some more to do, and what
// the one before has left.
TEST_P(KilledClient, has_copied_each_record_once_whatever_it_asked_for_last) {
  constexpr int kMore = 5;
  World world(GetParam());
  auto& proxy = world.proxy();
  auto producer = Producer::open({.bootstrap_servers = proxy.address(), .linger = 0ms}).value();
  Values records;
  std::size_t kills = 0;
  for (bool killed = true; killed; kills += killed ? 1 : 0) {
    for (int i = 0; i < kMore; ++i) {
      records.push_back(std::to_string(records.size()));
      producer.send({.topic = "t", .value = records.back(), .partition = 0}).forget();
    }
    ASSERT_TRUE(producer.flush().get());
    ChildProcess copier({OTTLA_BIN "/ottla", "transactional-message-copier", "--bootstrap-server",
                         proxy.address(), "--input-topic", "t", "--output-topic", "u",
                         "--consumer-group", "group", "--transactional-id", "id",
                         "--transaction-size", "10"});
    proxy.cut_behind_request(kills + 1, [&copier] { copier.signal(SIGKILL); });
    while (!copier.read_line().empty()) {
    }
    proxy.cut_behind_request(0);
    const int code = copier.wait();
    killed = code == 128 + SIGKILL;
    ASSERT_TRUE(killed || code == 0) << code << ": " << copier.stderr_text();
  }
  EXPECT_GT(kills, 20U);
  EXPECT_EQ(world.committed("u"), records);
}

INSTANTIATE_TEST_SUITE_P(, KilledClient, testing::Values(1, 2),
                         [](const auto& made) { return "kind_" + std::to_string(made.param); });

}  // namespace
}  // namespace ottla::integration
