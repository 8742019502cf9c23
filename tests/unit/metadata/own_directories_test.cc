#include "broker/metadata/own_directories.h"

#include <gtest/gtest.h>

#include "broker/metadata/election.h"
#include "broker/metadata/metadata_delta.h"
#include "broker/metadata/partition_change.h"
#include "tests/unit/metadata/controller_fixture.h"

namespace ottla::broker {
namespace {

constexpr Uuid kA{1, 10};
constexpr Uuid kB{2, 20};
constexpr Uuid kElsewhere{3, 30};
constexpr Uuid kTopic{5, 5};
const BrokerId kSelf(1);

// One topic, of which each partition is in one of these directories.
std::shared_ptr<const MetadataImage> image_of(const std::vector<Uuid>& directories) {
  MetadataDelta delta(MetadataImage::empty({}));
  RegisterBrokerRecord broker;
  broker.broker_id = kSelf;
  broker.broker_epoch = 3;
  broker.log_dirs = {kA, kB};
  EXPECT_TRUE(delta.apply(broker));
  EXPECT_TRUE(delta.apply(TopicRecord{.name = "t", .topic_id = kTopic}));
  for (std::size_t i = 0; i < directories.size(); ++i) {
    PartitionRecord record;
    record.topic_id = kTopic;
    record.partition_id = static_cast<std::int32_t>(i);
    record.replicas = record.isr = {kSelf};
    record.leader = kSelf;
    record.leader_epoch = LeaderEpoch(0);
    record.partition_epoch = 0;
    record.directories = {directories[i]};
    EXPECT_TRUE(delta.apply(record));
  }
  return delta.image(Offset(1), 1);
}

// The image once the records have happened.
std::shared_ptr<const MetadataImage> after(const std::shared_ptr<const MetadataImage>& image,
                                           const std::vector<MetadataRecord>& records) {
  MetadataDelta delta(image);
  for (const auto& record : records) EXPECT_TRUE(delta.apply(record));
  return delta.image(Offset(2), 1);
}

const PartitionImage& partition(const MetadataImage& image, std::int32_t number) {
  return *image.find_partition("t", number);
}

TEST(DirectoryChoice, goes_where_the_fewest_are) {
  DirectoryChoice choice(*image_of({kA, kA, kA, kB, kElsewhere}), kSelf, {kA, kB});
  EXPECT_EQ(choice.next(), kB);
  EXPECT_EQ(choice.next(), kB);
  EXPECT_EQ(choice.next(), kA);
  EXPECT_EQ(choice.next(), kB);
}

TEST(DirectoryChoice, without_a_directory_there_is_none) {
  EXPECT_EQ(DirectoryChoice(*image_of({}), kSelf, {}).next(), kUnassignedDirectory);
}

TEST(OfflineReplicas, are_those_of_brokers_and_directories_that_are_away) {
  MetadataDelta delta(MetadataImage::empty({}));
  for (const std::int32_t id : {1, 2, 3}) {
    RegisterBrokerRecord broker;
    broker.broker_id = BrokerId(id);
    broker.fenced = id == 2;
    if (id != 3) broker.log_dirs = {kA, kB};
    EXPECT_TRUE(delta.apply(broker));
  }
  const auto image = delta.image(Offset(1), 1);
  const auto offline = [&](BrokerId replica, const Uuid& directory) {
    PartitionImage partition;
    partition.replicas = {kSelf, replica};
    partition.directories = {kA, directory};
    return offline_replicas(*image, partition) == std::vector{replica};
  };
  for (const auto& directory : {kA, kUnassignedDirectory, kLostDirectory}) {
    EXPECT_TRUE(offline(BrokerId(2), directory));  // it is fenced
    EXPECT_TRUE(offline(BrokerId(4), directory));  // and this one is not there
  }
  // One that has not said which directories it has.
  EXPECT_FALSE(offline(BrokerId(3), kElsewhere));
  EXPECT_FALSE(offline(BrokerId(3), kUnassignedDirectory));
  EXPECT_TRUE(offline(BrokerId(3), kLostDirectory));
  const auto is_offline = [&](const Uuid& directory) {
    PartitionImage partition;
    partition.replicas = {kSelf};
    partition.directories = {directory};
    return !offline_replicas(*image, partition).empty();
  };
  EXPECT_FALSE(is_offline(kB));
  EXPECT_FALSE(is_offline(kUnassignedDirectory));
  EXPECT_FALSE(is_offline(kMigratingDirectory));
  EXPECT_TRUE(is_offline(kLostDirectory));
  EXPECT_TRUE(is_offline(kElsewhere));
}

TEST(OnlineDirectory, is_not_one_that_nobody_has_named) {
  const auto image = image_of({kA, kUnassignedDirectory, kElsewhere});
  const std::vector online{kA, kB};
  EXPECT_EQ(online_directory_of(partition(*image, 0), kSelf, online), kA);
  EXPECT_EQ(online_directory_of(partition(*image, 1), kSelf, online), std::nullopt);
  EXPECT_EQ(online_directory_of(partition(*image, 2), kSelf, online), std::nullopt);
}

class Leading : public testing::Test {
 protected:
  std::shared_ptr<const MetadataImage> lead(const std::vector<Uuid>& before,
                                            const OwnDirectories& directories) {
    const auto image = image_of(before);
    return after(image, records_to_lead(*image, kSelf, 3, directories));
  }
};

TEST_F(Leading, a_replica_is_where_its_log_was_found) {
  const auto found = [](const TopicPartition& id) {
    return id.partition == 0 ? std::optional(kB) : std::nullopt;
  };
  const auto image = lead({kA, kA}, {.online = {kA, kB}, .found = found});
  EXPECT_EQ(directory_of(partition(*image, 0), kSelf), kB);
  EXPECT_EQ(directory_of(partition(*image, 1), kSelf), kA);
  EXPECT_EQ(partition(*image, 0).leader, kSelf);
}

TEST_F(Leading, what_is_nowhere_begins_where_the_fewest_are) {
  const auto image = lead({kA, kUnassignedDirectory, kElsewhere}, {.online = {kA, kB}});
  EXPECT_EQ(directory_of(partition(*image, 1), kSelf), kB);
  EXPECT_EQ(directory_of(partition(*image, 2), kSelf), kA);
  EXPECT_EQ(partition(*image, 2).leader, kSelf);
}

TEST_F(Leading, what_may_lie_in_a_directory_that_is_offline_has_no_leader_and_stays_there) {
  const auto image = lead({kA, kB, kUnassignedDirectory}, {.online = {kA}, .all_online = false});
  EXPECT_EQ(partition(*image, 0).leader, kSelf);
  for (const auto number : {1, 2}) EXPECT_EQ(partition(*image, number).leader, kNoLeader);
  EXPECT_EQ(directory_of(partition(*image, 1), kSelf), kB);
  EXPECT_EQ(partition(*image, 1).in_sync_replicas, std::vector<BrokerId>{kSelf});
  // Once it is back, its partitions are led again.
  const auto back = after(image, records_to_lead(*image, kSelf, 3, {.online = {kA, kB}}));
  EXPECT_EQ(partition(*back, 1).leader, kSelf);
  EXPECT_EQ(directory_of(partition(*back, 1), kSelf), kB);
}

TEST_F(Leading, a_log_found_in_a_directory_that_has_failed_since_has_no_leader) {
  const auto found = [](const TopicPartition&) { return std::optional(kB); };
  const auto image = lead({kA}, {.online = {kA}, .all_online = false, .found = found});
  EXPECT_EQ(partition(*image, 0).leader, kNoLeader);
}

TEST(LosingADirectory, takes_the_leader_from_its_partitions_alone) {
  const auto before = image_of({kA, kB});
  const auto image = after(before, records_without_directory(*before, kSelf, 3, kB));
  EXPECT_EQ(partition(*image, 0).leader, kSelf);
  EXPECT_EQ(partition(*image, 1).leader, kNoLeader);
  EXPECT_EQ(image->find_broker(kSelf)->directories, std::vector<Uuid>{kA});
}

class ControllerWithTwoDirectories : public ControllerFixture {
 protected:
  ControllerWithTwoDirectories() { directories = {.online = {kA, kB}}; }

