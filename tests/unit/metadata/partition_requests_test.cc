#include "broker/metadata/partition_requests.h"

#include <gtest/gtest.h>

#include "broker/metadata/metadata_delta.h"

namespace ottla::broker {
namespace {

constexpr BrokerId kSelf{1};
constexpr Uuid kHere{4, 4};
constexpr Uuid kElsewhere{5, 5};
constexpr Uuid kTopic{8, 8};

using Brokers = std::vector<BrokerId>;

Brokers ids(std::initializer_list<int> numbers) {
  Brokers all;
  for (const int number : numbers) all.emplace_back(number);
  return all;
}

struct Partition {
  Brokers replicas;
  Brokers in_sync;
  BrokerId leader = kSelf;
  Uuid directory = kHere;  // of this broker's replica
  Brokers adding = {};
};

// A directory that brokers 1 and 2 have written to, and which broker 1, now alone, has taken over.
std::shared_ptr<const MetadataImage> image(const std::vector<Partition>& partitions) {
  MetadataDelta delta(MetadataImage::empty("cluster"));
  for (const std::int32_t id : {1, 2}) {
    RegisterBrokerRecord record;
    record.broker_id = BrokerId(id);
    record.fenced = id == 2;
    record.log_dirs = {id == 1 ? kHere : kElsewhere};
    EXPECT_TRUE(delta.apply(record));
  }
  EXPECT_TRUE(delta.apply(TopicRecord{.name = "t", .topic_id = kTopic}));
  for (std::size_t p = 0; p < partitions.size(); ++p) {
    const auto& made = partitions[p];
    PartitionRecord record{.partition_id = static_cast<std::int32_t>(p),
                           .topic_id = kTopic,
                           .replicas = made.replicas,
                           .isr = made.in_sync};
    record.leader = made.leader;
    record.leader_epoch = LeaderEpoch(3);
    record.partition_epoch = 3;
    record.adding_replicas = made.adding;
    for (const auto id : made.replicas) {
      record.directories.push_back(id == kSelf ? made.directory : kElsewhere);
    }
    EXPECT_TRUE(delta.apply(record));
  }
  return delta.image(Offset(9), 1);
}

// How the partition stands afterwards, or why nothing has changed.
Result<PartitionImage> after(const std::shared_ptr<const MetadataImage>& before,
                             const Decision<PartitionResult>& decision) {
  const auto& result = decision.results.at(0).result;
  if (!result) {
    EXPECT_TRUE(decision.records.empty());
    return result.error();
  }
  MetadataDelta delta(before);
  for (const auto& record : decision.records) EXPECT_TRUE(delta.apply(record));
  return *delta.image(Offset(20), 1)->find_partition("t", 0);
}

Result<PartitionImage> elect(ElectionType type, const Partition& partition) {
  const auto before = image({partition});
  return after(before, decide_elect_leaders(type, {{{"t", 0}}}, *before, kSelf));
}

ErrorCode code(const Result<PartitionImage>& result) {
  return result ? ErrorCode::none : result.error().code();
}

TEST(ElectLeaders, whoever_leads_rightly_goes_on) {
  const Partition fine{ids({1, 2}), ids({1})};
  EXPECT_EQ(code(elect(ElectionType::preferred, fine)), ErrorCode::election_not_needed);
  EXPECT_EQ(code(elect(ElectionType::unclean, fine)), ErrorCode::election_not_needed);
}

TEST(ElectLeaders, a_preferred_replica_that_is_not_alive_does_not_lead) {
  EXPECT_EQ(code(elect(ElectionType::preferred, {ids({2, 1}), ids({1})})),
            ErrorCode::preferred_leader_not_available);
  EXPECT_EQ(code(elect(ElectionType::preferred, {ids({1, 2}), ids({2}), kNoLeader})),
            ErrorCode::preferred_leader_not_available);
}

TEST(ElectLeaders, an_unclean_one_takes_a_replica_that_is_behind) {
  const auto elected = elect(ElectionType::unclean, {ids({2, 1}), ids({2}), kNoLeader});
  ASSERT_TRUE(elected) << elected.error();
  EXPECT_EQ(elected->leader, kSelf);
  EXPECT_EQ(elected->in_sync_replicas, ids({1}));
  EXPECT_EQ(elected->leader_epoch, LeaderEpoch(4));
}

TEST(ElectLeaders, nobody_leads_who_has_no_replica_to_read) {
  EXPECT_EQ(code(elect(ElectionType::unclean, {ids({2}), ids({2}), kNoLeader})),
            ErrorCode::eligible_leaders_not_available);
  const Partition offline{ids({1}), ids({1}), kNoLeader, Uuid{6, 6}};
  EXPECT_EQ(code(elect(ElectionType::unclean, offline)), ErrorCode::eligible_leaders_not_available);
}

TEST(ElectLeaders, of_all_partitions_those_that_need_none_are_left_out) {
  const auto before = image(
      {{ids({1}), ids({1})}, {ids({2, 1}), ids({2}), kNoLeader}, {ids({2}), ids({2}), kNoLeader}});
  const auto decision = decide_elect_leaders(ElectionType::unclean, std::nullopt, *before, kSelf);
  ASSERT_EQ(decision.results.size(), 2U);
  EXPECT_EQ(decision.results[0].partition, 1);
  EXPECT_TRUE(decision.results[0].result);
  EXPECT_EQ(decision.results[1].result.error().code(), ErrorCode::eligible_leaders_not_available);
  EXPECT_EQ(decision.records.size(), 1U);
}

TEST(ElectLeaders, what_is_not_there_has_no_leader) {
  const auto before = image({{ids({1}), ids({1})}});
  const std::vector<PartitionToElect> asked{{"t", 1}, {"u", 0}, {"t", -1}};
  for (const auto& each :
       decide_elect_leaders(ElectionType::preferred, asked, *before, kSelf).results) {
    EXPECT_EQ(each.result.error().code(), ErrorCode::unknown_topic_or_partition);
  }
}

Result<PartitionImage> reassign(const Partition& partition, std::optional<Brokers> replicas,
                                bool may_change_factor = true) {
  const auto before = image({partition});
  return after(before, decide_reassign_partitions({{"t", 0, std::move(replicas)}},
                                                  may_change_factor, *before, kSelf));
}

TEST(ReassignPartitions, replicas_that_will_not_come_back_can_be_left_behind) {
  const auto alone = reassign({ids({2, 1}), ids({1})}, ids({1}));
  ASSERT_TRUE(alone) << alone.error();
  EXPECT_EQ(alone->replicas, ids({1}));
  EXPECT_EQ(alone->directories, std::vector<Uuid>{kHere});
  EXPECT_EQ(alone->in_sync_replicas, ids({1}));
  EXPECT_EQ(alone->leader, kSelf);
}

TEST(ReassignPartitions, the_order_of_preference_can_change) {
  const auto turned = reassign({ids({2, 1}), ids({1})}, ids({1, 2}), false);
  ASSERT_TRUE(turned) << turned.error();
  EXPECT_EQ(turned->replicas, ids({1, 2}));
  EXPECT_EQ(turned->directories, (std::vector<Uuid>{kHere, kElsewhere}));
}

TEST(ReassignPartitions, what_is_as_asked_stays_untouched) {
  const auto same = reassign({ids({1}), ids({1})}, ids({1}));
  ASSERT_TRUE(same) << same.error();
  EXPECT_EQ(same->partition_epoch, 3);
}

TEST(ReassignPartitions, every_refusal_has_the_code_of_Kafka) {
  const Partition two{ids({2, 1}), ids({1})};
  EXPECT_EQ(code(reassign(two, ids({}))), ErrorCode::invalid_replica_assignment);
  EXPECT_EQ(code(reassign(two, ids({1, 1}))), ErrorCode::invalid_replica_assignment);
  EXPECT_EQ(code(reassign(two, ids({1, 3}))), ErrorCode::invalid_replica_assignment);
  EXPECT_EQ(code(reassign(two, ids({2}))), ErrorCode::invalid_replica_assignment);
  EXPECT_EQ(code(reassign(two, ids({1}), false)), ErrorCode::invalid_replication_factor);
  EXPECT_EQ(code(reassign(two, std::nullopt)), ErrorCode::no_reassignment_in_progress);
  const auto before = image({two});
  const auto decision = decide_reassign_partitions({{"u", 0, ids({1})}}, true, *before, kSelf);
  EXPECT_EQ(decision.results.at(0).result.error().code(), ErrorCode::unknown_topic_or_partition);
}

TEST(ReassignPartitions, what_another_controller_has_begun_can_be_called_off) {
  const Partition moving{ids({1, 2}), ids({1}), kSelf, kHere, ids({2})};
  const auto back = reassign(moving, std::nullopt);
  ASSERT_TRUE(back) << back.error();
  EXPECT_EQ(back->replicas, ids({1}));
  EXPECT_TRUE(back->adding_replicas.empty());
}

}  // namespace
}  // namespace ottla::broker
