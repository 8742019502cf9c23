#include "client/metadata/metadata.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

namespace ottla::client {
namespace {

using namespace std::chrono_literals;
using protocol::MetadataResponse;

// A response that keeps the names it borrows.
class Answer {
 public:
  Answer() {
    response_.brokers.push_back({.node_id = BrokerId(1), .host = "one", .port = 1});
    response_.brokers.push_back({.node_id = BrokerId(2), .host = "two", .port = 2});
  }
  Answer(const Answer&) = delete;  // a copy would borrow from this one
  Answer& operator=(const Answer&) = delete;

  Answer& topic(const std::string& name, int partitions, ErrorCode error = ErrorCode::none) {
    names_.push_back(name);
    MetadataResponse::Topic topic;
    topic.error_code = error;
    topic.name = names_.back();
    for (std::int32_t i = 0; i < partitions; ++i) {
      topic.partitions.push_back(
          {.partition_index = i, .leader_id = BrokerId(1), .leader_epoch = LeaderEpoch(5)});
    }
    response_.topics.push_back(std::move(topic));
    return *this;
  }
  Answer& id(std::uint64_t low) {
    response_.topics.back().topic_id = Uuid{.high = 1, .low = low};
    return *this;
  }
  MetadataResponse::Partition& partition(std::size_t number) {
    return response_.topics.back().partitions.at(number);
  }
  MetadataResponse& operator*() { return response_; }
  operator const MetadataResponse&() const { return response_; }  // NOLINT: implicit

 private:
  std::deque<std::string> names_;
  MetadataResponse response_;
};

class MetadataTest : public testing::Test {
 protected:
  // The request that is due by now.
  Metadata::Draft draft() {
    auto poll = metadata.poll(now);
    EXPECT_TRUE(poll.request) << "nothing is asked";
    return poll.request.value_or(Metadata::Draft{});
  }
  bool quiet() { return !metadata.poll(now).request; }
  void wait(const std::string& topic, std::int32_t partitions = 1, base::Duration time = 10s) {
    const auto place = outcomes.size();
    outcomes.emplace_back();
    metadata.wait_for_topic(topic, partitions, now + time, [this, place](const auto& found) {
      EXPECT_FALSE(outcomes[place]) << "told twice";
      outcomes[place] = found ? Result<std::size_t>((*found)->partitions.size())
                              : Result<std::size_t>(found.error());
    });
  }
  bool told(std::size_t place) { return outcomes[place].has_value(); }
  ErrorCode code(std::size_t place) { return outcomes.at(place).value().error().code(); }