  const MetadataImage& image() { return *controller->image(); }
  Result<CreatedTopic> create_two(const std::string& name) {
    NewTopic topic;
    topic.name = name;
    topic.num_partitions = 2;
    return create(std::move(topic));
  }
};

TEST_F(ControllerWithTwoDirectories, new_partitions_are_spread_over_both) {
  ASSERT_TRUE(start());
  EXPECT_EQ(image().find_broker(kSelf)->directories, (std::vector<Uuid>{kA, kB}));
  ASSERT_TRUE(create_two("t"));
  EXPECT_EQ(partition(image(), 0).directories, std::vector<Uuid>{kA});
  EXPECT_EQ(partition(image(), 1).directories, std::vector<Uuid>{kB});
}

TEST_F(ControllerWithTwoDirectories, what_fails_takes_no_more_and_is_written_down) {
  ASSERT_TRUE(start());
  ASSERT_TRUE(create_two("t"));
  controller->on_directory_offline(kB);
  loop.run();
  EXPECT_EQ(partition(image(), 1).leader, kNoLeader);
  EXPECT_EQ(partition(image(), 0).leader, kSelf);
  ASSERT_TRUE(create_two("u"));
  EXPECT_EQ(image().find_partition("u", 0)->directories, std::vector<Uuid>{kA});
  EXPECT_EQ(image().find_partition("u", 1)->directories, std::vector<Uuid>{kA});
  // The next start reads it.
  EXPECT_EQ(load()->image->find_partition("t", 1)->leader, kNoLeader);
}

TEST_F(ControllerWithTwoDirectories,
       what_fails_during_the_start_is_written_down_when_that_is_through) {
  ASSERT_TRUE(start());
  ASSERT_TRUE(create_two("t"));
  ASSERT_TRUE(stop());
  start_loaded(load().value());
  controller->on_directory_offline(kB);
  loop.run();
  ASSERT_TRUE(started);
  EXPECT_EQ(partition(image(), 0).leader, kSelf);
  EXPECT_EQ(partition(image(), 1).leader, kNoLeader);
}

}  // namespace
}  // namespace ottla::broker
