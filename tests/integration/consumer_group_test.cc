#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "ottla/consumer.h"
#include "ottla/embedded_broker.h"
#include "ottla/producer.h"

// Groups of consumers with real threads and sockets.
namespace ottla::integration {
namespace {

using namespace std::chrono_literals;

constexpr std::int32_t kPartitions = 4;

class ConsumerGroups : public testing::Test {
 protected:
  void SetUp() override {
    auto started = EmbeddedBroker::start({.topics = {{.name = "jobs", .partitions = kPartitions}}});
    ASSERT_TRUE(started.has_value()) << started.error();
    broker_ = std::make_unique<EmbeddedBroker>(std::move(*started));
  }

  ConsumerConfig config(const std::string& group) const {
    return {.bootstrap_servers = broker_->address(),
            .group_id = group,
            .topics = {"jobs"},
            .heartbeat_interval = 50ms,
            .auto_commit_interval = 20ms,
            .auto_offset_reset = AutoOffsetReset::earliest,
            .fetch_max_wait = 20ms};
  }

  void produce(int count) {
    auto producer = Producer::open({.bootstrap_servers = broker_->address()}).value();
    for (int i = 0; i < count; ++i) {
      const auto value = std::to_string(sent_++);
      producer.send({.topic = "jobs", .value = value, .partition = i % kPartitions}).forget();
    }
    ASSERT_TRUE(producer.flush().get());
  }

  // Polls until `count` records have come, and tells their values.
  static std::multiset<std::string> read(Consumer& consumer, std::size_t count) {
    std::multiset<std::string> values;
    while (values.size() < count) {
      const auto batch = consumer.poll(30s);
      EXPECT_TRUE(batch.has_value()) << batch.error();
      if (!batch || batch->empty()) break;
      for (const auto& record : *batch) values.emplace(record.value());
    }
    return values;
  }

  std::unique_ptr<EmbeddedBroker> broker_;
  int sent_ = 0;
};

TEST_F(ConsumerGroups, go_on_where_the_last_consumer_was_closed) {
  produce(40);
  auto settings = config("g");
  settings.max_poll_records = 10;
  auto first = Consumer::open(settings).value();
  const auto begun = read(first, 20);
  EXPECT_EQ(begun.size(), 20U);
  EXPECT_TRUE(first.close());
  auto second = Consumer::open(settings).value();
  const auto rest = read(second, 20);
  std::set<std::string> all(begun.begin(), begun.end());
  all.insert(rest.begin(), rest.end());
  EXPECT_EQ(all.size(), 40U);
}

TEST_F(ConsumerGroups, share_partitions_among_threads_and_read_everything) {
  produce(400);
  std::mutex mutex;
  std::map<std::string, int> seen;
  std::stop_source stop;
  const auto work = [&](int member) {
    auto settings = config("g");
    if (member % 2 == 1) settings.enable_auto_commit = false;
    settings.partition_assignment_strategy = {cooperative_sticky_assignor()};
    auto consumer = Consumer::open(settings).value();
    while (!stop.stop_requested()) {
      const auto batch = consumer.poll(stop.get_token());
      if (!batch) break;
      {
        const std::lock_guard lock(mutex);
        for (const auto& record : *batch) ++seen[std::string(record.value())];
        if (seen.size() == 400) stop.request_stop();
      }
      if (member % 2 == 1 && !batch->empty()) (void)consumer.commit(*batch).get();
    }
    EXPECT_TRUE(consumer.close());
  };
  std::vector<std::thread> threads;
  for (int member = 0; member < 3; ++member) threads.emplace_back(work, member);
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(seen.size(), 400U);
}

class Recorder final : public ConsumerRebalanceListener {
 public:
  void on_partitions_assigned(const std::vector<TopicPartition>& partitions) override {
    thread = std::this_thread::get_id();
    assigned += partitions.size();
  }
  void on_partitions_revoked(const std::vector<TopicPartition>& partitions) override {
    revoked += partitions.size();
    if (consumer != nullptr) committed = consumer->commit(offsets).get().has_value();
  }