  base::TimePoint now{};
  Metadata metadata{{.max_age = 5min, .retry = {100ms, 1s}}, 1};
  std::deque<std::optional<Result<std::size_t>>> outcomes;
};

TEST_F(MetadataTest, asks_at_once_and_then_when_it_has_become_old) {
  metadata.add_topic("t");
  const auto first = draft();
  EXPECT_EQ(first.topics, std::vector<std::string>{"t"});
  EXPECT_TRUE(quiet()) << "one request at a time";
  metadata.on_response(first, Answer().topic("t", 2), now);
  EXPECT_TRUE(quiet());
  EXPECT_EQ(metadata.poll(now).next, now + 5min);
  now += 5min - 1ms;
  EXPECT_TRUE(quiet());
  now += 1ms;
  EXPECT_EQ(draft().topics, std::vector<std::string>{"t"});
}

TEST_F(MetadataTest, asks_for_a_new_topic_alone_and_without_a_pause) {
  metadata.add_topic("old");
  metadata.on_response(draft(), Answer().topic("old", 1), now);
  wait("new");
  const auto partial = draft();
  EXPECT_EQ(partial.topics, std::vector<std::string>{"new"});
  metadata.on_response(partial, Answer().topic("new", 3), now);
  EXPECT_EQ(outcomes[0].value().value(), 3U);
  EXPECT_NE(metadata.cluster().topic("old"), nullptr) << "an answer about another topic";
}

TEST_F(MetadataTest, pauses_between_requests_for_what_it_asked_before) {
  metadata.add_topic("t");
  metadata.on_response(draft(), Answer().topic("t", 1), now);
  metadata.request_update();
  EXPECT_TRUE(quiet());
  const auto next = metadata.poll(now).next;
  EXPECT_GE(next - now, 80ms);
  EXPECT_LE(next - now, 120ms);
  now = next;
  EXPECT_EQ(draft().topics, std::vector<std::string>{"t"});
}

TEST_F(MetadataTest, pauses_longer_after_each_failure_and_tells_why) {
  wait("t", 1, 10s);
  base::Duration last{};
  for (int i = 0; i < 4; ++i) {
    (void)draft();
    metadata.on_failure(Error(ErrorCode::network_exception, "the line is dead"), now);
    EXPECT_TRUE(quiet()) << "also what nobody asked for yet waits";
    const auto pause = metadata.poll(now).next - now;
    EXPECT_GT(pause, last);
    last = pause;
    now += pause;
  }
  EXPECT_FALSE(told(0));
  now += 10s;
  (void)metadata.poll(now);
  EXPECT_EQ(code(0), ErrorCode::network_exception);
  EXPECT_NE(outcomes[0]->error().message().find("the line is dead"), std::string::npos);
  EXPECT_EQ(outcomes[0]->error().context().topic, "t");
}

TEST_F(MetadataTest, asks_again_for_a_topic_that_may_yet_come) {
  wait("t");
  metadata.on_response(draft(), Answer().topic("t", 0, ErrorCode::unknown_topic_or_partition), now);
  EXPECT_FALSE(told(0));
  now = metadata.poll(now).next;
  metadata.on_response(draft(), Answer().topic("t", 0, ErrorCode::leader_not_available), now);
  EXPECT_FALSE(told(0));
  now = metadata.poll(now).next;
  metadata.on_response(draft(), Answer().topic("t", 1), now);
  EXPECT_EQ(outcomes[0].value().value(), 1U);
  EXPECT_TRUE(quiet());
}

TEST_F(MetadataTest, an_error_that_waiting_does_not_help_is_told_at_once_and_asked_anew) {
  wait("t");
  metadata.on_response(draft(), Answer().topic("t", 0, ErrorCode::topic_authorization_failed), now);
  EXPECT_EQ(code(0), ErrorCode::topic_authorization_failed);
  EXPECT_EQ(outcomes[0]->error().context().topic, "t");
  wait("t");
  EXPECT_FALSE(told(1)) << "somebody may have been given the right meanwhile";
  now = metadata.poll(now).next;
  metadata.on_response(draft(), Answer().topic("t", 1), now);
  EXPECT_EQ(outcomes[1].value().value(), 1U);
}

TEST_F(MetadataTest, a_topic_with_too_few_partitions_is_asked_for_anew) {
  wait("t", 1);
  wait("t", 4);
  metadata.on_response(draft(), Answer().topic("t", 2), now);
  EXPECT_TRUE(told(0));
  EXPECT_FALSE(told(1));
  now = metadata.poll(now).next;
  metadata.on_response(draft(), Answer().topic("t", 4), now);
  EXPECT_EQ(outcomes[1].value().value(), 4U);
  wait("t", 9, 1s);
  EXPECT_TRUE(metadata.cluster().leader("t", 0)) << "what is known stays known meanwhile";
  now += 1s;
  (void)metadata.poll(now);
  EXPECT_EQ(code(2), ErrorCode::unknown_topic_or_partition);
  EXPECT_NE(outcomes[2]->error().message().find("has 4 partitions"), std::string::npos)
      << outcomes[2]->error().to_string();
  EXPECT_EQ(outcomes[2]->error().context().partition, 8);
}

TEST_F(MetadataTest, a_topic_that_an_answer_leaves_out_is_not_known) {
  metadata.add_topic("t");
  metadata.add_topic("u");
  metadata.on_response(draft(), Answer().topic("t", 1).topic("u", 1), now);
  now += 5min;
  metadata.on_response(draft(), Answer().topic("u", 1), now);
  EXPECT_EQ(metadata.cluster().topic("t"), nullptr);
  EXPECT_NE(metadata.cluster().topic("u"), nullptr);
}

TEST_F(MetadataTest, takes_a_hint_only_if_it_is_newer_and_the_broker_is_known) {
  int updates = 0;
  metadata.on_update([&] { ++updates; });
  metadata.add_topic("t");
  metadata.on_response(draft(), Answer().topic("t", 1), now);
  EXPECT_EQ(updates, 1);
  EXPECT_FALSE(metadata.apply_leader_hint("t", 0, {BrokerId(2), LeaderEpoch(5)}));
  EXPECT_FALSE(metadata.apply_leader_hint("t", 0, {BrokerId(9), LeaderEpoch(6)}));
  EXPECT_FALSE(metadata.apply_leader_hint("t", 1, {BrokerId(2), LeaderEpoch(6)}));
  EXPECT_FALSE(metadata.apply_leader_hint("t", -1, {BrokerId(2), LeaderEpoch(6)}));
  EXPECT_FALSE(metadata.apply_leader_hint("u", 0, {BrokerId(2), LeaderEpoch(6)}));
  EXPECT_EQ(updates, 1);
  EXPECT_TRUE(metadata.apply_leader_hint("t", 0, {BrokerId(2), LeaderEpoch(6)}));
  EXPECT_EQ(updates, 2);
  EXPECT_EQ(metadata.cluster().leader("t", 0)->broker, BrokerId(2));
}

TEST_F(MetadataTest, an_older_epoch_never_replaces_a_newer_one_unless_the_topic_was_made_anew) {
  metadata.add_topic("t");
  metadata.on_response(draft(), Answer().topic("t", 1).id(1), now);
  const auto answer_at_age = [&](Answer& answer) {
    now += 5min;
    metadata.on_response(draft(), answer, now);
    return metadata.cluster().leader("t", 0)->broker;
  };
  Answer older;
  older.topic("t", 1).id(1);
  older.partition(0) = {.leader_id = BrokerId(2), .leader_epoch = LeaderEpoch(4)};
  EXPECT_EQ(answer_at_age(older), BrokerId(1));
  Answer anew;
  anew.topic("t", 1).id(2);
  anew.partition(0) = {.leader_id = BrokerId(2), .leader_epoch = LeaderEpoch(0)};
  EXPECT_EQ(answer_at_age(anew), BrokerId(2));
  EXPECT_EQ(metadata.cluster().topic(Uuid{.high = 1, .low = 1}), nullptr);
  EXPECT_NE(metadata.cluster().topic(Uuid{.high = 1, .low = 2}), nullptr);
}

TEST_F(MetadataTest, numbers_that_cannot_be_are_not_believed) {
  metadata.add_topic("t");
  Answer answer;
  answer.topic("t", 3);
  answer.partition(0).partition_index = -1;
  answer.partition(1).partition_index = 2'000'000'000;
  answer.partition(2).leader_id = BrokerId(-7);
  (*answer).brokers.push_back({.node_id = BrokerId(-3), .host = "minus", .port = 1});
  (*answer).brokers.push_back({.node_id = BrokerId(3), .host = "port", .port = 70'000});
  metadata.on_response(draft(), answer, now);
  EXPECT_EQ(metadata.cluster().topic("t")->partitions.size(), 3U);
  EXPECT_FALSE(metadata.cluster().leader("t", 0));
  EXPECT_FALSE(metadata.cluster().leader("t", 2));
  EXPECT_EQ(metadata.cluster().brokers().size(), 2U);
}

TEST_F(MetadataTest, closing_tells_those_who_wait) {
  wait("t");
  wait("u");
  metadata.close(Error(ErrorCode::closed));
  EXPECT_EQ(code(0), ErrorCode::closed);
  EXPECT_EQ(code(1), ErrorCode::closed);
  now += 1h;
  (void)metadata.poll(now);
}

TEST_F(MetadataTest, a_topic_that_nobody_wants_any_more_is_no_part_of_requests) {
  metadata.add_topic("t");
  metadata.add_topic("u");
  metadata.on_response(draft(), Answer().topic("t", 1).topic("u", 1), now);
  metadata.remove_topic("t");
  EXPECT_EQ(metadata.cluster().topic("t"), nullptr);
  now += 5min;
  EXPECT_EQ(draft().topics, std::vector<std::string>{"u"});
}

// Counts how often everything begins anew.
class RebootstrapTest : public MetadataTest {
 protected:
  void SetUp() override {
    metadata.on_rebootstrap([this] { ++begun_anew; });
    metadata.add_topic("t");
    const auto first = draft();
    Answer answer;
    metadata.on_response(first, answer.topic("t", 1), now);
    now += 1s;
  }
  // Asks, and gets no answer.
  void fail_once() {
    metadata.request_update();
    if (metadata.poll(now).request) metadata.on_failure(Error(ErrorCode::network_exception), now);
    now += 10s;
  }
  int begun_anew = 0;
};

TEST_F(RebootstrapTest, begins_anew_when_nobody_has_answered_for_long) {
  for (int i = 0; i < 30; ++i) fail_once();
  EXPECT_EQ(begun_anew, 0);
  EXPECT_TRUE(metadata.cluster().leader("t", 0));
  (void)metadata.poll(now);
  EXPECT_EQ(begun_anew, 1) << "five minutes are over";
  EXPECT_FALSE(metadata.cluster().leader("t", 0)) << "nobody leads until somebody answers";
  EXPECT_NE(metadata.cluster().topic("t"), nullptr);
  for (int i = 0; i < 29; ++i) fail_once();
  EXPECT_EQ(begun_anew, 1);
}

TEST_F(RebootstrapTest, an_answer_ends_the_wait) {
  for (int i = 0; i < 20; ++i) fail_once();
  Answer answer;
  metadata.request_update();
  metadata.on_response(draft(), answer.topic("t", 1), now);
  for (int i = 0; i < 20; ++i) fail_once();
  EXPECT_EQ(begun_anew, 0);
}

TEST_F(RebootstrapTest, wakes_up_for_it_though_a_question_is_under_way) {
  metadata.request_update();
  const auto asked = now;
  ASSERT_TRUE(metadata.poll(now).request);
  EXPECT_EQ(metadata.poll(now).next, asked + 5min);
}

TEST_F(RebootstrapTest, a_broker_can_send_the_client_away) {
  metadata.request_update();
  Answer answer;
  (*answer).error_code = ErrorCode::rebootstrap_required;
  metadata.on_response(draft(), answer, now);
  EXPECT_EQ(begun_anew, 1);
  EXPECT_TRUE(quiet()) << "not at once";
  now += 2s;
  EXPECT_EQ(draft().topics, std::vector<std::string>{"t"});
}

TEST(MetadataWithoutRecovery, keeps_asking_the_brokers_it_knows) {
  Metadata metadata({.retry = {100ms, 1s}, .rebootstrap = false}, 1);
  int begun_anew = 0;
  metadata.on_rebootstrap([&] { ++begun_anew; });
  base::TimePoint now{};
  for (int i = 0; i < 100; ++i, now += 10s) {
    const auto poll = metadata.poll(now);
    ASSERT_TRUE(poll.request);
    MetadataResponse response;
    response.error_code = ErrorCode::rebootstrap_required;
    metadata.on_response(*poll.request, response, now);
  }
  EXPECT_EQ(begun_anew, 0);
}

TEST(BrokerHints, keep_the_rack_that_is_known) {
  Cluster cluster;
  const BrokerId id(1);
  cluster.add_broker({.id = 1, .host = "a", .port = 9092, .rack = "r"});
  cluster.add_broker({.id = 1, .host = "b", .port = 9092, .rack = {}});
  EXPECT_EQ(cluster.brokers().at(id).host, "b");
  EXPECT_EQ(cluster.brokers().at(id).rack, "r");
}

TEST(IdleTopics, are_not_asked_for_until_they_are_used_again) {
  Metadata metadata({.max_age = 1min, .retry = {100ms, 1s}, .max_idle = 5min}, 1);
  base::TimePoint now{};
  metadata.note_use("busy", now);
  metadata.note_use("idle", now);
  const auto asked = [&] {
    auto poll = metadata.poll(now);
    EXPECT_TRUE(poll.request);
    Answer answer;
    for (const auto& topic : poll.request->topics) answer.topic(topic, 1);
    metadata.on_response(*poll.request, answer, now);
    return poll.request->topics;
  };
  using Topics = std::vector<std::string>;
  EXPECT_EQ(asked(), (Topics{"busy", "idle"}));
  for (int minute = 1; minute <= 5; ++minute) {
    now += 1min;
    metadata.note_use("busy", now);
    EXPECT_EQ(asked().size(), 2U);
  }
  now += 1min;
  EXPECT_EQ(asked(), Topics{"busy"});
  EXPECT_TRUE(metadata.cluster().leader("idle", 0)) << "what is known stays";
  metadata.note_use("idle", now);
  EXPECT_EQ(asked(), Topics{"idle"}) << "at once";
}

}  // namespace
}  // namespace ottla::client
