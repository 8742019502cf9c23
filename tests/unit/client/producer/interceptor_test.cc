#include "ottla/interceptor.h"

#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>

#include "tests/unit/client/core/client_world.h"

namespace ottla::client {
namespace {

using Strings = std::vector<std::string>;

// Does as a test tells it, and notes what it hears.
class HandInterceptor final : public ProducerInterceptor {
 public:
  void on_send(MutableRecord& record) override {
    if (send) send(record);
  }
  void on_acknowledgement(const Result<RecordMetadata>& result, const Headers& headers) override {
    heard.push_back(
        (result ? to_string(*result) : std::string(describe(result.error().code()).name)) + "/" +
        std::to_string(headers.size()));
    if (acknowledged) acknowledged();
  }
  std::function<void(MutableRecord&)> send;
  std::function<void()> acknowledged;
  Strings heard;
};

class InterceptorTest : public testing::Test {
 protected:
  InterceptorTest() { world.cluster.create_topic("t", 2); }

  std::shared_ptr<HandInterceptor> add(std::function<void(MutableRecord&)> send = {}) {
    auto made = std::make_shared<HandInterceptor>();
    made->send = std::move(send);
    config.interceptors.push_back(made);
    return made;
  }
  ProducerCore& start() {
    config.log_level = LogLevel::error;
    config.log_sink = [this](LogLevel, std::string_view, std::string_view line) {
      log.emplace_back(line);
    };
    core = world.start(config);
    EXPECT_TRUE(world.await(core->warm_up("t")));
    return *core;
  }
  ~InterceptorTest() override {
    if (!core) return;
    const auto closed = world.await(core->close_async(1min));
    EXPECT_TRUE(closed) << closed.error();
  }

