#include "ottla/typed_consumer.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "client/consumer/consumer_handle.h"
#include "tests/unit/client/core/client_world.h"

namespace ottla {
namespace {

// What throws when it is read: "throw".
struct Word {
  std::string text;
};

}  // namespace

template <>
struct Serde<Word> {
  static void write(const Word& word, Bytes& out) { out += word.text; }
  static Result<Word> read(BytesView in) {
    if (in == "throw") throw std::runtime_error("of the Serde's");
    if (in == "bad") return Error(ErrorCode::invalid_argument, "no word");
    return Word{std::string(in)};
  }
};

namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;
using Words = TypedConsumer<std::optional<std::string>, Word>;

const TopicPartition kFirst{"t", 0};
const TopicPartition kSecond{"t", 1};

// A handle to a consumer in the simulation, and a topic t of two partitions.
class TypedConsumerTest : public testing::Test {
 protected:
  TypedConsumerTest() {
    world.cluster.create_topic("t", 2);
    config.group_id = "g";
    config.enable_auto_commit = false;
  }
  ~TypedConsumerTest() override {
    if (!consumer) return;
    EXPECT_TRUE(world.await(core->close_async()));
    consumer.reset();
    world.sim.run_for(1s);
  }

  void fill(std::int32_t partition, const std::vector<std::optional<std::string>>& values) {
    const auto producer = world.start(world.producer_config());
    ASSERT_TRUE(world.await(producer->warm_up("t")));
    for (const auto& value : values) {
      const BytesView bytes = value ? BytesView(*value) : kNull;
      ASSERT_TRUE(producer->try_send({.topic = "t", .value = bytes, .partition = partition}));
    }
    ASSERT_TRUE(world.await(producer->flush_async()));
    ASSERT_TRUE(world.await(producer->close_async(1min)));
  }
  Consumer& start(const std::vector<TopicPartition>& partitions) {
    core = world.start(config);
    // The runtime belongs to the simulation, and outlives the handle.
    const std::shared_ptr<base::Runtime> runtime(&world.app.runtime(), [](auto*) {});
    consumer = std::make_unique<Consumer>(std::make_unique<client::ConsumerHandle>(runtime, core));
    EXPECT_TRUE(consumer->assign(partitions));
    return *consumer;
  }
  // The next answer that has records or an error.
  template <class Typed>
  Result<typename Typed::Records> poll(Typed& typed) {
    for (int i = 0; i < 100; ++i) {
      auto batch = typed.poll(0ms);
      if (!batch || !batch->empty()) return batch;
      world.sim.run_for(100ms);
    }
    return Error(ErrorCode::timed_out, "no records in ten seconds");
  }
  template <class Records>
  static Strings texts(const Result<Records>& batch) {
    if (!batch) return {batch.error().to_string()};
    Strings texts;
    for (const auto& [key, word, raw] : *batch) {
      texts.push_back(std::to_string(raw.partition()) + ":" + word.text);
    }
    return texts;
  }

