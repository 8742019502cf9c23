#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "ottla/consumer.h"
#include "ottla/embedded_broker.h"
#include "ottla/producer.h"
#include "ottla/typed_consumer.h"

// What an application plugs into a consumer, with real threads and sockets.
namespace ottla::integration {
namespace {

using namespace std::chrono_literals;

const TopicPartition kPlace{"t", 0};

// Leaves out odd numbers, and notes what was committed.
class OnlyEven final : public ConsumerInterceptor {
 public:
  void on_consume(MutableRecords& records) override {
    records.remove_if([](const RecordView& record) { return (record.value().back() & 1) != 0; });
  }
  void on_commit(const CommittedOffsets& offsets) override { note(offsets.at(kPlace).offset); }
  void on_close() override { note(-1); }

  std::vector<std::int64_t> heard() {
    const std::lock_guard lock(mutex_);
    return heard_;
  }

 private:
  void note(std::int64_t what) {
    const std::lock_guard lock(mutex_);
    heard_.push_back(what);
  }
  std::mutex mutex_;
  std::vector<std::int64_t> heard_;
};

class ConsumerPlugs : public testing::Test {
 protected:
  void SetUp() override {
    auto started = EmbeddedBroker::start({.topics = {{.name = "t", .partitions = 1}}});
    ASSERT_TRUE(started.has_value()) << started.error();
    broker_ = std::make_unique<EmbeddedBroker>(std::move(*started));
    auto producer = Producer::open({.bootstrap_servers = broker_->address()}).value();
    for (int i = 0; i < 10; ++i) {
      producer.send({.topic = "t", .value = std::to_string(i)}).forget();
    }
    ASSERT_TRUE(producer.flush().get());
  }

  ConsumerConfig config() const {
    return {.bootstrap_servers = broker_->address(),
            .group_id = "g",
            .topics = {"t"},
            .auto_offset_reset = AutoOffsetReset::earliest,
            .fetch_max_wait = 20ms};
  }

  std::unique_ptr<EmbeddedBroker> broker_;
};

TEST_F(ConsumerPlugs, an_interceptor_changes_what_is_handed_out_and_hears_of_commits) {
  const auto even = std::make_shared<OnlyEven>();
  auto settings = config();
  settings.interceptors = {even};
  auto consumer = Consumer::open(settings).value();
  const auto batch = consumer.poll(30s);
  ASSERT_TRUE(batch) << batch.error();
  ASSERT_EQ(batch->size(), 5U);
  EXPECT_EQ((*batch)[4].value(), "8");
  ASSERT_TRUE(consumer.commit().get());
  EXPECT_EQ(even->heard(), std::vector<std::int64_t>{10}) << "before the commit has returned";
  ASSERT_TRUE(consumer.close());
  EXPECT_EQ(even->heard(), (std::vector<std::int64_t>{10, -1}));
}

TEST_F(ConsumerPlugs, a_poll_ends_in_time_though_interceptors_leave_nothing) {
  class Nothing final : public ConsumerInterceptor {
    void on_consume(MutableRecords& records) override {
      records.remove_if([](const RecordView&) { return true; });
    }
  };
  auto settings = config();
  settings.interceptors = {std::make_shared<Nothing>()};
  auto consumer = Consumer::open(settings).value();
  while (consumer.current_lag(kPlace) != 0) {
    const auto batch = consumer.poll(100ms);
    ASSERT_TRUE(batch) << batch.error();
    EXPECT_TRUE(batch->empty());
  }
}

TEST_F(ConsumerPlugs, a_typed_consumer_goes_on_behind_what_does_not_decode_once_it_is_told_to) {
  auto producer = Producer::open({.bootstrap_servers = broker_->address()}).value();
  producer.send({.topic = "t", .value = std::string("\0\0\0\7", 4)}).forget();
  ASSERT_TRUE(producer.flush().get());
  auto consumer = Consumer::open(config()).value();
  TypedConsumer<std::optional<std::string>, std::int32_t> numbers(consumer);
  int bad = 0;
  while (true) {
    const auto batch = numbers.poll(30s);
    if (batch) {
      ASSERT_EQ(batch->size(), 1U);
      EXPECT_EQ((*batch)[0].value, 7);
      EXPECT_EQ((*batch)[0].raw.offset(), 10);
      break;
    }
    ASSERT_NE(numbers.undecodable(), nullptr) << batch.error();
    ASSERT_EQ(numbers.undecodable()->offset, bad++);
    ASSERT_TRUE(consumer.seek(kPlace, numbers.undecodable()->offset + 1));
  }
  EXPECT_EQ(bad, 10);
}

TEST_F(ConsumerPlugs, a_typed_next_tells_of_its_records_on_the_callback_thread) {
  auto consumer = Consumer::open(config()).value();
  TypedConsumer<std::optional<std::string>, std::string> texts(consumer);
  std::promise<Result<std::size_t>> told;
  texts.next().then([&](auto batch) {
    EXPECT_EQ(texts.next().get().error().code(), ErrorCode::would_block);
    told.set_value(batch ? Result<std::size_t>(batch->size()) : batch.error());
  });
  EXPECT_EQ(told.get_future().get().value(), 10U);
}

// Under a sanitizer this also shows that nobody's consumer is touched.
TEST_F(ConsumerPlugs, a_typed_consumer_may_go_while_its_next_is_answered) {
  const auto runtime = Runtime::start({.workers = 1}).value();
  for (int round = 0; round < 50; ++round) {
    auto settings = config();
    settings.group_id.clear();
    settings.topics.clear();
    settings.runtime = runtime;
    Future<TypedRecords<std::optional<std::string>, std::int32_t>> coming;
    {
      auto consumer = Consumer::open(settings).value();
      ASSERT_TRUE(consumer.assign({kPlace}));
      // None of the records is such a number, so that reading is to go back to the first.
      TypedConsumer<std::optional<std::string>, std::int32_t> numbers(consumer);
      coming = numbers.next();
      std::this_thread::yield();
    }
    EXPECT_FALSE(coming.get());
  }
}

}  // namespace
}  // namespace ottla::integration