  ClientWorld world;
  ProducerConfig config = world.producer_config();
  std::shared_ptr<ProducerCore> core;
  Strings log;
};

TEST_F(InterceptorTest, each_sees_what_the_one_before_it_made_of_the_record) {
  Strings seen;
  add([&](MutableRecord& record) {
    seen.emplace_back(record.value());
    record.set_value(std::string(record.value()) + "+1");
    record.add_header("first", "1");
    record.set_partition(1);
  });
  add([&](MutableRecord& record) {
    seen.emplace_back(record.value());
    EXPECT_EQ(record.headers().find("first"), "1");
    EXPECT_EQ(record.partition(), 1);
    record.set_value(std::string(record.value()) + "+2");
    record.set_key("key");
    record.add_header("second", kNull);
  });
  auto& producer = start();
  const auto sent =
      world.await(producer.send({.topic = "t", .value = "v", .headers = {{"own", "0"}}}));
  ASSERT_TRUE(sent) << sent.error();
  EXPECT_EQ(sent->partition(), 1);
  EXPECT_EQ(seen, (Strings{"v", "v+1"}));
  EXPECT_EQ(world.stored({"t", 1}), Strings{"key=v+1+2"});
}

TEST_F(InterceptorTest, hears_of_the_outcome_before_the_users_callback_with_the_headers_as_sent) {
  const auto first = add([](MutableRecord& record) { record.add_header("added", "x"); });
  const auto second = add();
  Strings order;
  first->acknowledged = [&] { order.emplace_back("first"); };
  second->acknowledged = [&] { order.emplace_back("second"); };
  auto& producer = start();
  ASSERT_TRUE(producer.try_send({.topic = "t", .value = "v", .partition = 0},
                                [&](const auto&) { order.emplace_back("callback"); }));
  ASSERT_TRUE(world.await(producer.flush_async()));
  EXPECT_EQ(order, (Strings{"first", "second", "callback"}));
  EXPECT_EQ(first->heard, Strings{"t-0@0/1"});
  producer.send({.topic = "t", .value = "v", .partition = 0}).forget();
  ASSERT_TRUE(world.await(producer.flush_async()));
  EXPECT_EQ(second->heard, (Strings{"t-0@0/1", "t-0@1/1"})) << "also without a callback";
}

TEST_F(InterceptorTest, hears_of_records_that_were_never_sent_too) {
  const auto heard = add();
  auto& producer = start();
  world.sim.run_for(1ms);
  EXPECT_FALSE(world.await(producer.send({.topic = "bad/name", .value = "v"})));
  ErrorCode told = ErrorCode::none;
  producer.send({.topic = "t", .value = "v", .timestamp = Timestamp(-1ms)},
                [&](const auto& result) {
                  told = result.error().code();
                  EXPECT_EQ(heard->heard.size(), 2U) << "before this one";
                });
  EXPECT_FALSE(producer.try_send({.topic = "other", .value = "v"}));
  world.sim.run_for(1ms);
  EXPECT_EQ(told, ErrorCode::invalid_argument);
  EXPECT_FALSE(world.await(producer.flush_async()));
  EXPECT_EQ(heard->heard,
            (Strings{"INVALID_TOPIC_EXCEPTION/0", "INVALID_ARGUMENT/0", "WOULD_BLOCK/0"}));
}

TEST_F(InterceptorTest, one_that_throws_is_logged_and_what_it_did_is_taken_back) {
  add([](MutableRecord& record) { record.add_header("good", "1"); });
  const auto bad = add([](MutableRecord& record) {
    record.set_value("half done");
    record.add_header("bad", "1");
    throw std::runtime_error("of the interceptor's");
  });
  bad->acknowledged = [] { throw 7; };
  const auto last = add([](MutableRecord& record) {
    EXPECT_EQ(record.value(), "v");
    EXPECT_EQ(record.headers().size(), 1U);
    record.add_header("last", "1");
  });
  auto& producer = start();
  bool called = false;
  ASSERT_TRUE(producer.try_send({.topic = "t", .value = "v", .partition = 0},
                                [&](const auto& result) { called = result.has_value(); }));
  EXPECT_TRUE(world.await(producer.flush_async()));
  EXPECT_TRUE(called);
  EXPECT_EQ(world.stored({"t", 0}), Strings{"=v"});
  EXPECT_EQ(last->heard, Strings{"t-0@0/2"});
  ASSERT_EQ(log.size(), 2U);
  EXPECT_NE(log[0].find("of the interceptor's"), std::string::npos);
  EXPECT_NE(log[1].find("on_acknowledgement"), std::string::npos);
}

TEST_F(InterceptorTest, may_send_a_record_elsewhere_or_make_it_a_tombstone) {
  world.cluster.create_topic("elsewhere", 1);
  add([](MutableRecord& record) {
    record.set_topic("elsewhere");
    record.set_value(kNull);
    record.set_headers({});
    record.set_timestamp(Timestamp(77ms));
    EXPECT_TRUE(is_null(record.value()));
    EXPECT_EQ(record.timestamp(), Timestamp(77ms));
  });
  auto& producer = start();
  ASSERT_TRUE(world.await(producer.warm_up("elsewhere")));
  const auto sent =
      world.await(producer.send({.topic = "t", .key = "k", .value = "v", .headers = {{"h", "1"}}}));
  ASSERT_TRUE(sent) << sent.error();
  EXPECT_EQ(sent->topic(), "elsewhere");
  EXPECT_EQ(sent->timestamp(), Timestamp(77ms));
  EXPECT_EQ(world.stored({"elsewhere", 0}), Strings{"k="});
}

TEST_F(InterceptorTest, a_callback_that_was_not_taken_can_be_used_again) {
  const auto heard = add();
  core = world.start(config);
  int called = 0;
  DeliveryCallback callback = [&](const auto& result) { called += result ? 1 : 0; };
  ASSERT_FALSE(core->try_send({.topic = "t", .value = "v"}, std::move(callback)));
  ASSERT_TRUE(world.await(core->warm_up("t")));
  ASSERT_TRUE(core->try_send({.topic = "t", .value = "v"}, std::move(callback)));
  ASSERT_TRUE(world.await(core->flush_async()));
  EXPECT_EQ(called, 1);
  EXPECT_EQ(heard->heard.size(), 2U) << "each try is one of its own";
}

TEST_F(InterceptorTest, may_refuse_a_record_and_all_hear_of_it_though_they_throw) {
  const auto first = add([](MutableRecord& record) {
    record.reject(Error(ErrorCode::invalid_record, "not this one"));
    throw std::runtime_error("behind it");
  });
  const auto last = add([](MutableRecord& record) {
    EXPECT_TRUE(record.rejection());
    record.reject(Error(ErrorCode::invalid_argument, "comes too late"));
  });
  auto& producer = start();
  const Error wanted(ErrorCode::invalid_record, "not this one");
  const auto sent = world.await(producer.send({.topic = "t", .value = "v"}));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error(), wanted);
  const auto tried = producer.try_send({.topic = "t", .value = "v"});
  ASSERT_FALSE(tried);
  EXPECT_EQ(tried.error(), wanted);
  const auto flushed = world.await(producer.flush_async());
  ASSERT_FALSE(flushed) << "a refused record is one that failed";
  EXPECT_EQ(flushed.error(), wanted);
  EXPECT_EQ(first->heard, (Strings{"INVALID_RECORD/0", "INVALID_RECORD/0"}));
  EXPECT_EQ(last->heard, first->heard);
  EXPECT_TRUE(world.stored({"t", 0}).empty() && world.stored({"t", 1}).empty());
}

// Notes all that is told of outcomes.
class Observer final : public ProducerInterceptor {
 public:
  void on_send(MutableRecord& record) override { record.set_topic("t"); }
  void on_acknowledgement(const Result<RecordMetadata>&, const Headers&) override { ++plain; }
  void on_outcome(const SendOutcome& outcome) override {
    topics.emplace_back(outcome.topic);
    elapsed.push_back(outcome.elapsed);
  }
  Strings topics;
  std::vector<std::chrono::nanoseconds> elapsed;
  int plain = 0;
};

TEST_F(InterceptorTest, may_hear_of_the_topic_and_of_how_long_it_took) {
  const auto observer = std::make_shared<Observer>();
  config.interceptors.push_back(observer);
  config.linger = 70ms;
  auto& producer = start();
  ASSERT_TRUE(world.await(producer.send({.topic = "another", .value = "v"})));
  ASSERT_TRUE(world.await(producer.flush_async())) << "the interceptors have heard of it by then";
  EXPECT_EQ(observer->topics, Strings{"t"});
  ASSERT_EQ(observer->elapsed.size(), 1U);
  EXPECT_GE(observer->elapsed[0], 70ms) << "the time that the batch lingered";
  EXPECT_LT(observer->elapsed[0], 10s);
  EXPECT_EQ(observer->plain, 0);
}

TEST_F(InterceptorTest, a_null_one_is_a_mistake_of_the_configuration) {
  config.interceptors.push_back(nullptr);
  const auto refused = ProducerCore::start(world.app.runtime(), config);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("interceptors"), std::string::npos);
}

}  // namespace
}  // namespace ottla::client