  Consumer* consumer = nullptr;
  CommittedOffsets offsets;
  std::thread::id thread;
  std::size_t assigned = 0;
  std::size_t revoked = 0;
  bool committed = false;
};

TEST_F(ConsumerGroups, call_the_listener_on_the_thread_that_polls_where_it_may_commit) {
  produce(4);
  auto settings = config("g");
  settings.topics = {};
  settings.enable_auto_commit = false;
  auto consumer = Consumer::open(settings).value();
  const auto recorder = std::make_shared<Recorder>();
  recorder->consumer = &consumer;
  recorder->offsets = {{{"jobs", 1}, {.offset = 1, .leader_epoch = -1, .metadata = "note"}}};
  ASSERT_TRUE(consumer.subscribe({"jobs"}, recorder));
  EXPECT_EQ(read(consumer, 4).size(), 4U);
  EXPECT_EQ(recorder->assigned, 4U);
  EXPECT_EQ(recorder->thread, std::this_thread::get_id());
  EXPECT_EQ(consumer.assignment().size(), 4U);
  EXPECT_GT(consumer.group_metadata().generation_id, 0);
  ASSERT_TRUE(consumer.unsubscribe());
  EXPECT_EQ(recorder->revoked, 4U);
  EXPECT_TRUE(recorder->committed);
  EXPECT_TRUE(consumer.assignment().empty());
  const auto committed = consumer.committed({{"jobs", 0}, {"jobs", 1}}).get();
  ASSERT_TRUE(committed) << committed.error();
  EXPECT_EQ(*committed, recorder->offsets);
}

TEST_F(ConsumerGroups, that_are_dropped_commit_nothing_of_the_last_batch) {
  produce(4);
  {
    auto consumer = Consumer::open(config("g")).value();
    EXPECT_EQ(read(consumer, 1).empty(), false);
  }
  auto again = Consumer::open(config("g")).value();
  EXPECT_EQ(read(again, 4).size(), 4U);
}

TEST_F(ConsumerGroups, take_topics_that_match_a_pattern_as_a_whole) {
  produce(4);
  auto settings = config("g");
  settings.topics = {};
  auto consumer = Consumer::open(settings).value();
  EXPECT_EQ(consumer.subscribe_pattern("jo(").error().code(), ErrorCode::invalid_argument);
  ASSERT_TRUE(consumer.subscribe_pattern("jo.|xjobsx|__.*"));
  EXPECT_TRUE(consumer.poll(100ms).value().empty());
  ASSERT_TRUE(consumer.subscribe_pattern("j.*s|__.*"));
  EXPECT_EQ(read(consumer, 4).size(), 4U);
  EXPECT_EQ(consumer.subscription(), std::vector<std::string>{"jobs"});
  EXPECT_TRUE(consumer.list_topics().get().value().contains("jobs"));
}

TEST_F(ConsumerGroups, need_a_group_id_and_say_so) {
  auto settings = config("");
  const auto refused = Consumer::open(settings);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("group_id"), std::string::npos);
  settings.topics = {};
  auto consumer = Consumer::open(settings).value();
  EXPECT_EQ(consumer.subscribe({"jobs"}).error().code(), ErrorCode::invalid_argument);
  EXPECT_EQ(consumer.commit().get().error().code(), ErrorCode::invalid_argument);
}

TEST_F(ConsumerGroups, and_assigning_by_hand_exclude_each_other) {
  auto consumer = Consumer::open(config("g")).value();
  EXPECT_EQ(consumer.assign({{"jobs", 0}}).error().code(), ErrorCode::invalid_argument);
  ASSERT_TRUE(consumer.unsubscribe());
  ASSERT_TRUE(consumer.assign({{"jobs", 0}}));
  EXPECT_EQ(consumer.subscribe({"jobs"}).error().code(), ErrorCode::invalid_argument);
  produce(4);
  EXPECT_EQ(read(consumer, 1).size(), 1U);
  EXPECT_TRUE(consumer.commit().get());
  EXPECT_EQ(consumer.committed({{"jobs", 0}}).get().value().at({"jobs", 0}).offset, 1);
  EXPECT_EQ(consumer.current_lag({"jobs", 0}), 0);
}

}  // namespace
}  // namespace ottla::integration
