#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "ottla/admin.h"
#include "ottla/embedded_broker.h"
#include "ottla/interceptors/audit.h"
#include "ottla/interceptors/encryption.h"
#include "ottla/interceptors/metrics.h"
#include "ottla/interceptors/retry_topics.h"
#include "ottla/interceptors/schema_guard.h"
#include "ottla/interceptors/tracing.h"

// The ready-made interceptors, between applications and a broker.
namespace ottla::interceptors {
namespace {

using namespace std::chrono_literals;

class InterceptorsTest : public testing::Test {
 protected:
  void SetUp() override {
    auto started = EmbeddedBroker::start({.topics = {{.name = "t"}}});
    ASSERT_TRUE(started) << started.error();
    broker_ = std::make_unique<EmbeddedBroker>(std::move(*started));
  }

  Producer producer(std::vector<std::shared_ptr<ProducerInterceptor>> interceptors = {}) const {
    return Producer::open({.bootstrap_servers = broker_->address(), .interceptors = interceptors})
        .value();
  }
  ConsumerConfig reading(std::vector<std::string> topics, const std::string& group = "g") const {
    return {.bootstrap_servers = broker_->address(),
            .group_id = group,
            .topics = std::move(topics),
            .enable_auto_commit = false,
            .auto_offset_reset = AutoOffsetReset::earliest,
            .fetch_max_wait = 20ms};
  }
  // The values of so many records.
  static std::vector<std::string> values(Consumer& consumer, std::size_t count) {
    std::vector<std::string> got;
    while (got.size() < count) {
      const auto batch = consumer.poll(30s);
      EXPECT_TRUE(batch && !batch->empty());
      if (!batch || batch->empty()) break;
      for (const auto& record : *batch) got.emplace_back(record.value());
    }
    return got;
  }

