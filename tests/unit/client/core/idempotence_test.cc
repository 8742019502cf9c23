#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/unit/client/core/client_world.h"

// What the producer does when a broker refuses a sequence.
namespace ottla::client {
namespace {

class SequenceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    world_.cluster.create_topic("t", 1);
    auto config = world_.producer_config();
    config.linger = 0ms;
    config.request_timeout = 5s;
    producer_ = world_.start(config);
    ASSERT_TRUE(world_.await(producer_->warm_up("t")));
    // The first batch of an epoch travels alone.
    ASSERT_TRUE(world_.await(send("first")));
  }
  void TearDown() override {
    (void)world_.await(producer_->flush_async());  // tells of records that failed
    EXPECT_TRUE(world_.await(producer_->close_async(1min)));
  }

  Future<RecordMetadata> send(const std::string& value) {
    auto sent = producer_->try_send({.topic = "t", .value = value});
    EXPECT_TRUE(sent) << sent.error();
    // Long enough to leave, too short for an answer that is late.
    world_.sim.run_for(10ms);
    return std::move(*sent);
  }

  // Batches that are stored, but whose answers come too late.
  std::vector<Future<RecordMetadata>> send_unanswered(int count) {
    const auto times = static_cast<std::uint64_t>(count);
    world_.cluster.play(
        {.trick = Trick::delay, .api = ApiKey::produce, .times = times, .delay = 1h});
    std::vector<Future<RecordMetadata>> sent;
    for (int i = 0; i < count; ++i) sent.push_back(send(std::to_string(i)));
    EXPECT_EQ(stored().size(), static_cast<std::size_t>(count) + 1);
    return sent;
  }

  void restart_broker() {
    auto& node = world_.cluster.node(1);
    node.crash(simulation::Crash::process);
    world_.sim.run_for(1s);
    node.start();
  }

  std::vector<std::string> stored() { return world_.stored({"t", 0}); }

  ClientWorld world_{1, {.brokers = 1}};
  std::shared_ptr<ProducerCore> producer_;
};

TEST_F(SequenceTest, what_is_stored_and_known_is_not_stored_again) {
  auto sent = send_unanswered(4);
  restart_broker();
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const auto outcome = world_.await(std::move(sent[i]));
    ASSERT_TRUE(outcome) << outcome.error();
    EXPECT_EQ(outcome->offset(), static_cast<std::int64_t>(i) + 1);
  }
  EXPECT_EQ(stored(), (std::vector<std::string>{"=first", "=0", "=1", "=2", "=3"}));
}

TEST_F(SequenceTest, what_is_stored_and_forgotten_fails_and_is_not_stored_again) {
  auto sent = send_unanswered(4);
  world_.cluster.partition({"t", 0}).forget_windows();
  restart_broker();
  for (std::size_t i = 0; i < 3; ++i) {
    const auto outcome = world_.await(std::move(sent[i]));
    ASSERT_FALSE(outcome) << i;
    EXPECT_EQ(outcome.error().code(), ErrorCode::out_of_order_sequence_number);
    EXPECT_NE(outcome.error().message().find("may have stored it"), std::string::npos)
        << outcome.error();
  }
  const auto last = world_.await(std::move(sent[3]));
  ASSERT_TRUE(last) << last.error();
  EXPECT_EQ(last->offset(), 4);
  EXPECT_TRUE(world_.await(send("after")));
  EXPECT_EQ(stored(), (std::vector<std::string>{"=first", "=0", "=1", "=2", "=3", "=after"}));
}

// A batch that is refused for good takes none of those behind it with it, though their answers are
// missing: as it is not stored, they cannot be.
TEST_F(SequenceTest, what_follows_a_refused_batch_gets_a_new_place) {
  world_.cluster.play({.trick = Trick::error,
                       .api = ApiKey::produce,
                       .delay = 0ms,
                       .error = ErrorCode::record_list_too_large});
  world_.cluster.play({.trick = Trick::close_before, .api = ApiKey::produce});
  auto refused = producer_->try_send({.topic = "t", .value = "refused"});
  ASSERT_TRUE(refused);
  world_.sim.run_until([&] { return world_.cluster.tricks_played() > 0; }, 1s);
  auto sent = send("a");
  auto outcome = world_.await(std::move(*refused));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), ErrorCode::record_list_too_large);
  outcome = world_.await(std::move(sent));
  EXPECT_TRUE(outcome) << outcome.error();
  EXPECT_EQ(stored(), (std::vector<std::string>{"=first", "=a"}));
}

TEST_F(SequenceTest, a_producer_that_brokers_have_forgotten_goes_on) {
  world_.cluster.play(
      {.trick = Trick::error, .api = ApiKey::produce, .error = ErrorCode::unknown_producer_id});
  const auto outcome = world_.await(send("a"));
  ASSERT_TRUE(outcome) << outcome.error();
  EXPECT_TRUE(world_.await(send("b")));
  EXPECT_EQ(stored(), (std::vector<std::string>{"=first", "=a", "=b"}));
}

}  // namespace
}  // namespace ottla::client
