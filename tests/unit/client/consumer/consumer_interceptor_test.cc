#include "ottla/consumer_interceptor.h"

#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>

#include "tests/unit/client/core/client_world.h"

namespace ottla::client {
namespace {

using Strings = std::vector<std::string>;

const TopicPartition kFirst{"t", 0};
const TopicPartition kSecond{"t", 1};

// Does as a test tells it, and notes what it hears.
class HandInterceptor final : public ConsumerInterceptor {
 public:
  void on_consume(MutableRecords& records) override {
    if (consume) consume(records);
  }
  void on_commit(const CommittedOffsets& offsets) override {
    for (const auto& [partition, offset] : offsets) {
      heard.push_back(to_string(partition) + "@" + std::to_string(offset.offset));
    }
    if (committed) committed();
  }
  void on_close() override {
    heard.emplace_back("closed");
    if (committed) committed();
  }
  std::function<void(MutableRecords&)> consume;
  std::function<void()> committed;
  Strings heard;
};

// A consumer of the group g, and a topic t of two partitions with ten records each, "0" to "9".
class ConsumerInterceptorTest : public testing::Test {
 protected:
  ConsumerInterceptorTest() {
    world.cluster.create_topic("t", 2);
    config.group_id = "g";
    config.log_level = LogLevel::error;
    config.log_sink = [this](LogLevel, std::string_view, std::string_view line) {
      log.emplace_back(line);
    };
    const auto producer = world.start(world.producer_config());
    EXPECT_TRUE(world.await(producer->warm_up("t")));
    for (int i = 0; i < 20; ++i) {
      const auto value = std::to_string(i / 2);
      EXPECT_TRUE(producer->try_send({.topic = "t",
                                      .key = "key",
                                      .value = value,
                                      .headers = {{"own", "0"}},
                                      .partition = i % 2}));
    }
    EXPECT_TRUE(world.await(producer->flush_async()));
    EXPECT_TRUE(world.await(producer->close_async(1min)));
  }
  ~ConsumerInterceptorTest() override {
    if (!core) return;
    const auto closed = world.await(core->close_async());
    EXPECT_TRUE(closed) << closed.error();
  }

  std::shared_ptr<HandInterceptor> add(std::function<void(MutableRecords&)> consume = {}) {
    auto made = std::make_shared<HandInterceptor>();
    made->consume = std::move(consume);
    config.interceptors.push_back(made);
    return made;
  }
  ConsumerCore& start(const std::vector<TopicPartition>& partitions) {
    core = world.start(config);
    EXPECT_TRUE(core->assign(partitions));
    return *core;
  }
  ConsumerRecords next() {
    auto batch = world.await(core->next(), 1min);
    EXPECT_TRUE(batch) << batch.error();
    return batch ? std::move(*batch) : ConsumerRecords();
  }

