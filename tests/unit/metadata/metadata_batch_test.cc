#include "broker/metadata/metadata_batch.h"

#include <gtest/gtest.h>

#include "broker/metadata/election.h"
#include "broker/metadata/metadata_delta.h"
#include "broker/metadata/metadata_record.h"
#include "broker/metadata/metadata_replay.h"
#include "protocol/record/record_batch.h"

namespace ottla::broker {
namespace {

std::vector<MetadataRecord> many_topics(std::size_t count, const std::string& name) {
  std::vector<MetadataRecord> records;
  for (std::size_t i = 0; i < count; ++i) {
    records.push_back(ConfigRecord{.resource_type = 2, .resource_name = name, .name = "a"});
  }
  return records;
}

TEST(MetadataBatch, what_fits_is_one_batch) {
  const auto batches = encode_metadata_batches(many_topics(100, "t"), 17);
  ASSERT_TRUE(batches);
  ASSERT_EQ(batches->size(), 1U);
  const auto batch = protocol::RecordBatchView::parse(batches->front()).value();
  EXPECT_TRUE(batch.verify_crc());
  EXPECT_EQ(batch.record_count(), 100);
  EXPECT_EQ(batch.base_timestamp(), 17);
  EXPECT_EQ(batch.max_timestamp(), 17);
  EXPECT_FALSE(batch.has_producer_id());
}

TEST(MetadataBatch, what_does_not_fit_is_a_transaction) {
  const std::string name(100, 'x');
  const auto batches = encode_metadata_batches(many_topics(100, name), 0, 2000);
  ASSERT_TRUE(batches);
  EXPECT_GT(batches->size(), 4U);
  MetadataReplay replay;
  for (const auto& bytes : *batches) {
    EXPECT_LE(bytes.size(), 2000U);
    EXPECT_TRUE(replay.image(Offset(0))->topic_configs(name).empty());
    const auto applied = replay.apply(protocol::RecordBatchView::parse(bytes).value(), "test");
    ASSERT_TRUE(applied) << applied.error();
  }
  EXPECT_FALSE(replay.open_transaction());
  EXPECT_EQ(replay.image(Offset(0))->topic_configs(name).size(), 1U);
}

TEST(MetadataBatch, a_record_that_no_batch_holds_is_an_error) {
  const std::string name(3000, 'x');
  const auto batches = encode_metadata_batches(many_topics(1, name), 0, 2000);
  ASSERT_FALSE(batches);
  EXPECT_EQ(batches.error().code(), ErrorCode::message_too_large);
}

class Election : public testing::Test {
 protected:
  std::optional<PartitionChangeRecord> elected() {
    return elect({1, 1}, 0, partition, BrokerId(1), Uuid{7, 7});
  }

  PartitionImage partition{.replicas = {BrokerId(1), BrokerId(2)},
                           .directories = {{7, 7}, {8, 8}},
                           .in_sync_replicas = {BrokerId(1), BrokerId(2)}};
};

TEST_F(Election, an_in_sync_replica_leads_alone) {
  const auto change = elected();
  ASSERT_TRUE(change);
  EXPECT_EQ(change->leader, BrokerId(1));
  EXPECT_EQ(change->isr, std::vector<BrokerId>{BrokerId(1)});
  EXPECT_EQ(change->directories, std::nullopt);
}

// What Apache Kafka leaves behind at a clean stop with eligible leader replicas (KIP-966).
TEST_F(Election, an_eligible_replica_leads_and_is_in_sync_again) {
  partition.in_sync_replicas = {};
  partition.eligible_leader_replicas = {BrokerId(1)};
  partition.leader = kNoLeader;
  const auto change = elected();
  ASSERT_TRUE(change);
  EXPECT_EQ(change->leader, BrokerId(1));
  EXPECT_EQ(change->isr, std::vector<BrokerId>{BrokerId(1)});
  ASSERT_TRUE(change->eligible_leader_replicas);
  EXPECT_TRUE(change->eligible_leader_replicas->empty());
  EXPECT_EQ(written_version(*change), 2);
}

TEST_F(Election, a_replica_out_of_sync_only_takes_the_leadership_away) {
  partition.in_sync_replicas = {BrokerId(2)};
  partition.leader = BrokerId(2);
  const auto change = elected();
  ASSERT_TRUE(change);
  EXPECT_EQ(change->leader, kNoLeader);
  EXPECT_EQ(change->isr, std::nullopt);
  partition.leader = kNoLeader;
  EXPECT_FALSE(elected());
}

TEST_F(Election, without_a_replica_nothing_changes) {
  partition.replicas = {BrokerId(2)};
  partition.directories = {{8, 8}};
  EXPECT_FALSE(elected());
}

TEST_F(Election, a_replica_in_another_directory_is_moved_to_the_one_there_is) {
  partition.directories = {{9, 9}, {8, 8}};
  EXPECT_EQ(elected()->directories, (std::vector<Uuid>{{7, 7}, {8, 8}}));
  partition.directories = {};
  EXPECT_EQ(elected()->directories, (std::vector<Uuid>{{7, 7}, {0, 0}}));
}

TEST_F(Election, other_brokers_are_fenced) {
  MetadataDelta delta(MetadataImage::empty({}));
  for (const std::int32_t id : {1, 2}) {
    RegisterBrokerRecord record;
    record.broker_id = BrokerId(id);
    record.broker_epoch = 10 + id;
    record.fenced = id == 1;
    ASSERT_TRUE(delta.apply(record));
  }
  for (const auto& record :
       records_to_lead(*delta.image(Offset(1), 1), BrokerId(1), 11, {.online = {{7, 7}}})) {
    ASSERT_TRUE(delta.apply(record));
  }
  const auto image = delta.image(Offset(2), 1);
  EXPECT_FALSE(image->find_broker(BrokerId(1))->fenced);
  EXPECT_TRUE(image->find_broker(BrokerId(2))->fenced);
}

}  // namespace
}  // namespace ottla::broker
