#include "client/consumer/fetcher.h"

#include <gtest/gtest.h>

#include <set>

#include "protocol/record/record_batch_builder.h"

namespace ottla::client {
namespace {

using namespace std::chrono_literals;
using protocol::FetchResponse;

class FakeGate final : public BrokerGate {
 public:
  std::size_t room(BrokerId broker) override { return busy.contains(broker) ? 0 : 5; }
  std::set<BrokerId> busy;
};

// A Fetcher for partitions of the topic t, of which broker 1 leads the even ones and broker 2 the
// odd ones.
class FetcherWorld {
 public:
  explicit FetcherWorld(std::int32_t partitions, const FetcherConfig& config = small())
      : fetcher(config, subscription, leaders, metadata, metrics, 1,
                base::Logger([this](LogLevel, std::string_view,
                                    std::string_view line) { log.emplace_back(line); },
                             LogLevel::warn, "fetcher")) {
    tell_leaders(partitions);
    std::vector<TopicPartition> all;
    for (std::int32_t i = 0; i < partitions; ++i) all.push_back({"t", i});
    subscription.assign(all, {.reset_timestamp = -2});
    for (const auto& id : all) seek(id.partition, 0);
  }
  static FetcherConfig small() {
    FetcherConfig config;
    config.max_partition_bytes = 400;
    config.max_bytes = 2000;
    return config;
  }

  void tell_leaders(std::int32_t partitions, std::int32_t epoch = 4) {
    protocol::MetadataResponse response;
    response.brokers.push_back({.node_id = BrokerId(1), .host = "one", .port = 1});
    response.brokers.push_back({.node_id = BrokerId(2), .host = "two", .port = 2});
    response.topics.push_back({.error_code = ErrorCode::none, .name = "t"});
    for (std::int32_t i = 0; i < partitions; ++i) {
      response.topics[0].partitions.push_back({.partition_index = i,
                                               .leader_id = BrokerId(1 + i % 2),
                                               .leader_epoch = LeaderEpoch(epoch)});
    }
    metadata.on_response({.topics = {"t"}}, response, now);
  }
  AssignedPartition& partition(std::int32_t number) { return *subscription.find({"t", number}); }
  void seek(std::int32_t number, std::int64_t offset) {
    subscription.seek(partition(number), protocol::Offset(offset));
  }

  std::vector<FetchDraft> poll() { return fetcher.poll(now, gate).requests; }
  FetchDraft draft() {
    auto drafts = poll();
    EXPECT_EQ(drafts.size(), 1U);
    return drafts.empty() ? FetchDraft{} : std::move(drafts.front());
  }

  // The one there is, for this broker; it is in `last` too.
  const FetchDraft& draft_of(std::int32_t broker) {
    last = draft();
    EXPECT_EQ(last.broker, BrokerId(broker));
    return last;
  }

  // One record of so many bytes, at the offset that the draft asks for.
  static std::string batch(std::int64_t offset, std::size_t size) {
    auto builder = protocol::RecordBatchBuilder::growing();
    EXPECT_TRUE(builder.append(1, std::nullopt, std::string(size, 'x')));
    char* const at = builder.close();
    protocol::seal(at, {}, false);
    protocol::stamp_offsets(at, protocol::Offset(offset), LeaderEpoch(4));
    return std::string(at, builder.size_in_bytes());
  }

  struct Part {
    std::int32_t number;
    ErrorCode error = ErrorCode::none;
    std::string bytes;
    std::int32_t preferred = -1;
    std::int32_t diverging_epoch = -1;
    std::int64_t diverging_offset = -1;
  };
  void answer(const FetchDraft& draft, const std::vector<Part>& parts) {
    std::string all;
    for (const auto& part : parts) all += part.bytes;
    const auto frame = base::SharedBuffer::copy_of(all);
    FetchResponse response;
    response.session_id = session_id;
    response.responses.push_back({.topic = "t"});
    std::size_t at = 0;
    for (const auto& part : parts) {
      FetchResponse::Partition answer;
      answer.partition_index = part.number;
      answer.error_code = part.error;
      answer.preferred_read_replica = BrokerId(part.preferred);
      answer.diverging_epoch = {LeaderEpoch(part.diverging_epoch),
                                protocol::Offset(part.diverging_offset)};
      answer.records = protocol::Records{.bytes = frame.view().substr(at, part.bytes.size())};
      at += part.bytes.size();
      response.responses[0].partitions.push_back(answer);
    }
    fetcher.on_response(draft, response, frame, now);
  }