  std::unique_ptr<EmbeddedBroker> broker_;
};

TEST_F(InterceptorsTest, all_together_bring_records_through_and_prove_it) {
  const auto audit = std::make_shared<Audit>(AuditOptions{.source = "shop"});
  const auto metrics = std::make_shared<Metrics>();
  std::mutex mutex;
  std::vector<std::pair<Span::Kind, TraceId>> spans;
  const auto tracing = std::make_shared<Tracing>(TracingOptions{.on_span = [&](const Span& span) {
    const std::lock_guard lock(mutex);
    spans.emplace_back(span.kind, span.context.trace_id);
  }});
  const auto keys = std::make_shared<KeyRing>();
  ASSERT_TRUE(keys->add("k1", std::string(32, 'k')));
  auto sender = producer({audit, metrics, tracing, Encrypt::make({.keys = keys}).value()});
  for (int i = 0; i < 100; ++i) {
    sender.send({.topic = "t", .key = std::to_string(i), .value = "secret " + std::to_string(i)})
        .forget();
  }
  ASSERT_TRUE(sender.flush().get());

  auto settings = reading({"t"});
  settings.interceptors = {
      Decrypt::make(
          {.keys = keys,
           .on_unreadable = [](const RecordView&, const Error&) { return Unreadable::leave_out; }})
          .value(),
      tracing, metrics, audit};
  auto receiver = Consumer::open(settings).value();
  EXPECT_EQ(values(receiver, 100).back(), "secret 99");
  EXPECT_TRUE(compare(audit->sent(), audit->received()).empty());
  EXPECT_EQ(audit->unaccounted(), 0U);
  ASSERT_EQ(spans.size(), 200U);
  EXPECT_EQ(spans.front().second, spans[100].second) << "the first sent and the first received";
  EXPECT_NE(metrics->to_prometheus().find("ottla_send_seconds_count{topic=\"t\"} 100\n"),
            std::string::npos);

  auto plain = Consumer::open(reading({"t"}, "without keys")).value();
  for (const auto& value : values(plain, 100)) {
    EXPECT_EQ(value.find("secret"), std::string::npos) << "the broker has it in the clear";
  }
}

TEST_F(InterceptorsTest, a_guard_keeps_a_record_from_being_sent) {
  auto sender = producer({std::make_shared<SchemaGuard>(SchemaGuardOptions{
      .topics = {{"t", value_is_json({.fields = {{"id", JsonType::number}}})}}})});
  EXPECT_TRUE(sender.send({.topic = "t", .value = R"({"id":1})"}).get());
  const auto refused = sender.send({.topic = "t", .value = "no order"}).get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::invalid_record);
  EXPECT_FALSE(sender.flush().get()) << "a refused record is one that failed";
  auto receiver = Consumer::open(reading({"t"})).value();
  EXPECT_EQ(values(receiver, 1), std::vector<std::string>{R"({"id":1})"});
}

TEST_F(InterceptorsTest, a_refused_record_fails_its_transaction) {
  const auto guard =
      std::make_shared<SchemaGuard>(SchemaGuardOptions{.topics = {{"t", value_is_utf8()}}});
  auto sender = Producer::open({.bootstrap_servers = broker_->address(),
                                .transactional_id = "x",
                                .interceptors = {guard}})
                    .value();
  auto transaction = sender.begin();
  EXPECT_TRUE(transaction.send({.topic = "t", .value = "good"}));
  EXPECT_FALSE(transaction.send({.topic = "t", .value = "\xff"}));
  const auto end = transaction.commit();
  ASSERT_FALSE(end);
  EXPECT_FALSE(end.error().fatal()) << "the producer can go on";
  auto next = sender.begin();
  EXPECT_TRUE(next.send({.topic = "t", .value = "better"}));
  EXPECT_TRUE(next.commit());
  auto settings = reading({"t"});
  settings.isolation_level = IsolationLevel::read_committed;
  auto receiver = Consumer::open(settings).value();
  EXPECT_EQ(values(receiver, 1), std::vector<std::string>{"better"});
}

TEST_F(InterceptorsTest, a_record_that_fails_comes_again_later_and_ends_as_a_dead_letter) {
  const auto retries =
      RetryTopics::make({.topic = "t", .group = "g", .delays = {50ms, 100ms}}).value();
  auto admin = Admin::open({.bootstrap_servers = broker_->address()}).value();
  const auto made = admin.create_topics(retries.new_topics(1)).get();
  ASSERT_TRUE(made) << made.error();
  for (const auto& [topic, error] : *made) ASSERT_FALSE(error) << topic;
  auto sender = producer();
  ASSERT_TRUE(sender.send({.topic = "t", .key = "k", .value = "v", .headers = {{"h", "1"}}}).get());
  auto consumer = Consumer::open(reading(retries.topics())).value();
  DelayedConsumer delayed(consumer);
  std::vector<std::string> topics;
  while (topics.size() < 3) {
    const auto batch = delayed.poll(30s);
    ASSERT_TRUE(batch && batch->size() == 1) << "one record is on its way";
    const auto& record = (*batch)[0];
    EXPECT_LE(due_of(record).value_or(Timestamp{}), std::chrono::system_clock::now());
    EXPECT_EQ(attempts_of(record), static_cast<std::int32_t>(topics.size()));
    topics.emplace_back(record.topic());
    ASSERT_TRUE(retries.send_on(sender, record, Error(ErrorCode::io_error, "no luck")).get());
    ASSERT_TRUE(consumer.commit(*batch).get());
  }
  EXPECT_EQ(topics, retries.topics());

  auto undertaker = Consumer::open(reading({retries.dead_letter_topic()}, "u")).value();
  const auto batch = undertaker.poll(30s).value();
  ASSERT_EQ(batch.size(), 1U);
  const auto& letter = batch[0];
  EXPECT_EQ(letter.key(), "k");
  EXPECT_EQ(letter.value(), "v");
  EXPECT_EQ(letter.header("h"), "1");
  EXPECT_EQ(letter.header(kAttemptsHeader), "3");
  EXPECT_EQ(letter.header(kOriginHeader), "t-0@0");
  EXPECT_NE(letter.header(kReasonHeader)->find("no luck"), std::string_view::npos);
  EXPECT_FALSE(letter.header(kDueHeader));
}

TEST_F(InterceptorsTest, what_is_not_due_stays_and_no_commit_passes_it) {
  auto sender = producer();
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  ASSERT_TRUE(sender.send({.topic = "t", .value = "at once"}).get());
  ASSERT_TRUE(send_at(sender, {.topic = "t", .value = "much later"}, now + 1h).get());
  ASSERT_TRUE(sender.send({.topic = "t", .value = "behind it"}).get());
  auto consumer = Consumer::open(reading({"t"})).value();
  DelayedConsumer delayed(consumer);
  const auto batch = delayed.poll(30s).value();
  ASSERT_EQ(batch.size(), 1U);
  EXPECT_EQ(batch[0].value(), "at once");
  EXPECT_EQ(delayed.waiting().at({"t", 0}), now + 1h);
  EXPECT_TRUE(delayed.poll(50ms).value().empty());
  ASSERT_TRUE(consumer.commit(batch).get());
  ASSERT_TRUE(consumer.commit().get());
  EXPECT_EQ(consumer.committed({{"t", 0}}).get().value().at({"t", 0}).offset, 1);
}

TEST_F(InterceptorsTest, a_delay_that_somebody_made_up_holds_nobody_up_for_long) {
  auto sender = producer();
  for (const auto* due : {"9223372036854775807", "-5", "soon", ""}) {
    ASSERT_TRUE(sender.send({.topic = "t", .value = due, .headers = {{kDueHeader, due}}}).get());
  }
  auto consumer = Consumer::open(reading({"t"})).value();
  DelayedConsumer delayed(consumer, 10ms);
  std::size_t got = 0;
  while (got < 4) {
    const auto batch = delayed.poll(30s);
    ASSERT_TRUE(batch && !batch->empty());
    got += batch->size();
  }
}

}  // namespace
}  // namespace ottla::interceptors
