#include "client/producer/sender.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/unit/client/producer/sender_world.h"

namespace ottla::client {
namespace {

using protocol::ProduceResponse;

SenderConfig strict() {
  SenderConfig config;
  config.idempotent = false;
  return config;
}

SenderConfig with(base::Duration linger, base::Duration delivery_timeout = 2min) {
  SenderConfig config;
  config.linger = linger;
  config.delivery_timeout = delivery_timeout;
  return config;
}

TEST(Sender, waits_for_more_records_no_longer_than_the_linger) {
  SenderWorld world(with(5ms));
  world.add('a', 0, 5);
  EXPECT_TRUE(world.poll().empty());
  EXPECT_EQ(world.sender.poll(world.now(), world.gate).next, world.now() + 5ms);
  world.advance(5ms);
  auto draft = world.draft();
  EXPECT_EQ(world.letters(draft), "a");
  EXPECT_EQ(draft.broker, BrokerId(1));
  world.answer(draft, 7);
  EXPECT_EQ(world.told(), Strings{"a7"});
}

TEST(Sender, a_full_batch_a_flush_and_a_close_do_not_linger) {
  SenderWorld full(with(1h));
  full.add('a', 0, 5);
  EXPECT_TRUE(full.poll().empty());
  full.add('b');
  EXPECT_EQ(full.letters(full.draft()), "a");
  SenderWorld flushed(with(1h));
  flushed.add('a', 0, 5);
  EXPECT_TRUE(flushed.poll().empty());
  flushed.world.accumulator->flushes().flush().forget();
  flushed.world.accumulator->enlist_all();
  EXPECT_EQ(flushed.letters(flushed.draft()), "a");
  SenderWorld closing(with(1h));
  closing.sender.begin_close();
  closing.add('a', 0, 5);
  EXPECT_EQ(closing.letters(closing.draft()), "a");
}

TEST(Sender, sends_one_request_to_each_broker_with_one_batch_of_each_partition) {
  SenderWorld world(with(0ms), 4);
  for (std::int32_t partition = 0; partition < 4; ++partition) world.add_all("ab", partition);
  auto drafts = world.poll();
  ASSERT_EQ(drafts.size(), 2U);
  EXPECT_EQ(world.letters(drafts[0]), "aa");
  EXPECT_EQ(world.letters(drafts[1]), "aa");
  EXPECT_NE(drafts[0].broker, drafts[1].broker);
}

TEST(Sender, what_lingers_leaves_with_what_is_due_at_its_broker) {
  SenderWorld world(with(5ms), 6);
  world.add('a', 0, 5);
  EXPECT_TRUE(world.poll().empty());
  world.advance(4ms);
  world.add('b', 2, 5);
  world.add('x', 1, 5);  // at the other broker
  world.add('c', 4, 5);
  EXPECT_TRUE(world.poll().empty());
  world.advance(1ms);
  auto draft = world.draft();
  EXPECT_EQ(world.letters(draft), "abc");
  world.answer(draft, 7);
  world.advance(4ms);
  EXPECT_EQ(world.letters(world.draft()), "x") << "its own time";
  world.add('d', 2, 5);
  EXPECT_TRUE(world.poll().empty()) << "what was taken along has time again";
  EXPECT_EQ(world.sender.poll(world.now(), world.gate).next, world.now() + 5ms);
}

TEST(Sender, a_full_batch_leaves_the_others_time_to_fill) {
  SenderWorld world(with(5ms), 4);
  world.add('a', 0, 5);
  EXPECT_TRUE(world.poll().empty());
  world.add('b', 2);
  auto full = world.draft();
  EXPECT_EQ(world.letters(full), "b");
  world.answer(full, 0);
  world.advance(5ms);
  EXPECT_EQ(world.letters(world.draft()), "a");
}

TEST(Sender, takes_no_second_batch_of_a_partition_along) {
  SenderWorld world(with(5ms), 4);
  world.add('a', 0);
  auto first = world.draft();
  world.answer(first, 0);  // from here on several may be on their way
  world.add('b', 2, 5);
  EXPECT_TRUE(world.poll().empty());
  world.advance(4ms);
  world.gate.busy = {BrokerId(1)};
  world.add('c', 0);
  world.add('d', 0, 40);  // does not fit into the batch of c, and lingers when that is taken
  EXPECT_TRUE(world.poll().empty());
  world.advance(1ms);
  world.gate.busy = {};
  EXPECT_EQ(world.letters(world.draft()), "cb");
  EXPECT_TRUE(world.poll().empty());
  world.advance(4ms);
  EXPECT_EQ(world.letters(world.draft()), "d");
}

TEST(Sender, what_lingers_is_taken_along_as_far_as_there_is_room) {
  auto config = with(5ms);
  config.max_request_size = 160;  // two batches of one small record
  SenderWorld world(config, 8);
  world.add('a', 0, 5);
  EXPECT_TRUE(world.poll().empty());
  world.advance(1ms);
  world.add('b', 2, 5);
  world.add('c', 4, 5);
  EXPECT_TRUE(world.poll().empty());
  world.advance(4ms);
  auto draft = world.draft();
  EXPECT_EQ(world.letters(draft), "ab");
  world.answer(draft, 7);
  EXPECT_TRUE(world.poll().empty());
  world.advance(1ms);
  EXPECT_EQ(world.letters(world.draft()), "c");
}

TEST(Sender, what_lingers_at_a_leader_that_has_moved_leaves_with_what_is_due_at_the_new_one) {
  SenderWorld world(with(5ms), 4);
  world.add('a', 0, 5);
  EXPECT_TRUE(world.poll().empty());
  world.advance(2ms);
  world.add('b', 1, 5);
  EXPECT_TRUE(world.poll().empty());
  world.tell_leaders(4, 1, 1);  // 0 is led by broker 2 now, 1 by broker 1
  EXPECT_TRUE(world.poll().empty());
  world.advance(1ms);
  world.add('c', 2, 5);
  EXPECT_TRUE(world.poll().empty());
  world.advance(2ms);
  auto draft = world.draft();
  EXPECT_EQ(draft.broker, BrokerId(2));
  EXPECT_EQ(world.letters(draft), "ac");
}

TEST(Sender, serves_partitions_in_turn_when_a_request_has_no_room_for_all) {
  auto config = with(0ms);
  config.max_request_size = 400;  // two batches
  config.idempotent = false;
  SenderWorld world(config, 10);  // five are led by broker 1
  world.gate.busy = {BrokerId(2)};
  for (std::int32_t partition = 0; partition < 10; partition += 2) {
    world.add_all("abc", partition);
  }
  std::map<std::int32_t, int> served;
  for (int i = 0; i < 5; ++i) {
    auto draft = world.draft();
    EXPECT_LE(draft.entries.size(), 2U);
    for (const auto& entry : draft.entries) ++served[entry.queue->partition];
    world.answer(draft, 1);
  }
  EXPECT_EQ(served.size(), 5U);
  for (const auto& [partition, times] : served) EXPECT_EQ(times, 2) << partition;
}

TEST(Sender, a_batch_larger_than_a_request_goes_alone) {
  auto config = with(0ms);
  config.max_request_size = 100;
  SenderWorld world(config, 3);
  world.gate.busy = {BrokerId(2)};
  world.add('a', 0);
  world.add('b', 2);
  auto first = world.draft();
  EXPECT_EQ(first.entries.size(), 1U);
  EXPECT_EQ(world.draft().entries.size(), 1U);
}

TEST(Sender, leaves_a_broker_that_takes_nothing_alone_and_serves_the_others) {
  SenderWorld world(with(0ms), 2);
  world.gate.busy = {BrokerId(1)};
  world.add('a', 0);
  world.add('b', 1);
  EXPECT_EQ(world.letters(world.draft()), "b");
  EXPECT_TRUE(world.poll().empty());
  world.gate.busy.clear();
  EXPECT_EQ(world.letters(world.draft()), "a");
}

TEST(Sender, numbers_batches_and_keeps_up_to_five_on_their_way) {
  SenderWorld world(with(0ms));
  world.add_all("abcdefgh");
  auto first = world.draft();
  EXPECT_TRUE(world.poll().empty()) << "the first of an epoch goes alone";
  EXPECT_EQ(world.state(first),
            (protocol::ProducerState{protocol::ProducerId(77), protocol::ProducerEpoch(0),
                                     protocol::Sequence(0)}));
  world.answer(first, 0);
  std::deque<ProduceDraft> drafts;
  for (std::int32_t i = 1; i <= 5; ++i) {
    drafts.push_back(world.draft());
    EXPECT_EQ(world.state(drafts.back()).base_sequence, protocol::Sequence(i));
  }
  EXPECT_TRUE(world.poll().empty());
  world.answer(drafts[1], 2);
  EXPECT_TRUE(world.poll().empty()) << "the broker must remember the oldest";
  world.answer(drafts[0], 1);
  EXPECT_EQ(world.letters(world.draft()), "g");
  EXPECT_EQ(world.letters(world.draft()), "h");
  EXPECT_EQ(world.told(), (Strings{"a0", "c2", "b1"}));
}

TEST(Sender, hands_out_as_many_requests_at_once_as_a_broker_takes) {
  SenderWorld world(with(0ms));
  world.add('a');
  auto first = world.draft();
  world.answer(first, 0);
  world.gate.most = 3;
  world.add_all("bcde");
  auto drafts = world.poll();
  ASSERT_EQ(drafts.size(), 3U);
  EXPECT_EQ(SenderWorld::letters(drafts[0]), "b");
  EXPECT_EQ(SenderWorld::letters(drafts[1]), "c");
  EXPECT_EQ(SenderWorld::letters(drafts[2]), "d");
  EXPECT_EQ(SenderWorld::state(drafts[2]).base_sequence, protocol::Sequence(3));
}

TEST(Sender, has_one_batch_of_a_partition_on_its_way_without_idempotence) {
  auto config = strict();
  config.linger = 0ms;
  SenderWorld world(config);
  world.add_all("ab");
  auto draft = world.draft();
  EXPECT_EQ(world.state(draft), protocol::ProducerState{});
  EXPECT_TRUE(world.poll().empty());
  world.lose(draft);
  EXPECT_TRUE(world.poll().empty()) << "b does not overtake a";
  world.advance(1s);
  auto again = world.draft();
  EXPECT_EQ(world.letters(again), "a");
  world.answer(again, 0);
  EXPECT_EQ(world.letters(world.draft()), "b");
}

TEST(Sender, sends_again_with_the_same_number_after_a_pause_or_at_a_new_leader) {
  SenderWorld world(with(0ms));
  world.add('a');
  auto draft = world.draft();
  const auto before = world.state(draft);
  world.lose(draft);
  EXPECT_TRUE(world.poll().empty());
  world.advance(130ms);
  auto again = world.draft();
  EXPECT_EQ(world.state(again), before);
  world.refuse(again, ErrorCode::not_leader_or_follower);
  EXPECT_TRUE(world.poll().empty());
  world.tell_leaders(1, 1, 1);
  auto moved = world.draft();
  EXPECT_EQ(moved.broker, BrokerId(2)) << "at once: this is news";
  EXPECT_EQ(world.state(moved), before);
  world.answer(moved, 4);
  EXPECT_EQ(world.told(), Strings{"a4"});
}

TEST(Sender, what_is_sent_again_goes_alone_and_in_order) {
  SenderWorld world(with(0ms));
  world.add_all("abcd");
  auto a = world.draft();
  world.answer(a, 0);
  auto b = world.draft();
  auto c = world.draft();
  world.lose(c);
  world.lose(b);
  world.advance(1s);
  auto again = world.draft();
  EXPECT_EQ(world.letters(again), "b");
  EXPECT_TRUE(world.poll().empty());
  world.answer(again, 1);
  again = world.draft();
  EXPECT_EQ(world.letters(again), "c");
  EXPECT_EQ(world.state(again).base_sequence, protocol::Sequence(2));
}

TEST(Sender, a_duplicate_was_delivered) {
  SenderWorld world(with(0ms));
  world.add('a');
  auto draft = world.draft();
  world.refuse(draft, ErrorCode::duplicate_sequence_number);
  EXPECT_EQ(world.told(), Strings{"a-1"});
}

TEST(Sender, a_batch_given_up_leaves_a_gap_and_what_follows_goes_on_in_a_new_epoch) {
  SenderWorld world(with(0ms));
  world.add_all("abc");
  auto a = world.draft();
  world.answer(a, 0);
  auto b = world.draft();
  world.refuse(b, ErrorCode::message_too_large);
  EXPECT_EQ(world.told(), (Strings{"a0", "b!"}));
  EXPECT_EQ(world.code(1), ErrorCode::message_too_large);
  EXPECT_EQ(world.outcomes[1].second.error().context().topic, "t");
  auto c = world.draft();
  EXPECT_EQ(world.state(c).epoch, protocol::ProducerEpoch(1));
  EXPECT_EQ(world.state(c).base_sequence, protocol::Sequence(0));
}

TEST(Sender, asks_for_another_id_when_the_epochs_are_used_up) {
  SenderWorld last(with(0ms));
  last.add('a');
  auto a = last.draft();
  last.topic.partitions()->queues[0]->send.producer_epoch = protocol::ProducerEpoch(32766);
  last.refuse(a, ErrorCode::message_too_large);
  last.add('b');
  EXPECT_TRUE(last.sender.poll(last.now(), last.gate).init_producer_id);
  EXPECT_TRUE(last.poll().empty());
  protocol::InitProducerIdResponse response;
  response.producer_id = protocol::ProducerId(78);
  response.producer_epoch = protocol::ProducerEpoch(0);
  last.sender.on_producer_id(response, last.now());
  EXPECT_EQ(last.state(last.draft()),
            (protocol::ProducerState{protocol::ProducerId(78), protocol::ProducerEpoch(0),
                                     protocol::Sequence(0)}));
}

TEST(Sender, sequences_go_on_at_zero_after_the_greatest) {
  SenderWorld world(with(0ms));
  world.add('a');
  auto a = world.draft();
  world.answer(a, 0);
  world.topic.partitions()->queues[0]->send.next_sequence = protocol::Sequence(0x7fffffff);
  world.add_all("bcd");
  auto b = world.draft();
  EXPECT_EQ(world.state(b).base_sequence, protocol::Sequence(0x7fffffff));
  world.answer(b, 1);
  EXPECT_EQ(world.state(world.draft()).base_sequence, protocol::Sequence(0));
  EXPECT_EQ(world.state(world.draft()).base_sequence, protocol::Sequence(1));
}

TEST(Sender, nothing_is_sent_before_the_producer_has_its_id_and_nothing_ever_if_there_is_none) {
  SenderWorld world(with(0ms), 1, false);
  world.add('a');
  EXPECT_TRUE(world.sender.poll(world.now(), world.gate).init_producer_id);
  EXPECT_FALSE(world.sender.poll(world.now(), world.gate).init_producer_id) << "asked for once";
  EXPECT_TRUE(world.poll().empty());
  world.sender.on_producer_id(Error(ErrorCode::network_exception), world.now());
  world.poll();
  EXPECT_TRUE(world.outcomes.empty()) << "that may pass";
  world.advance(1s);
  EXPECT_TRUE(world.sender.poll(world.now(), world.gate).init_producer_id);
  world.sender.on_producer_id(Error(ErrorCode::cluster_authorization_failed), world.now());
  world.poll();
  ASSERT_EQ(world.told(), Strings{"a!"});
  EXPECT_EQ(world.code(0), ErrorCode::cluster_authorization_failed);
  EXPECT_NE(world.outcomes[0].second.error().message().find("enable_idempotence"),
            std::string::npos);
}

TEST(Sender, gives_up_at_the_delivery_timeout_and_says_what_is_known) {
  SenderWorld world(with(0ms, 10s), 2);
  world.gate.busy = {BrokerId(2)};
  world.add('a', 0);
  world.add('b', 1);
  auto a = world.draft();
  world.advance(9999ms);
  world.poll();
  EXPECT_TRUE(world.outcomes.empty());
  world.advance(1ms);
  world.poll();
  ASSERT_EQ(world.outcomes.size(), 2U);
  for (const auto& [letter, result] : world.outcomes) {
    EXPECT_EQ(result.error().code(), ErrorCode::timed_out);
    const bool may_be_stored =
        result.error().message().find("may have stored it") != std::string::npos;
    EXPECT_EQ(may_be_stored, letter == 'a') << result.error();
    EXPECT_EQ(result.error().context().partition, letter == 'a' ? 0 : 1);
  }
  world.advance(1s);
  world.add('c');
  world.poll();
  world.answer(a, 3);
  EXPECT_EQ(world.outcomes.size(), 2U) << "told once";
  auto flushed = world.world.accumulator->flushes().flush();
  EXPECT_FALSE(flushed.ready()) << "c is on its way";
  world.advance(1min);
  world.poll();
  EXPECT_EQ(flushed.get().error().code(), ErrorCode::timed_out) << "nothing is counted twice";
}

TEST(Sender, tries_no_more_often_than_it_may) {
  auto config = with(0ms);
  config.retries = 2;
  SenderWorld world(config);
  world.add('a');
  for (int attempt = 1; attempt <= 3; ++attempt) {
    EXPECT_TRUE(world.outcomes.empty());
    auto draft = world.draft();
    world.refuse(draft, ErrorCode::not_enough_replicas);
    world.advance(2s);
  }
  EXPECT_EQ(world.told(), Strings{"a!"});
  EXPECT_EQ(world.code(0), ErrorCode::not_enough_replicas);
  EXPECT_TRUE(world.poll().empty());
}

TEST(Sender, a_partition_that_an_answer_leaves_out_is_sent_again_and_a_strange_one_ignored) {
  SenderWorld world(with(0ms), 3);
  world.gate.busy = {BrokerId(2)};
  world.add('a', 0);
  world.add('b', 2);
  auto draft = world.draft();
  ASSERT_EQ(draft.entries.size(), 2U);
  ProduceResponse response;
  response.responses.push_back({.name = "t"});
  response.responses[0].partition_responses.push_back({.index = 0});
  response.responses[0].partition_responses[0].base_offset = protocol::Offset(5);
  response.responses[0].partition_responses.push_back({.index = 1'000'000});
  response.responses.push_back({.name = "nobody's"});
  for (auto& entry : draft.entries) entry.bytes = {};
  world.sender.on_response(draft, response, world.now());
  EXPECT_EQ(world.told(), Strings{"a5"});
  world.advance(1s);
  EXPECT_EQ(world.letters(world.draft()), "b");
}

TEST(Sender, takes_the_new_leader_from_the_refusal) {
  SenderWorld world(with(0ms));
  world.add('a');
  auto draft = world.draft();
  world.answer(draft, -1, [](auto& partition) {
    partition.error_code = ErrorCode::not_leader_or_follower;
    partition.current_leader.leader_id = BrokerId(2);
    partition.current_leader.leader_epoch = LeaderEpoch(1);
  });
  EXPECT_EQ(world.draft().broker, BrokerId(2));
}

TEST(Sender, a_partition_without_a_leader_waits_for_metadata) {
  SenderWorld world(with(0ms));
  protocol::MetadataResponse response;
  response.brokers.push_back({.node_id = BrokerId(2), .host = "two", .port = 2});
  response.topics.push_back({.error_code = ErrorCode::none, .name = "t"});
  world.metadata.on_response({.topics = {"t"}}, response, world.now());
  world.add('a');
  EXPECT_TRUE(world.poll().empty());
  world.advance(1s);
  EXPECT_TRUE(world.metadata.poll(world.now()).request) << "it is asked for";
  world.tell_leaders(1, 1);
  EXPECT_EQ(world.letters(world.draft()), "a");
}

TEST(Sender, without_acks_a_batch_is_delivered_when_it_has_left) {
  auto config = strict();
  config.acks = Acks::none;
  config.linger = 0ms;
  SenderWorld world(config);
  world.add('a');
  auto draft = world.draft();
  for (auto& entry : draft.entries) entry.bytes = {};
  world.sender.on_sent_without_acks(draft, world.now());
  EXPECT_EQ(world.told(), Strings{"a-1"});
}

}  // namespace
}  // namespace ottla::client
