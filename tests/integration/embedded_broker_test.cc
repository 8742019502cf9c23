#include "ottla/embedded_broker.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "ottla/ottla.h"

// What a test finds in a broker of its own: faults, a clock that can be moved, a look inside.
namespace ottla::integration {
namespace {

using namespace std::chrono_literals;

using Values = std::vector<std::string>;

class Embedded : public testing::Test {
 protected:
  EmbeddedBroker start(EmbeddedBrokerConfig config = {.topics = {{"a"}, {"b"}}}) {
    config.runtime = runtime_;
    return EmbeddedBroker::start(std::move(config)).value();
  }
  Producer producer(const EmbeddedBroker& broker, ProducerConfig config = {}) {
    config.bootstrap_servers = broker.address();
    config.runtime = runtime_;
    return Producer::open(std::move(config)).value();
  }
  Consumer consumer(const EmbeddedBroker& broker, ConsumerConfig config = {}) {
    config.bootstrap_servers = broker.address();
    config.auto_offset_reset = AutoOffsetReset::earliest;
    config.runtime = runtime_;
    return Consumer::open(std::move(config)).value();
  }
  static Values values(const EmbeddedBroker& broker, const std::string& topic,
                       IsolationLevel isolation = IsolationLevel::read_uncommitted) {
    Values values;
    const auto records = broker.records(topic, isolation).value();
    for (const auto& record : records) values.push_back(record.value.value_or("null"));
    return values;
  }