  client::ClientWorld world;
  ConsumerConfig config = world.consumer_config();
  std::shared_ptr<client::ConsumerCore> core;
  std::unique_ptr<Consumer> consumer;
};

TEST_F(TypedConsumerTest, hands_out_what_the_serdes_read_and_commits_it) {
  fill(0, {"a", "b"});
  Words words(start({kFirst}));
  const auto batch = poll(words);
  EXPECT_EQ(texts(batch), (Strings{"0:a", "0:b"}));
  EXPECT_EQ((*batch)[1].raw.offset(), 1);
  EXPECT_FALSE((*batch)[1].key);
  ASSERT_TRUE(world.await(words.commit(*batch)));
  EXPECT_EQ(world.cluster.group().offsets[kFirst], 2);
  EXPECT_EQ(words.undecodable(), nullptr);
}

TEST_F(TypedConsumerTest, tombstones_are_nullopt_where_there_may_be_one_and_else_an_error) {
  fill(0, {"a", std::nullopt});
  auto& plain = start({kFirst});
  TypedConsumer<std::optional<std::string>, std::optional<Word>> optional(plain);
  const auto batch = poll(optional);
  ASSERT_TRUE(batch) << batch.error();
  ASSERT_EQ(batch->size(), 2U);
  EXPECT_FALSE((*batch)[1].value);
  ASSERT_TRUE(plain.seek(kFirst, 1));
  Words words(plain);
  const auto null = poll(words);
  ASSERT_FALSE(null);
  EXPECT_NE(null.error().message().find("its value does not decode: null"), std::string::npos)
      << null.error();
  ASSERT_TRUE(words.undecodable());
  EXPECT_FALSE(words.undecodable()->value);
}

TEST_F(TypedConsumerTest, a_record_that_does_not_decode_is_an_error_behind_those_before_it) {
  fill(0, {"a", "b", "bad", "c"});
  auto& plain = start({kFirst});
  Words words(plain);
  const auto good = poll(words);
  EXPECT_EQ(texts(good), (Strings{"0:a", "0:b"}));
  EXPECT_EQ(good->next_offsets().at(kFirst).offset, 2) << "it is not passed over";
  for (int again = 0; again < 3; ++again) {
    const auto bad = poll(words);
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().context().topic, "t");
    EXPECT_EQ(bad.error().context().partition, 0);
    EXPECT_EQ(bad.error().context().offset, 2);
    EXPECT_NE(bad.error().message().find("no word"), std::string::npos) << bad.error();
    EXPECT_NE(bad.error().message().find("seek to offset 3"), std::string::npos) << bad.error();
    ASSERT_NE(words.undecodable(), nullptr);
    EXPECT_EQ(words.undecodable()->value, "bad");
    EXPECT_EQ(world.await(plain.position(kFirst)).value(), 2);
  }
  ASSERT_TRUE(plain.seek(kFirst, words.undecodable()->offset + 1));
  EXPECT_EQ(texts(poll(words)), Strings{"0:c"});
  EXPECT_EQ(words.undecodable(), nullptr);
}

TEST_F(TypedConsumerTest, one_that_does_not_decode_keeps_no_other_partition_waiting) {
  fill(0, {"bad", "a"});
  fill(1, {"b", "c"});
  auto& plain = start({kFirst, kSecond});
  Words words(plain);
  EXPECT_EQ(texts(poll(words)), (Strings{"1:b", "1:c"}));
  EXPECT_FALSE(poll(words));
  fill(1, {"d"});
  Strings later;
  int errors = 0;
  while (later.empty() && errors < 10) {
    const auto batch = poll(words);
    if (batch) {
      later = texts(batch);
    } else {
      EXPECT_EQ(batch.error().context().offset, 0);
      ++errors;
    }
  }
  EXPECT_EQ(later, Strings{"1:d"});
}

TEST_F(TypedConsumerTest, what_is_committed_by_itself_stays_before_a_record_that_does_not_decode) {
  config.enable_auto_commit = true;
  config.auto_commit_interval = 1s;
  fill(0, {"a", "bad", "b"});
  Words words(start({kFirst}));
  EXPECT_EQ(texts(poll(words)), Strings{"0:a"});
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(poll(words));
    world.sim.run_for(3s);
  }
  EXPECT_EQ(world.cluster.group().offsets[kFirst], 1);
}

TEST_F(TypedConsumerTest, what_a_serde_throws_is_an_error_of_the_record_too) {
  fill(0, {"throw"});
  Words words(start({kFirst}));
  const auto bad = poll(words);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code(), ErrorCode::invalid_argument);
  EXPECT_NE(bad.error().message().find("of the Serde's"), std::string::npos) << bad.error();
  ASSERT_NE(words.undecodable(), nullptr);
}

TEST_F(TypedConsumerTest, an_error_of_a_partition_that_is_gone_is_not_told) {
  fill(0, {"bad"});
  fill(1, {"b", "c"});
  config.max_poll_records = 3;
  auto& plain = start({kFirst, kSecond});
  Words words(plain);
  EXPECT_EQ(texts(poll(words)), (Strings{"1:b", "1:c"}));
  ASSERT_TRUE(plain.assign({kSecond}));
  fill(1, {"d"});
  EXPECT_EQ(texts(poll(words)), Strings{"1:d"});
}