  // Of those that should have been fetched and were not.
  double not_fetched() {
    MetricsSnapshot snapshot;
    metrics.write("c", {}, now, snapshot);
    return snapshot.value("partitions-not-fetched-total").value_or(-1);
  }

  // The broker drops its session.
  void refuse(const FetchDraft& draft) {
    FetchResponse response;
    response.error_code = ErrorCode::fetch_session_id_not_found;
    fetcher.on_response(draft, response, {}, now);
  }

  base::TimePoint now{};
  std::int32_t session_id = 0;  // that the broker answers with
  FetchDraft last;
  std::vector<std::string> log;
  Metadata metadata{{}, 1};
  FakeGate gate;
  PartitionLeaders leaders{metadata, 1min};
  SubscriptionState subscription;
  const SamplingConfig sampling;
  ConsumerMetrics metrics{sampling};
  Fetcher fetcher;
};

TEST(Fetcher, asks_each_leader_once_and_for_all_its_partitions) {
  FetcherWorld world(5);
  const auto drafts = world.poll();
  ASSERT_EQ(drafts.size(), 2U);
  EXPECT_EQ(drafts[0].entries.size() + drafts[1].entries.size(), 5U);
  for (const auto& draft : drafts) {
    for (const auto& entry : draft.entries) {
      EXPECT_EQ(draft.broker, BrokerId(1 + entry.id.partition % 2));
      EXPECT_EQ(entry.leader_epoch, LeaderEpoch(4));
    }
  }
  EXPECT_TRUE(world.poll().empty()) << "one fetch to a broker at a time";
  world.answer(drafts[1], {});
  EXPECT_TRUE(world.poll().empty()) << "an answer that leaves all out is followed by a pause";
  world.now += 2s;
  EXPECT_EQ(world.poll().size(), 1U);
}

TEST(Fetcher, takes_what_an_answer_in_a_session_leaves_out_for_nothing_new) {
  FetcherWorld world(4);
  world.session_id = 9;
  const auto drafts = world.poll();
  world.answer(drafts[0], {{0}, {2}});
  auto draft = world.draft_of(1);
  EXPECT_TRUE(draft.incremental());
  EXPECT_FALSE(draft.entries[0].named || draft.entries[1].named);
  world.answer(draft, {{2, ErrorCode::none, world.batch(0, 10)}});
  draft = world.draft_of(1);
  ASSERT_EQ(draft.entries.size(), 2U) << "none of them waits";
  EXPECT_EQ(draft.entries[0].named, draft.entries[0].id.partition == 2);
  EXPECT_EQ(draft.entries[1].named, draft.entries[1].id.partition == 2);
}

TEST(Fetcher, tells_all_again_at_once_when_a_session_is_gone_and_not_in_a_loop) {
  FetcherWorld world(1);
  world.session_id = 9;
  world.answer(world.draft(), {{0}});
  world.refuse(world.draft());
  auto draft = world.draft();
  EXPECT_FALSE(draft.incremental());
  EXPECT_TRUE(draft.entries[0].named);
  world.refuse(draft);
  EXPECT_TRUE(world.poll().empty());
  world.now += 2s;
  EXPECT_EQ(world.poll().size(), 1U);
}

TEST(Fetcher, goes_on_behind_what_it_got_before_anybody_has_read_it) {
  FetcherWorld world(1);
  auto draft = world.draft();
  world.answer(draft, {{0, ErrorCode::none, world.batch(0, 50)}});
  EXPECT_TRUE(world.subscription.has_something());
  draft = world.draft();
  EXPECT_EQ(draft.entries[0].offset, protocol::Offset(1));
  EXPECT_EQ(world.partition(0).position, protocol::Offset(0));
}

TEST(Fetcher, tells_the_epoch_of_what_it_got_last) {
  FetcherWorld world(1);
  auto draft = world.draft();
  EXPECT_EQ(draft.entries[0].last_fetched_epoch, protocol::kNoLeaderEpoch);
  world.answer(draft, {{0, ErrorCode::none, world.batch(0, 10)}});
  draft = world.draft();
  EXPECT_EQ(draft.entries[0].offset, protocol::Offset(1));
  EXPECT_EQ(draft.entries[0].last_fetched_epoch, LeaderEpoch(4));
  world.seek(0, 7);
  world.fetcher.on_failure(draft, Error(ErrorCode::network_exception), world.now);
  EXPECT_EQ(world.draft().entries[0].last_fetched_epoch, protocol::kNoLeaderEpoch);
}

TEST(Fetcher, a_log_that_has_parted_from_what_was_fetched_is_not_fetched_from) {
  FetcherWorld world(1);
  world.answer(world.draft(), {{0, ErrorCode::none, world.batch(0, 10)}});
  ASSERT_FALSE(world.partition(0).buffered.empty());
  world.answer(world.draft(), {{.number = 0, .diverging_epoch = 3, .diverging_offset = 0}});
  EXPECT_EQ(world.partition(0).state, AssignedPartition::State::awaiting_validation);
  EXPECT_TRUE(world.partition(0).buffered.empty());
  EXPECT_EQ(world.partition(0).fetch_offset, protocol::Offset(0));
  world.now += 1min;
  EXPECT_TRUE(world.poll().empty());
}

TEST(Fetcher, fetches_no_more_while_enough_is_buffered) {
  FetcherWorld world(1);
  std::int64_t offset = 0;
  while (world.partition(0).buffered_bytes * 2 <= 400) {
    world.answer(world.draft(), {{0, ErrorCode::none, world.batch(offset, 50)}});
    ++offset;
  }
  EXPECT_TRUE(world.poll().empty());
  ConsumerRecords::Contents contents;
  auto& buffered = world.partition(0).buffered;
  ASSERT_TRUE(buffered.front()->decode(10, contents));
  world.partition(0).buffered_bytes = 0;
  buffered.clear();
  EXPECT_EQ(world.draft().entries[0].offset, protocol::Offset(offset));
}

TEST(Fetcher, drops_what_was_asked_before_somebody_set_another_position) {
  FetcherWorld world(1);
  const auto draft = world.draft();
  world.seek(0, 100);
  world.answer(draft, {{0, ErrorCode::none, world.batch(0, 50)}});
  EXPECT_FALSE(world.subscription.has_something());
  EXPECT_EQ(world.draft().entries[0].offset, protocol::Offset(100));
}

TEST(Fetcher, waits_shortly_where_a_partition_with_enough_was_left_out) {
  FetcherWorld world(3);
  world.gate.busy = {BrokerId(2)};
  auto draft = world.draft();
  EXPECT_EQ(draft.max_wait_ms, 500);
  world.answer(draft, {{0, ErrorCode::none, world.batch(0, 300)}, {2}});
  draft = world.draft();
  ASSERT_EQ(draft.entries.size(), 1U);
  EXPECT_EQ(draft.entries[0].id.partition, 2);
  EXPECT_LT(draft.max_wait_ms, 100);
}

TEST(Fetcher, looks_a_position_up_that_the_log_no_longer_has) {
  auto config = FetcherWorld::small();
  config.reset_timestamp = -1;
  FetcherWorld world(1, config);
  world.answer(world.draft(), {{0, ErrorCode::offset_out_of_range}});
  EXPECT_EQ(world.partition(0).state, AssignedPartition::State::awaiting_reset);
  EXPECT_EQ(world.partition(0).reset_timestamp, -1);
  EXPECT_TRUE(world.poll().empty());

  FetcherWorld strict(1);
  strict.answer(strict.draft(), {{0, ErrorCode::offset_out_of_range}});
  EXPECT_TRUE(strict.subscription.has_something());
  ASSERT_TRUE(strict.partition(0).error);
  EXPECT_EQ(strict.partition(0).error->code(), ErrorCode::offset_out_of_range);
}

TEST(Fetcher, tries_again_what_can_pass_and_tells_what_cannot) {
  FetcherWorld world(2);
  world.gate.busy = {BrokerId(2)};
  world.answer(world.draft(), {{0, ErrorCode::not_leader_or_follower}});
  EXPECT_FALSE(world.subscription.has_something());
  world.now += 1s;
  EXPECT_TRUE(world.metadata.poll(world.now).request) << "somebody else may lead it";
  world.answer(world.draft(), {{0, ErrorCode::topic_authorization_failed}});
  ASSERT_TRUE(world.partition(0).error);
  EXPECT_EQ(world.partition(0).error->code(), ErrorCode::topic_authorization_failed);
  EXPECT_EQ(world.partition(0).error->context().partition, 0);
  world.now += 10s;
  EXPECT_TRUE(world.poll().empty()) << "until poll has told it";
}

TEST(Fetcher, pauses_longer_while_a_broker_cannot_be_reached) {
  FetcherWorld world(1);
  base::Duration last{};
  for (int i = 0; i < 3; ++i) {
    world.fetcher.on_failure(world.draft(), Error(ErrorCode::network_exception), world.now);
    const auto pause = world.fetcher.poll(world.now, world.gate).next - world.now;
    EXPECT_GT(pause, last);
    last = pause;
    world.now += pause;
  }
}

TEST(Fetcher, fetches_nothing_behind_bytes_that_are_no_batch) {
  FetcherWorld world(1);
  auto broken = world.batch(0, 50);
  broken[protocol::batch_layout::kMagic] = 1;
  world.answer(world.draft(), {{0, ErrorCode::none, broken}});
  EXPECT_TRUE(world.subscription.has_something()) << "poll is to hear of it";
  for (int i = 0; i < 3; ++i) {
    world.now += 10s;
    EXPECT_TRUE(world.poll().empty()) << "the same would come again, and be kept too";
  }
  world.seek(0, 1);
  EXPECT_EQ(world.draft().entries[0].offset, protocol::Offset(1));
}

TEST(Fetcher, what_is_buffered_of_paused_partitions_keeps_no_other_waiting) {
  FetcherWorld world(9);
  world.gate.busy = {BrokerId(2)};
  auto draft = world.draft();
  ASSERT_EQ(draft.entries.size(), 5U);
  std::vector<FetcherWorld::Part> parts;
  for (const auto number : {0, 2, 4, 6}) {
    parts.push_back({number, ErrorCode::none, world.batch(0, 600)});
  }
  parts.push_back({8});
  world.answer(draft, parts);
  EXPECT_TRUE(world.poll().empty()) << "max_bytes are buffered";
  for (const auto number : {0, 2, 4, 6}) world.partition(number).paused = true;
  draft = world.draft();
  ASSERT_EQ(draft.entries.size(), 1U);
  EXPECT_EQ(draft.entries[0].id.partition, 8);
}

TEST(Fetcher, an_offset_out_of_range_waits_for_what_poll_is_decoding) {
  auto config = FetcherWorld::small();
  config.reset_timestamp = -2;
  FetcherWorld world(1, config);
  auto& partition = world.partition(0);
  world.answer(world.draft(), {{0, ErrorCode::none, world.batch(0, 50)}});
  auto draft = world.draft();
  const auto decoding = std::move(partition.buffered.front());
  partition.buffered.pop_front();
  const auto generation = partition.generation;
  world.answer(draft, {{0, ErrorCode::offset_out_of_range}});
  ASSERT_EQ(partition.generation, generation) << "else poll drops what it has decoded";
  ASSERT_EQ(partition.state, AssignedPartition::State::fetching);
  partition.position = decoding->next_fetch_offset();
  world.now += 2s;
  world.answer(world.draft(), {{0, ErrorCode::offset_out_of_range}});
  EXPECT_EQ(partition.state, AssignedPartition::State::awaiting_reset);
}

TEST(Fetcher, records_that_the_broker_cannot_read_are_an_error) {
  FetcherWorld world(1);
  world.answer(world.draft(), {{0, ErrorCode::corrupt_message}});
  ASSERT_TRUE(world.partition(0).error);
  EXPECT_EQ(world.partition(0).error->code(), ErrorCode::corrupt_message);
  EXPECT_EQ(world.partition(0).error->context().offset, 0);
}

// Broker 1 has sent the consumer to broker 2 with the even partitions.
class PreferredReplica : public testing::Test {
 protected:
  PreferredReplica() {
    world.answer(world.draft(), {{0, ErrorCode::none, {}, 2}});
    EXPECT_EQ(world.draft_of(2).entries.size(), 1U);
  }
  FetcherWorld world{1};
};

TEST_F(PreferredReplica, is_read_until_its_time_is_over) {
  world.answer(world.last, {{0, ErrorCode::none, world.batch(0, 50)}});
  EXPECT_EQ(world.draft_of(2).entries[0].offset, protocol::Offset(1));
  world.answer(world.last, {{0, ErrorCode::none, {}, 1}});
  EXPECT_EQ(world.draft_of(2).entries.size(), 1U) << "only the leader sends anybody elsewhere";
  world.now += 5min;
  world.answer(world.last, {{0}});
  world.draft_of(1);
}

TEST_F(PreferredReplica, is_given_up_for_any_error) {
  world.answer(world.last, {{0, ErrorCode::not_leader_or_follower}});
  world.now += 2s;
  world.draft_of(1);
}

TEST_F(PreferredReplica, that_lags_behind_does_not_cost_the_position) {
  world.answer(world.last, {{0, ErrorCode::offset_out_of_range}});
  EXPECT_FALSE(world.partition(0).error);
  world.now += 2s;
  world.draft_of(1);
  world.answer(world.last, {{0, ErrorCode::offset_out_of_range}});
  EXPECT_TRUE(world.partition(0).error) << "the leader knows";
}

TEST_F(PreferredReplica, that_lags_behind_does_not_cost_what_was_fetched_ahead) {
  world.answer(world.last, {{0, ErrorCode::none, world.batch(0, 10)}});
  world.answer(world.draft_of(2), {{.number = 0, .diverging_epoch = 3, .diverging_offset = 0}});
  EXPECT_EQ(world.partition(0).state, AssignedPartition::State::fetching);
  EXPECT_FALSE(world.partition(0).buffered.empty());
  EXPECT_TRUE(world.poll().empty()) << "not at network speed";
  world.now += 2s;
  EXPECT_EQ(world.draft_of(1).entries[0].offset, protocol::Offset(1));
  world.answer(world.last, {{.number = 0, .diverging_epoch = 3, .diverging_offset = 0}});
  EXPECT_EQ(world.partition(0).state, AssignedPartition::State::awaiting_validation)
      << "the leader knows";
}

TEST_F(PreferredReplica, that_cannot_be_reached_is_given_up) {
  world.answer(world.last, {{0}});
  world.gate.busy = {BrokerId(2)};
  world.draft_of(2);
  world.fetcher.on_failure(world.last, Error(ErrorCode::network_exception), world.now);
  world.now += 2s;
  world.draft_of(1);
}

TEST_F(PreferredReplica, is_no_more_once_the_leader_has_changed) {
  world.answer(world.last, {{0}});
  world.tell_leaders(1, 5);
  world.draft_of(1);
}

TEST(Fetcher, a_preferred_replica_that_nobody_knows_is_not_read) {
  FetcherWorld world(1);
  world.answer(world.draft(), {{0, ErrorCode::none, {}, 99}});
  EXPECT_TRUE(world.poll().empty()) << "not at network speed";
  world.now += 2s;
  EXPECT_TRUE(world.metadata.poll(world.now).request);
  world.draft_of(1);
}

TEST(Fetcher, partitions_that_nobody_asked_for_change_nothing) {
  FetcherWorld world(1);
  world.answer(world.draft(), {{7, ErrorCode::none, world.batch(0, 50)},
                               {-1, ErrorCode::none, world.batch(0, 50)},
                               {0, ErrorCode::none, world.batch(0, 50)},
                               {0, ErrorCode::none, world.batch(0, 50)}});
  EXPECT_EQ(world.partition(0).buffered.size(), 1U) << "the first of two answers counts";
}

// ---- assigned, but not fetched

TEST(Fetcher, tells_of_a_partition_that_no_fetch_has_left_for) {
  FetcherWorld world(2);
  world.gate.busy = {BrokerId(2)};
  const auto draft = world.draft_of(1);
  world.now += 29s;
  EXPECT_EQ(world.fetcher.poll(world.now, world.gate).next, base::TimePoint() + 30s);
  EXPECT_EQ(world.not_fetched(), 0);
  world.now += 1s;
  world.poll();
  EXPECT_EQ(world.not_fetched(), 1);
  ASSERT_EQ(world.log.size(), 1U);
  EXPECT_EQ(world.log[0],
            "t-1 is assigned, but has not been fetched for 30000 ms: broker 2 cannot be reached");
  world.poll();
  EXPECT_EQ(world.not_fetched(), 1) << "once each time it has been so long";
  world.now += 30s;
  world.poll();
  EXPECT_EQ(world.not_fetched(), 2);
  world.gate.busy.clear();
  EXPECT_EQ(world.draft_of(2).entries.size(), 1U);
  world.now += 60s;
  world.poll();
  EXPECT_EQ(world.not_fetched(), 2) << "one that is under way is a fetch";
}

TEST(Fetcher, says_what_keeps_a_partition_from_being_fetched) {
  FetcherWorld world(1);
  const auto first = world.draft_of(1);
  world.subscription.add({{"t", 2}, {"t", 4}, {"t", 6}}, {.committed = true});
  world.subscription.add({{"t", 8}}, {.reset_timestamp = -2});
  world.seek(4, 0);
  world.tell_leaders(5);
  world.seek(6, 0);
  world.poll();
  world.now += 30s;
  world.poll();
  ASSERT_EQ(world.log.size(), 4U);
  EXPECT_NE(world.log[0].find("t-2 is assigned"), std::string::npos);
  EXPECT_NE(world.log[0].find("the group has not told"), std::string::npos) << world.log[0];
  EXPECT_NE(world.log[1].find("has not answered the fetch before"), std::string::npos);
  EXPECT_NE(world.log[2].find("no leader that is known"), std::string::npos) << world.log[2];
  EXPECT_NE(world.log[3].find("has not been found"), std::string::npos) << world.log[3];
}

TEST(Fetcher, tells_of_no_partition_that_is_kept_from_being_fetched_by_the_application) {
  FetcherWorld world(2);
  const auto drafts = world.poll();
  ASSERT_EQ(drafts.size(), 2U);
  for (const auto& draft : drafts) {
    const auto number = draft.entries[0].id.partition;
    world.answer(draft, {{number, ErrorCode::none, FetcherWorld::batch(0, 300)}});
  }
  world.seek(0, 0);
  world.partition(0).paused = true;
  EXPECT_TRUE(world.poll().empty());
  world.now += 60s;
  EXPECT_TRUE(world.poll().empty());
  EXPECT_EQ(world.not_fetched(), 0) << "one is paused, of the other enough is there";
  world.partition(0).paused = false;
  world.gate.busy = {BrokerId(1)};
  world.poll();
  world.now += 29s;
  world.poll();
  EXPECT_EQ(world.not_fetched(), 0) << "the time begins with resuming";
  world.now += 1s;
  world.poll();
  EXPECT_EQ(world.not_fetched(), 1);
}

}  // namespace
}  // namespace ottla::client