  Runtime runtime_ = Runtime::start().value();
};

// One try, and nothing that would tell a repeated one apart.
ProducerConfig at_most_once() {
  return {.enable_idempotence = false, .retries = 0};
}

// --- Faults

TEST_F(Embedded, a_fault_waits_for_requests_that_name_its_topic) {
  auto broker = start();
  auto sender = producer(broker, at_most_once());
  broker.fail_next({ApiKey::produce, "b"}, ErrorCode::topic_authorization_failed);
  EXPECT_TRUE(sender.send({.topic = "a", .value = "v"}).get());
  const auto refused = sender.send({.topic = "b", .value = "v"}).get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::topic_authorization_failed);
  EXPECT_TRUE(broker.await_faults(0s));
  EXPECT_TRUE(sender.send({.topic = "b", .value = "w"}).get());
  EXPECT_EQ(values(broker, "b"), Values{"w"});
}

TEST_F(Embedded, a_fault_finds_the_topic_in_the_session_of_a_fetch) {
  auto broker = start();
  auto reader = consumer(broker, {.fetch_max_wait = 10ms});
  reader.assign({{"a", 0}}).value();
  ASSERT_TRUE(producer(broker).send({.topic = "a", .value = "1"}).get());
  ASSERT_EQ(reader.poll(30s)->size(), 1U);
  // Nothing changes any more: from the second one on the fetches name nothing, their session does.
  broker.delay_next({ApiKey::fetch, "a"}, 0ms, 5);
  EXPECT_TRUE(broker.await_faults(30s));
  broker.fail_next({ApiKey::fetch, "b"}, ErrorCode::unknown_server_error);
  ASSERT_TRUE(producer(broker).send({.topic = "a", .value = "2"}).get());
  EXPECT_EQ(reader.poll(30s)->size(), 1U);
  EXPECT_EQ(broker.await_faults(0s).error().code(), ErrorCode::timed_out);
  EXPECT_EQ(broker.clear_faults(), 1U);
  EXPECT_TRUE(broker.await_faults(0s));
}

TEST_F(Embedded, a_lost_request_is_not_carried_out_and_a_lost_answer_belongs_to_one_that_was) {
  auto broker = start();
  auto sender = producer(broker, at_most_once());
  sender.warm_up("a").get().value();
  broker.drop_connection_next(ApiKey::produce, 1, Drop::before_handling);
  EXPECT_FALSE(sender.send({.topic = "a", .value = "lost"}).get());
  EXPECT_EQ(values(broker, "a"), Values{});
  broker.drop_connection_next({ApiKey::produce, "a"}, 1, Drop::after_handling);
  EXPECT_FALSE(sender.send({.topic = "a", .value = "stored"}).get());
  EXPECT_EQ(values(broker, "a"), Values{"stored"});
}

TEST_F(Embedded, a_delayed_request_waits_by_the_brokers_clock) {
  auto broker = start();
  auto sender = producer(broker);
  broker.delay_next(ApiKey::produce, 1h);
  auto sent = sender.send({.topic = "a", .value = "v"});
  ASSERT_TRUE(broker.await_faults(30s));
  EXPECT_EQ(values(broker, "a"), Values{});
  ASSERT_TRUE(broker.advance(1h));
  const auto outcome = sent.get();
  EXPECT_TRUE(outcome) << outcome.error();
}

TEST_F(Embedded, as_many_faults_as_can_be_counted_cost_no_memory) {
  auto broker = start();
  auto sender = producer(broker, at_most_once());
  broker.fail_next(ApiKey::produce, ErrorCode::topic_authorization_failed, 0);
  broker.fail_next({ApiKey::produce, "a"}, ErrorCode::policy_violation, 4'000'000'000);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(sender.send({.topic = "a", .value = "v"}).get());
  EXPECT_EQ(broker.clear_faults(), 3'999'999'997U);
  EXPECT_TRUE(sender.send({.topic = "a", .value = "v"}).get());
}

// --- Time

TEST_F(Embedded, a_member_that_is_late_with_its_heartbeats_falls_out_of_its_group) {
  auto broker = start();
  auto reader = consumer(broker, {.group_id = "g", .topics = {"a"}, .session_timeout = 45s});
  ASSERT_TRUE(producer(broker).send({.topic = "a", .value = "v"}).get());
  ASSERT_EQ(reader.poll(30s)->size(), 1U);
  ASSERT_TRUE(reader.commit().get());
  ASSERT_EQ(broker.groups().value().at(0).members.size(), 1U);
  ASSERT_TRUE(broker.advance(46s));
  const auto group = broker.groups().value().at(0);
  EXPECT_EQ(group.state, GroupState::empty);
  EXPECT_TRUE(group.members.empty());
  EXPECT_EQ(group.offsets.at({"a", 0}).offset, 1);
}

TEST_F(Embedded, what_a_group_without_members_has_committed_expires) {
  auto broker = start();
  auto reader = consumer(broker, {.group_id = "g"});
  reader.assign({{"a", 0}}).value();
  ASSERT_TRUE(reader.commit({{{"a", 0}, {.offset = 7}}}).get());
  EXPECT_EQ(broker.groups().value().at(0).offsets.at({"a", 0}).offset, 7);
  ASSERT_TRUE(broker.advance(24h * 6));
  EXPECT_EQ(broker.groups().value().size(), 1U);
  ASSERT_TRUE(broker.advance(24h * 2));
  EXPECT_TRUE(broker.groups().value().empty());
}

TEST_F(Embedded, a_transaction_that_stays_open_too_long_is_aborted) {
  auto broker = start();
  auto writer = producer(broker, {.transactional_id = "w", .transaction_timeout = 60s});
  auto transaction = writer.begin();
  ASSERT_TRUE(transaction.send({.topic = "a", .value = "v"}));
  ASSERT_TRUE(writer.flush().get());
  auto state = broker.transactions().value().at("w");
  EXPECT_EQ(state.state, TransactionState::ongoing);
  EXPECT_EQ(state.timeout, 60s);
  EXPECT_TRUE(state.started);
  EXPECT_EQ(state.partitions, (std::vector<TopicPartition>{{"a", 0}}));
  EXPECT_EQ(values(broker, "a"), Values{"v"});
  EXPECT_EQ(values(broker, "a", IsolationLevel::read_committed), Values{});

  ASSERT_TRUE(broker.advance(75s));
  state = broker.transactions().value().at("w");
  EXPECT_EQ(state.state, TransactionState::complete_abort);
  EXPECT_TRUE(state.partitions.empty());
  EXPECT_FALSE(transaction.commit());
  EXPECT_EQ(values(broker, "a"), Values{"v"});
  EXPECT_EQ(values(broker, "a", IsolationLevel::read_committed), Values{});
}

TEST_F(Embedded, a_transactional_id_that_is_not_used_is_forgotten) {
  auto broker = start();
  auto writer = producer(broker, {.transactional_id = "w"});
  ASSERT_TRUE(writer.init_transactions().get());
  EXPECT_EQ(broker.transactions().value().at("w").state, TransactionState::empty);
  ASSERT_TRUE(broker.advance(24h * 8));
  EXPECT_TRUE(broker.transactions().value().empty());
}

TEST_F(Embedded, records_expire) {
  auto broker = start({.topics = {{"a", 1, {{"retention.ms", "3600000"}}}, {"b"}}});
  auto sender = producer(broker);
  ASSERT_TRUE(sender.send({.topic = "a", .value = "old"}).get());
  ASSERT_TRUE(sender.send({.topic = "b", .value = "kept"}).get());
  ASSERT_TRUE(broker.advance(50min));
  EXPECT_EQ(values(broker, "a"), Values{"old"});
  ASSERT_TRUE(broker.advance(20min));
  EXPECT_EQ(values(broker, "a"), Values{});
  EXPECT_EQ(values(broker, "b"), Values{"kept"});
  // A record of this broker's time is new, one of the client's is as old as the clock was moved.
  ASSERT_TRUE(sender.send({.topic = "a", .value = "new", .timestamp = broker.now()}).get());
  ASSERT_TRUE(broker.advance(10min));
  EXPECT_EQ(values(broker, "a"), Values{"new"});
}

TEST_F(Embedded, a_fetch_that_waits_is_answered_when_its_time_is_over) {
  auto broker = start();
  auto reader = consumer(broker, {.fetch_max_wait = 60s, .request_timeout = 120s});
  broker.delay_next({ApiKey::fetch, "a"}, 0ms);
  reader.assign({{"a", 0}}).value();
  auto polled = reader.next();
  ASSERT_TRUE(broker.await_faults(30s));
  broker.delay_next({ApiKey::fetch, "a"}, 0ms);
  ASSERT_TRUE(broker.advance(61s));
  // The next one comes when the first is answered, for which the world's time is too short.
  EXPECT_TRUE(broker.await_faults(30s));
}

TEST_F(Embedded, time_is_a_brokers_own_although_its_threads_are_shared) {
  auto moved = start();
  auto other = start();
  auto reader = consumer(other, {.group_id = "g", .topics = {"a"}});
  ASSERT_TRUE(producer(other).send({.topic = "a", .value = "v"}).get());
  ASSERT_EQ(reader.poll(30s)->size(), 1U);
  const auto before = other.now();
  ASSERT_TRUE(moved.advance(24h * 30));
  EXPECT_GE(moved.now() - before, 24h * 30);
  EXPECT_LT(other.now() - before, 24h);
  EXPECT_EQ(other.groups().value().at(0).members.size(), 1U);
}

TEST_F(Embedded, time_does_not_go_back_nor_beyond_what_can_be_counted) {
  auto broker = start();
  for (const std::chrono::milliseconds by : {-1ms, std::chrono::milliseconds(24h * 365 * 51)}) {
    EXPECT_EQ(broker.advance(by).error().code(), ErrorCode::invalid_argument);
  }
  EXPECT_EQ(broker.advance(std::chrono::milliseconds::max()).error().code(),
            ErrorCode::invalid_argument);
  EXPECT_TRUE(broker.advance(24h * 365 * 49));
  EXPECT_FALSE(broker.advance(24h * 365 * 2));
  EXPECT_TRUE(broker.advance(0s));
}

// --- Looking inside

TEST_F(Embedded, records_are_told_whole) {
  auto broker = start({.topics = {{"a", 2}}});
  auto sender = producer(broker, {.compression_type = Compression::lz4});
  const Timestamp time{1'700'000'000'123ms};
  ASSERT_TRUE(sender
                  .send({.topic = "a",
                         .key = "k",
                         .value = "v",
                         .headers = {{"trace", "1"}},
                         .partition = 1,
                         .timestamp = time})
                  .get());
  ASSERT_TRUE(sender.send({.topic = "a", .partition = 0, .timestamp = time}).get());
  const auto records = broker.records("a").value();
  ASSERT_EQ(records.size(), 2U);
  const ConsumerRecord second{.topic = "a",
                              .partition = 1,
                              .offset = 0,
                              .leader_epoch = records[1].leader_epoch,
                              .timestamp = time,
                              .key = "k",
                              .value = "v",
                              .headers = {{"trace", "1"}}};
  EXPECT_EQ(records[1], second);
  EXPECT_EQ(records[0].partition, 0);
  EXPECT_FALSE(records[0].key || records[0].value);
  EXPECT_EQ(broker.records("nothing").error().code(), ErrorCode::unknown_topic_or_partition);
}

TEST_F(Embedded, records_of_aborted_transactions_are_told_to_those_who_ask_for_all) {
  auto broker = start();
  auto writer = producer(broker, {.transactional_id = "w"});
  for (const auto* value : {"1", "2", "3", "4"}) {
    auto transaction = writer.begin();
    ASSERT_TRUE(transaction.send({.topic = "a", .value = value}));
    ASSERT_TRUE(writer.flush().get());
    const bool commits = std::string(value) != "2" && std::string(value) != "3";
    ASSERT_TRUE(commits ? transaction.commit() : transaction.abort());
  }
  EXPECT_EQ(values(broker, "a"), (Values{"1", "2", "3", "4"}));
  EXPECT_EQ(values(broker, "a", IsolationLevel::read_committed), (Values{"1", "4"}));
}

TEST_F(Embedded, a_group_is_told_with_its_members_and_what_they_read) {
  auto broker = start({.topics = {{"a", 2}}});
  EXPECT_TRUE(broker.groups().value().empty());
  auto reader = consumer(
      broker, {.client_id = "me", .group_id = "g", .group_instance_id = "i", .topics = {"a"}});
  ASSERT_TRUE(producer(broker).send({.topic = "a", .value = "v", .partition = 1}).get());
  ASSERT_EQ(reader.poll(30s)->size(), 1U);
  ASSERT_TRUE(reader.commit({{{"a", 1}, {.offset = 1, .metadata = "m"}}}).get());
  const auto groups = broker.groups().value();
  ASSERT_EQ(groups.size(), 1U);
  const auto& group = groups[0];
  EXPECT_EQ(group.group_id, "g");
  EXPECT_EQ(group.state, GroupState::stable);
  EXPECT_EQ(group.generation_id, 1);
  EXPECT_EQ(group.protocol_type, "consumer");
  EXPECT_EQ(group.partition_assignor, "range");
  ASSERT_EQ(group.members.size(), 1U);
  EXPECT_EQ(group.members[0].client_id, "me");
  EXPECT_EQ(group.members[0].group_instance_id, "i");
  EXPECT_EQ(group.members[0].assignment, (std::vector<TopicPartition>{{"a", 0}, {"a", 1}}));
  EXPECT_EQ(group.offsets,
            (CommittedOffsets{{{"a", 1}, {.offset = 1, .leader_epoch = -1, .metadata = "m"}}}));
}

// --- The end

TEST_F(Embedded, a_closed_broker_says_so) {
  auto broker = start();
  const auto address = broker.address();
  broker.fail_next(ApiKey::produce, ErrorCode::policy_violation);
  ASSERT_TRUE(broker.close());
  EXPECT_TRUE(broker.close());
  EXPECT_EQ(broker.records("a").error().code(), ErrorCode::closed);
  EXPECT_EQ(broker.groups().error().code(), ErrorCode::closed);
  EXPECT_EQ(broker.transactions().error().code(), ErrorCode::closed);
  EXPECT_EQ(broker.advance(1s).error().code(), ErrorCode::closed);
  EXPECT_EQ(broker.await_faults(1s).error().code(), ErrorCode::closed);
  EXPECT_EQ(broker.clear_faults(), 0U);
  auto again = EmbeddedBroker::start(
      {.properties = {{"listeners", "PLAINTEXT://" + address}}, .runtime = runtime_});
  ASSERT_TRUE(again) << again.error();
  EXPECT_EQ(again->address(), address);
  broker = std::move(*again);
  EXPECT_TRUE(broker.groups());
}

TEST_F(Embedded, a_log_sink_must_not_wait_for_the_broker_that_speaks) {
  std::atomic<const EmbeddedBroker*> asked{nullptr};
  std::atomic<int> would_block{0};
  const auto sink = [&](LogLevel, std::string_view, std::string_view) {
    const auto* broker = asked.load();
    if (broker == nullptr) return;
    const auto told = broker->groups();
    if (!told && told.error().code() == ErrorCode::would_block) ++would_block;
  };
  auto broker = start({.topics = {{"a"}}, .log_sink = sink, .log_level = LogLevel::debug});
  asked = &broker;
  ASSERT_TRUE(producer(broker).send({.topic = "a", .value = "v"}).get());
  ASSERT_TRUE(broker.close());
  asked = nullptr;
  EXPECT_GT(would_block, 0);
}

TEST_F(Embedded, a_forked_child_is_told_that_the_broker_is_its_parents) {
  auto broker = start();
  ASSERT_TRUE(producer(broker).send({.topic = "a", .value = "v"}).get());
  const auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto told = broker.records("a");
    const bool closed = !told && told.error().code() == ErrorCode::closed && !broker.close();
    broker.fail_next(ApiKey::produce, ErrorCode::policy_violation);
    { const EmbeddedBroker moved(std::move(broker)); }
    runtime_ = {};
    ::_exit(closed ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(values(broker, "a"), Values{"v"});
}

}  // namespace
}  // namespace ottla::integration