TEST_F(TypedConsumerTest, next_is_done_when_there_are_records) {
  Words words(start({kFirst}));
  auto coming = words.next();
  world.sim.run_for(5s);
  EXPECT_FALSE(coming.ready());
  const auto meanwhile = words.poll(0ms);
  ASSERT_FALSE(meanwhile);
  EXPECT_EQ(meanwhile.error().code(), ErrorCode::already_in_use);
  fill(0, {"a", "b"});
  const auto batch = world.await(std::move(coming));
  EXPECT_EQ(texts(batch), (Strings{"0:a", "0:b"}));
  EXPECT_EQ(batch->next_offsets().at(kFirst).offset, 2);
}

TEST_F(TypedConsumerTest, next_tells_of_what_does_not_decode_behind_the_records_before_it) {
  fill(0, {"a", "bad", "b"});
  auto& plain = start({kFirst});
  Words words(plain);
  EXPECT_EQ(texts(world.await(words.next())), Strings{"0:a"});
  for (int again = 0; again < 3; ++again) {
    const auto bad = world.await(words.next());
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().context().offset, 1);
    ASSERT_NE(words.undecodable(), nullptr);
    EXPECT_EQ(words.undecodable()->value, "bad");
  }
  ASSERT_TRUE(plain.seek(kFirst, 2));
  EXPECT_EQ(texts(world.await(words.next())), Strings{"0:b"});
  EXPECT_EQ(words.undecodable(), nullptr);
}

// Moves reading elsewhere while its record is decoded, as a rebalance can.
struct Elsewhere {
  static inline Consumer* consumer = nullptr;
};

}  // namespace

template <>
struct Serde<Elsewhere> {
  static void write(const Elsewhere&, Bytes&) {}
  static Result<Elsewhere> read(BytesView in) {
    if (in != "move") return Elsewhere();
    EXPECT_TRUE(Elsewhere::consumer->assign({kSecond}));
    return Error(ErrorCode::invalid_argument, "moved");
  }
};

namespace {

TEST_F(TypedConsumerTest, next_waits_on_if_nothing_is_left_of_what_came) {
  fill(0, {"move"});
  auto& plain = start({kFirst});
  Elsewhere::consumer = &plain;
  TypedConsumer<std::optional<std::string>, Elsewhere> typed(plain);
  auto coming = typed.next();
  world.sim.run_for(5s);
  EXPECT_FALSE(coming.ready()) << "an empty batch, or an error of a partition that is gone";
  fill(1, {"x"});
  const auto batch = world.await(std::move(coming));
  ASSERT_TRUE(batch) << batch.error();
  ASSERT_EQ(batch->size(), 1U);
  EXPECT_EQ((*batch)[0].raw.partition(), 1);
}

TEST_F(TypedConsumerTest, a_next_is_closed_with_the_consumer) {
  Words words(start({kFirst}));
  auto coming = words.next();
  ASSERT_TRUE(world.await(core->close_async()));
  const auto closed = world.await(std::move(coming));
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code(), ErrorCode::closed);
}

TEST_F(TypedConsumerTest, a_next_that_outlives_its_handle_is_closed_when_records_come) {
  auto words = std::make_unique<Words>(start({kFirst}));
  auto coming = words->next();
  words.reset();
  fill(0, {"a"});
  const auto closed = world.await(std::move(coming));
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code(), ErrorCode::closed);
}

TEST_F(TypedConsumerTest, other_errors_are_those_of_the_consumer) {
  auto& plain = start({kFirst});
  Words words(plain);
  ASSERT_TRUE(world.await(core->close_async()));
  const auto closed = words.poll(0ms);
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code(), ErrorCode::closed);
  EXPECT_EQ(words.undecodable(), nullptr);
}

}  // namespace
}  // namespace ottla
