#include "broker/metadata/metadata_delta.h"

#include <gtest/gtest.h>

#include "broker/metadata/partition_change.h"

namespace ottla::broker {
namespace {

constexpr Uuid kOrders{1, 100};
constexpr Uuid kPayments{1, 200};
constexpr Uuid kDirectory{9, 9};

std::shared_ptr<const MetadataImage> nothing() {
  return MetadataImage::empty("cluster");
}

PartitionRecord partition_record(const Uuid& topic, std::int32_t number) {
  PartitionRecord record;
  record.topic_id = topic;
  record.partition_id = number;
  record.replicas = record.isr = {BrokerId(1)};
  record.leader = BrokerId(1);
  record.leader_epoch = LeaderEpoch(0);
  record.partition_epoch = 0;
  record.directories = {kDirectory};
  return record;
}

PartitionChangeRecord change_of(const Uuid& topic, std::int32_t number) {
  PartitionChangeRecord record;
  record.topic_id = topic;
  record.partition_id = number;
  return record;
}

RegisterBrokerRecord broker_record(std::int32_t id, std::int64_t epoch) {
  RegisterBrokerRecord record;
  record.broker_id = BrokerId(id);
  record.broker_epoch = epoch;
  return record;
}

// Applies everything to `image`; the image that comes of it.
std::shared_ptr<const MetadataImage> after(const std::shared_ptr<const MetadataImage>& image,
                                           const std::vector<MetadataRecord>& records) {
  MetadataDelta delta(image);
  for (const auto& record : records) {
    const auto applied = delta.apply(record);
    EXPECT_TRUE(applied) << applied.error();
  }
  const auto count = static_cast<std::int64_t>(records.size());
  return delta.image(image->last_offset() + count, 1);
}

std::shared_ptr<const MetadataImage> two_topics() {
  return after(
      nothing(),
      {TopicRecord{.name = "orders", .topic_id = kOrders}, partition_record(kOrders, 0),
       partition_record(kOrders, 1), TopicRecord{.name = "payments", .topic_id = kPayments},
       partition_record(kPayments, 0),
       ConfigRecord{
           .resource_type = 2, .resource_name = "orders", .name = "retention.ms", .value = "5"}});
}

ErrorCode refusal(const std::shared_ptr<const MetadataImage>& image, const MetadataRecord& record) {
  MetadataDelta delta(image);
  const auto applied = delta.apply(record);
  return applied ? ErrorCode::none : applied.error().code();
}

TEST(MetadataDelta, topics_are_found_by_name_and_id) {
  const auto image = two_topics();
  EXPECT_EQ(image->topic_count(), 2U);
  EXPECT_EQ(image->find_topic("orders"), image->find_topic(kOrders));
  EXPECT_EQ(image->find_topic("orders")->partitions.size(), 2U);
  EXPECT_NE(image->find_partition("orders", 1), nullptr);
  EXPECT_EQ(image->find_partition("orders", 2), nullptr);
  EXPECT_EQ(image->find_topic("nothing"), nullptr);
  ASSERT_EQ(image->topics().size(), 2U);
  EXPECT_EQ(image->topics()[1]->name, "payments");
  EXPECT_EQ(image->topic_configs("orders"), (ConfigMap{{"retention.ms", "5"}}));
  EXPECT_EQ(image->last_offset(), Offset(5));
}

TEST(MetadataDelta, an_image_never_changes_and_shares_what_stays) {
  const auto before = two_topics();
  auto change = change_of(kOrders, 0);
  change.leader = kNoLeader;
  MetadataDelta delta(before);
  ASSERT_TRUE(delta.apply(change));
  const auto now = delta.image(Offset(6), 1);
  EXPECT_EQ(before->find_partition("orders", 0)->leader, BrokerId(1));
  EXPECT_EQ(now->find_partition("orders", 0)->leader, kNoLeader);
  EXPECT_EQ(now->find_topic("payments"), before->find_topic("payments"));
  // Applying on does not reach the image that was handed out.
  ASSERT_TRUE(delta.apply(change));
  EXPECT_EQ(now->find_partition("orders", 0)->partition_epoch, 1);
}

TEST(MetadataDelta, tells_what_changed) {
  MetadataDelta delta(two_topics());
  auto change = change_of(kPayments, 0);
  change.isr = std::vector<BrokerId>{};
  ASSERT_TRUE(delta.apply(change));
  ASSERT_TRUE(delta.apply(RemoveTopicRecord{.topic_id = kOrders}));
  const Uuid again{1, 300};
  ASSERT_TRUE(delta.apply(TopicRecord{.name = "orders", .topic_id = again}));
  const auto changes = delta.changes();
  ASSERT_EQ(changes.deleted_topics.size(), 1U);
  EXPECT_EQ(changes.deleted_topics[0]->id, kOrders);
  EXPECT_EQ(changes.deleted_topics[0]->partitions.size(), 2U);
  ASSERT_EQ(changes.changed_topics.size(), 2U);
  EXPECT_EQ(changes.changed_topics[0]->id, again);
  EXPECT_EQ(changes.changed_topics[1]->id, kPayments);
  EXPECT_EQ(changes.changed_configs,
            (std::vector<ConfigResource>{{ConfigResourceType::topic, "orders"}}));
  EXPECT_FALSE(changes.brokers_changed);
}

TEST(MetadataDelta, a_topic_that_came_and_went_leaves_no_trace) {
  MetadataDelta delta(nothing());
  ASSERT_TRUE(delta.apply(TopicRecord{.name = "orders", .topic_id = kOrders}));
  ASSERT_TRUE(delta.apply(RemoveTopicRecord{.topic_id = kOrders}));
  EXPECT_TRUE(delta.changes().changed_topics.empty());
  EXPECT_TRUE(delta.changes().deleted_topics.empty());
  EXPECT_EQ(delta.image(Offset(1), 1)->topic_count(), 0U);
}

TEST(MetadataDelta, removing_a_topic_removes_its_settings) {
  const auto image = after(two_topics(), {RemoveTopicRecord{.topic_id = kOrders}});
  EXPECT_TRUE(image->topic_configs("orders").empty());
  EXPECT_EQ(image->find_topic(kOrders), nullptr);
}

TEST(MetadataDelta, a_null_setting_goes_back_to_the_default) {
  ConfigRecord record{.resource_type = 2, .resource_name = "orders", .name = "retention.ms"};
  record.value.reset();
  EXPECT_TRUE(after(two_topics(), {record})->topic_configs("orders").empty());
}

TEST(MetadataDelta, settings_of_other_resources_are_kept_apart) {
  const auto image = after(
      two_topics(),
      {ConfigRecord{.resource_type = 4, .resource_name = "orders", .name = "x", .value = "1"}});
  EXPECT_EQ(image->configs({ConfigResourceType::broker, "orders"}), (ConfigMap{{"x", "1"}}));
  EXPECT_EQ(image->configs({ConfigResourceType::topic, "orders"}),
            (ConfigMap{{"retention.ms", "5"}}));
  EXPECT_TRUE(image->configs({ConfigResourceType::broker, ""}).empty());
}

TEST(MetadataDelta, registrations_follow_their_epoch) {
  BrokerRegistrationChangeRecord unfence;
  unfence.broker_id = BrokerId(1);
  unfence.broker_epoch = 7;
  unfence.fenced = -1;
  unfence.log_dirs = {kDirectory};
  const auto image = after(nothing(), {broker_record(1, 7), unfence});
  ASSERT_NE(image->find_broker(BrokerId(1)), nullptr);
  EXPECT_FALSE(image->find_broker(BrokerId(1))->fenced);
  EXPECT_EQ(image->find_broker(BrokerId(1))->directories, std::vector<Uuid>{kDirectory});
  unfence.broker_epoch = 6;
  EXPECT_EQ(refusal(image, unfence), ErrorCode::corrupt_data);
  EXPECT_EQ(refusal(image, FenceBrokerRecord{.id = BrokerId(2), .epoch = 7}),
            ErrorCode::corrupt_data);
  const auto fenced = after(image, {FenceBrokerRecord{.id = BrokerId(1), .epoch = 7}});
  EXPECT_TRUE(fenced->find_broker(BrokerId(1))->fenced);
  const auto unfenced = after(fenced, {UnfenceBrokerRecord{.id = BrokerId(1), .epoch = 7}});
  EXPECT_FALSE(unfenced->find_broker(BrokerId(1))->fenced);
  const auto gone =
      after(image, {UnregisterBrokerRecord{.broker_id = BrokerId(1), .broker_epoch = 7}});
  EXPECT_TRUE(gone->brokers().empty());
}

TEST(MetadataDelta, features_above_what_is_known_are_refused) {
  const auto level = [](std::string_view name, std::int16_t l) {
    return FeatureLevelRecord{.name = name, .feature_level = l};
  };
  EXPECT_EQ(after(nothing(), {level("metadata.version", 25)})->feature("metadata.version"), 25);
  EXPECT_EQ(refusal(nothing(), level("metadata.version", 31)), ErrorCode::unsupported_version);
  EXPECT_EQ(refusal(nothing(), level("metadata.version", 14)), ErrorCode::unsupported_version);
  EXPECT_EQ(refusal(nothing(), level("eligible.leader.replicas.version", 2)),
            ErrorCode::unsupported_version);
  EXPECT_EQ(refusal(nothing(), level("share.version", 0)), ErrorCode::none);
  const auto image = after(nothing(), {level("group.version", 1), level("group.version", 0)});
  EXPECT_EQ(image->feature("group.version"), 0);
}

TEST(MetadataDelta, producer_ids_rise) {
  const auto image = after(nothing(), {ProducerIdsRecord{.next_producer_id = ProducerId(1000)}});
  EXPECT_EQ(image->next_producer_id(), ProducerId(1000));
  EXPECT_EQ(refusal(image, ProducerIdsRecord{.next_producer_id = ProducerId(1000)}),
            ErrorCode::corrupt_data);
}

TEST(MetadataDelta, records_that_contradict_the_state_are_refused) {
  const auto image = two_topics();
  EXPECT_EQ(refusal(image, TopicRecord{.name = "orders", .topic_id = {7, 7}}),
            ErrorCode::corrupt_data);
  EXPECT_EQ(refusal(image, TopicRecord{.name = "other", .topic_id = kOrders}),
            ErrorCode::corrupt_data);
  EXPECT_EQ(refusal(image, partition_record({7, 7}, 0)), ErrorCode::corrupt_data);
  EXPECT_EQ(refusal(image, change_of(kOrders, 9)), ErrorCode::corrupt_data);
  EXPECT_EQ(refusal(image, change_of({7, 7}, 0)), ErrorCode::corrupt_data);
  EXPECT_EQ(refusal(image, RemoveTopicRecord{.topic_id = {7, 7}}), ErrorCode::corrupt_data);
  EXPECT_EQ(refusal(image, EndTransactionRecord()), ErrorCode::corrupt_data);
  EXPECT_EQ(refusal(image, AbortTransactionRecord()), ErrorCode::corrupt_data);
  auto unpaired = partition_record(kOrders, 2);
  unpaired.directories = {kDirectory, kDirectory};
  EXPECT_EQ(refusal(image, unpaired), ErrorCode::corrupt_data);
  EXPECT_EQ(refusal(image, partition_record(kOrders, -1)), ErrorCode::corrupt_data);
}

TEST(MetadataDelta, a_transaction_counts_once_it_ends) {
  MetadataDelta delta(two_topics());
  ASSERT_TRUE(delta.apply(BeginTransactionRecord()));
  ASSERT_TRUE(delta.apply(RemoveTopicRecord{.topic_id = kOrders}));
  auto change = change_of(kPayments, 0);
  change.leader = kNoLeader;
  ASSERT_TRUE(delta.apply(change));
  EXPECT_TRUE(delta.in_transaction());
  EXPECT_EQ(delta.image(Offset(8), 1)->topic_count(), 2U);
  EXPECT_TRUE(delta.changes().deleted_topics.empty());
  ASSERT_TRUE(delta.apply(EndTransactionRecord()));
  EXPECT_EQ(delta.image(Offset(9), 1)->topic_count(), 1U);
  EXPECT_EQ(delta.changes().deleted_topics.size(), 1U);
}

TEST(MetadataDelta, an_aborted_transaction_never_was) {
  MetadataDelta delta(two_topics());
  auto change = change_of(kPayments, 0);
  change.leader = kNoLeader;
  ASSERT_TRUE(delta.apply(change));
  ASSERT_TRUE(delta.apply(BeginTransactionRecord()));
  ASSERT_TRUE(delta.apply(change));
  ASSERT_TRUE(delta.apply(RemoveTopicRecord{.topic_id = kOrders}));
  ASSERT_TRUE(delta.apply(AbortTransactionRecord()));
  const auto image = delta.image(Offset(10), 1);
  EXPECT_EQ(image->topic_count(), 2U);
  EXPECT_EQ(image->find_partition("payments", 0)->leader_epoch, LeaderEpoch(1));
}

TEST(PartitionChange, naming_a_leader_raises_both_epochs_anything_else_one) {
  auto partition = partition_of(partition_record(kOrders, 0)).value();
  auto change = change_of(kOrders, 0);
  change.isr = std::vector<BrokerId>{BrokerId(1)};
  ASSERT_TRUE(change_partition(change, partition));
  EXPECT_EQ(partition.leader_epoch, LeaderEpoch(0));
  EXPECT_EQ(partition.partition_epoch, 1);
  change.leader = BrokerId(1);
  ASSERT_TRUE(change_partition(change, partition));
  EXPECT_EQ(partition.leader_epoch, LeaderEpoch(1));
  EXPECT_EQ(partition.partition_epoch, 2);
}

TEST(PartitionChange, directories_follow_their_replicas) {
  auto partition = partition_of(partition_record(kOrders, 0)).value();
  auto change = change_of(kOrders, 0);
  change.replicas = std::vector<BrokerId>{BrokerId(2), BrokerId(1)};
  ASSERT_TRUE(change_partition(change, partition));
  EXPECT_EQ(partition.directories, (std::vector<Uuid>{kUnassignedDirectory, kDirectory}));
  change.directories = std::vector<Uuid>{kDirectory};
  EXPECT_FALSE(change_partition(change, partition));
}

TEST(PartitionChange, an_epoch_at_its_end_is_an_error) {
  auto partition = partition_of(partition_record(kOrders, 0)).value();
  partition.leader_epoch = LeaderEpoch(std::numeric_limits<std::int32_t>::max());
  auto change = change_of(kOrders, 0);
  change.leader = BrokerId(1);
  EXPECT_FALSE(change_partition(change, partition));
}

TEST(MetadataDelta, clearing_eligible_leader_replicas_reaches_one_topic_or_all) {
  auto first = partition_record(kOrders, 0);
  first.eligible_leader_replicas = std::vector<BrokerId>{BrokerId(3)};
  auto second = partition_record(kPayments, 0);
  second.eligible_leader_replicas = std::vector<BrokerId>{BrokerId(4)};
  const auto image = after(two_topics(), {first, second});
  const auto one = after(image, {ClearElrRecord{.topic_name = "orders"}});
  EXPECT_TRUE(one->find_partition("orders", 0)->eligible_leader_replicas.empty());
  EXPECT_EQ(one->find_partition("payments", 0)->eligible_leader_replicas.size(), 1U);
  const auto all = after(image, {ClearElrRecord()});
  EXPECT_TRUE(all->find_partition("payments", 0)->eligible_leader_replicas.empty());
}

}  // namespace
}  // namespace ottla::broker