  ClientWorld world;
  ConsumerConfig config = world.consumer_config();
  std::shared_ptr<ConsumerCore> core;
  Strings log;
  Strings order;  // of what an interceptor may hear as late as the end
};

Strings values(const ConsumerRecords& batch) {
  Strings values;
  for (const auto& record : batch) values.emplace_back(record.value());
  return values;
}

TEST_F(ConsumerInterceptorTest, each_sees_what_the_one_before_it_made_of_the_records) {
  Strings seen;
  add([](MutableRecords& records) {
    records.set_value(0, "changed");
    records.set_key(0, kNull);
    records.set_headers(0, {{"first", "1"}, {"empty", kNull}});
  });
  add([&](MutableRecords& records) {
    seen.emplace_back(records[0].value());
    EXPECT_FALSE(records[0].has_key());
    EXPECT_EQ(records[0].header("first"), "1");
    EXPECT_FALSE(records[0].header("own"));
    records.set_value(0, std::string(records[0].value()) + " twice");
    records.remove_if([](const RecordView& record) { return record.value() == "1"; });
  });
  config.max_poll_records = 3;
  start({kFirst});
  const auto batch = next();
  EXPECT_EQ(seen, Strings{"changed"});
  EXPECT_EQ(values(batch), (Strings{"changed twice", "2"}));
  EXPECT_EQ(batch[0].offset(), 0);
  EXPECT_EQ(batch[0].topic(), "t");
  EXPECT_EQ(batch[1].key(), "key");
  ASSERT_EQ(batch.parts().size(), 1U);
  EXPECT_EQ(batch.records(kFirst).size(), 2U);
  EXPECT_EQ(batch.parts()[0].next_offset, 3);
}

TEST_F(ConsumerInterceptorTest, the_parts_of_a_batch_are_what_is_left_of_it) {
  add([](MutableRecords& records) {
    records.remove_if([](const RecordView& record) {
      return record.partition() == 0 || record.value() == "0" || record.value() == "9";
    });
  });
  start({kFirst, kSecond});
  const auto batch = next();
  EXPECT_EQ(values(batch), (Strings{"1", "2", "3", "4", "5", "6", "7", "8"}));
  ASSERT_EQ(batch.parts().size(), 1U);
  EXPECT_EQ(batch.parts()[0].partition, kSecond);
  EXPECT_EQ(batch.records(batch.parts()[0]).front().value(), "1");
  EXPECT_EQ(batch.parts()[0].next_offset, 10);
}

TEST_F(ConsumerInterceptorTest, a_poll_of_which_nothing_is_left_goes_on_behind_it) {
  int polls = 0;
  add([&](MutableRecords& records) {
    if (++polls < 4) records.remove_if([](const RecordView&) { return true; });
  });
  config.max_poll_records = 2;
  auto& consumer = start({kFirst});
  EXPECT_EQ(values(next()), (Strings{"6", "7"}));
  EXPECT_EQ(polls, 4);
  ASSERT_TRUE(world.await(consumer.commit_returned()));
  EXPECT_EQ(world.cluster.group().offsets[kFirst], 8);
}

TEST_F(ConsumerInterceptorTest, a_poll_that_may_not_wait_answers_if_nothing_is_left) {
  add([](MutableRecords& records) { records.remove_if([](const RecordView&) { return true; }); });
  auto& consumer = start({kFirst});
  world.sim.run_for(1s);
  const auto batch = consumer.poll(0ns);
  ASSERT_TRUE(batch) << batch.error();
  EXPECT_TRUE(batch->empty());
  EXPECT_EQ(world.await(consumer.position(kFirst)).value(), 10);
}

TEST_F(ConsumerInterceptorTest, one_that_throws_is_logged_and_what_it_did_is_taken_back) {
  add([](MutableRecords& records) { records.set_value(0, "good"); });
  add([](MutableRecords& records) {
    records.set_value(0, "half done");
    records.remove_if([](const RecordView& record) -> bool {
      if (record.value() == "5") throw std::runtime_error("of the interceptor's");
      return true;
    });
  });
  const auto last = add([](MutableRecords& records) {
    EXPECT_EQ(records.size(), 10U);
    records.set_key(0, "last");
  });
  last->committed = [] { throw 7; };
  const auto behind = add();
  auto& consumer = start({kFirst});
  const auto batch = next();
  ASSERT_EQ(batch.size(), 10U);
  EXPECT_EQ(batch[0].value(), "good");
  EXPECT_EQ(batch[0].key(), "last");
  EXPECT_EQ(batch.parts()[0].count, 10U);
  ASSERT_TRUE(world.await(consumer.commit_returned()));
  EXPECT_EQ(behind->heard, Strings{"t-0@10"});
  ASSERT_EQ(log.size(), 2U);
  EXPECT_NE(log[0].find("of the interceptor's"), std::string::npos);
  EXPECT_NE(log[1].find("on_commit"), std::string::npos);
}

TEST_F(ConsumerInterceptorTest, hears_of_what_the_group_has_stored_before_the_outcome_is_told) {
  const auto first = add();
  const auto second = add();
  first->committed = [&] { order.emplace_back("first"); };
  second->committed = [&] { order.emplace_back("second"); };
  auto& consumer = start({kFirst});
  next();
  consumer.commit({{kFirst, {.offset = 4}}}).then([&](const Result<void>& outcome) {
    EXPECT_TRUE(outcome);
    order.emplace_back("outcome");
  });
  world.sim.run_for(1s);
  EXPECT_EQ(order, (Strings{"first", "second", "outcome"}));
  EXPECT_EQ(first->heard, Strings{"t-0@4"});
}

TEST_F(ConsumerInterceptorTest, hears_of_commits_by_themselves_and_not_of_those_that_failed) {
  const auto heard = add();
  config.auto_commit_interval = 5s;
  config.max_poll_records = 3;
  auto& consumer = start({kFirst});
  next();
  next();
  world.sim.run_for(6s);
  EXPECT_EQ(heard->heard, Strings{"t-0@3"});
  world.cluster.play({.trick = Trick::error,
                      .api = ApiKey::offset_commit,
                      .error = ErrorCode::group_authorization_failed});
  EXPECT_FALSE(world.await(consumer.commit_returned()));
  EXPECT_TRUE(world.await(consumer.commit({})));
  EXPECT_EQ(heard->heard, Strings{"t-0@3"});
}

TEST_F(ConsumerInterceptorTest, hears_of_the_end_once_behind_the_last_commit) {
  const auto heard = add();
  auto& consumer = start({kFirst});
  next();
  EXPECT_TRUE(world.await(consumer.close_async()));
  EXPECT_TRUE(world.await(consumer.close_async()));
  EXPECT_EQ(heard->heard, (Strings{"t-0@10", "closed"}));
}

TEST_F(ConsumerInterceptorTest, a_null_one_is_refused) {
  config.interceptors = {nullptr};
  const auto refused = ConsumerCore::start(world.app.runtime(), config);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("interceptors"), std::string::npos);
}

}  // namespace
}  // namespace ottla::client
