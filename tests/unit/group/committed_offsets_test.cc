#include "broker/group/committed_offsets.h"

#include "broker/group/group_record_batch.h"
#include "broker/group/group_replay.h"
#include "broker/group/java_text.h"
#include "protocol/record/control_record.h"
#include "protocol/wire/codec.h"
#include "tests/unit/group/group_world.h"

namespace ottla::broker {
namespace {

using protocol::LeaderEpoch;
using protocol::Offset;
using protocol::ProducerEpoch;
using protocol::ProducerId;
using protocol::Sequence;

constexpr base::WallMillis kRetention = 1'000;

CommittedOffset at(std::int64_t offset, base::WallMillis when = 0) {
  return {.offset = protocol::Offset(offset), .commit_timestamp = when};
}

TEST(CommittedOffsets, remember_the_last_of_each_partition_and_give_memory_back) {
  CommittedOffsets offsets;
  offsets.set("t", 0, {.offset = protocol::Offset(3), .metadata = std::string(1000, 'x')});
  offsets.set("t", 0, at(4));
  offsets.set("t", 1, at(0));
  ASSERT_NE(offsets.find("t", 0), nullptr);
  EXPECT_EQ(offsets.find("t", 0)->offset, protocol::Offset(4));
  EXPECT_EQ(offsets.find("t", 2), nullptr);
  EXPECT_LT(offsets.memory(), 1000U);
  offsets.erase("t", 0);
  offsets.erase("t", 0);
  offsets.erase("t", 1);
  offsets.erase("u", 1);
  EXPECT_TRUE(offsets.empty());
  EXPECT_EQ(offsets.memory(), 0U);
}

using OffsetExpiry = GroupWorld;

TEST_F(OffsetExpiry, of_a_group_without_members_counts_from_the_commit) {
  CommittedOffsets offsets;
  offsets.set("t", 0, at(1, 100));
  offsets.set("t", 1, at(1, 200));
  EXPECT_EQ(expired_offsets(group_, offsets, 100 + kRetention, kRetention),
            (std::vector<TopicPartition>{{"t", 0}}));
}

TEST_F(OffsetExpiry, of_an_empty_group_counts_from_when_its_last_member_left) {
  CommittedOffsets offsets;
  offsets.set("t", 0, at(1, 0));
  const auto ids = stable_group({{}});
  wall_ = 5'000;
  leave({{ids[0], std::nullopt}});
  EXPECT_TRUE(expired_offsets(group_, offsets, 5'000 + kRetention - 1, kRetention).empty());
  EXPECT_EQ(expired_offsets(group_, offsets, 5'000 + kRetention, kRetention).size(), 1U);
}

TEST_F(OffsetExpiry, of_a_stable_group_concerns_topics_that_nobody_reads) {
  CommittedOffsets offsets;
  offsets.set("read", 0, at(1, 0));
  offsets.set("left", 0, at(1, 0));
  stable_group({{.protocols = {{"range", subscription({"read"})}}}});
  EXPECT_EQ(expired_offsets(group_, offsets, kRetention, kRetention),
            (std::vector<TopicPartition>{{"left", 0}}));
  join({.protocols = {{"range", subscription({"read"})}}});
  EXPECT_TRUE(expired_offsets(group_, offsets, kRetention, kRetention).empty());
}

TEST_F(OffsetExpiry, that_an_old_client_asked_for_is_kept_to) {
  CommittedOffsets offsets;
  auto committed = at(1, 0);
  committed.expire_timestamp = 50;
  offsets.set("t", 0, committed);
  EXPECT_TRUE(expired_offsets(group_, offsets, 49, 1).empty());
  EXPECT_EQ(expired_offsets(group_, offsets, 50, kRetention).size(), 1U);
}

TEST(JavaText, hashes_and_measures_as_java_does) {
  EXPECT_EQ(java_hash_code(""), 0);
  EXPECT_EQ(java_hash_code("console-consumer-12345"), 158455506);
  EXPECT_EQ(java_hash_code("Fran\u0074i\u0161ek"), java_hash_code("Franti\xc5\xa1"
                                                                  "ek"));
  // Two UTF-16 units beyond the basic plane: 0xd83d, 0xde00.
  EXPECT_EQ(java_hash_code("\xf0\x9f\x98\x80"), 31 * 0xd83d + 0xde00);
  EXPECT_EQ(java_length("\xf0\x9f\x98\x80\xc5\xa1x"), 4U);
  EXPECT_EQ(java_length("\xff\xc5"), 2U);
  // "polygenelubricants" has the hash that has no absolute value.
  EXPECT_EQ(java_hash_code("polygenelubricants"), std::numeric_limits<std::int32_t>::min());
  EXPECT_EQ(partition_by_java_hash("polygenelubricants", 50), 0);
  EXPECT_EQ(partition_by_java_hash("a", 50), 'a' % 50);
}

// Feeds batches as they would stand in a log.
class Replay : public testing::Test {
 protected:
  void feed(std::string batch, Offset base = Offset(0)) {
    protocol::stamp_offsets(batch.data(), base, LeaderEpoch(0));
    replay_.on_batch(protocol::RecordBatchView::parse(batch).value());
  }

  static std::string commit(std::string_view group, std::int64_t offset,
                            const protocol::ProducerState& producer = {}) {
    GroupRecordBatch batch(0);
    EXPECT_TRUE(batch.put(group, "t", 0, at(offset)));
    auto made = batch.take();
    if (producer.id.value >= 0) protocol::seal(made.data(), producer, true);
    return made;
  }

  static std::string raw(std::optional<BytesView> key, std::optional<BytesView> value) {
    auto builder = protocol::RecordBatchBuilder::growing();
    EXPECT_TRUE(builder.append(0, key, value));
    return std::string(builder.close_sealed());
  }

  GroupReplay replay_{"__consumer_offsets-0", {}};
};

TEST_F(Replay, says_what_was_written_last) {
  feed(commit("g", 1));
  feed(commit("g", 2));
  feed(commit("h", 7));
  GroupRecordBatch batch(0);
  ASSERT_TRUE(batch.put("g", protocol::GroupMetadataValue{.protocol_type = "consumer"}));
  batch.forget("h", "t", 0);
  feed(batch.take());
  const auto groups = replay_.take().groups;
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_TRUE(groups.at("g").metadata);
  EXPECT_EQ(groups.at("g").offsets.find("t", 0)->offset, Offset(2));
}

TEST_F(Replay, forgets_a_group_by_its_tombstones) {
  feed(commit("g", 1));
  GroupRecordBatch batch(0);
  batch.forget("g", "t", 0);
  batch.forget("g");
  batch.forget("never there");
  feed(batch.take());
  EXPECT_TRUE(replay_.take().groups.empty());
}

TEST_F(Replay, passes_over_what_it_does_not_understand) {
  feed(commit("g", 1));
  feed(raw(std::nullopt, "no key"));
  feed(raw("", "x"));
  feed(raw(std::string_view("\0\1", 2), "a key that is cut"));
  feed(raw(std::string_view("\0\3\0\1a", 5), "a group of KIP-848"));
  const auto key = protocol::encode(protocol::GroupMetadataKey{"broken"}).value();
  feed(raw(key, std::string_view("\0\x63", 2)));
  feed(raw(key, std::string_view("\0\3\xff", 3)));
  const auto offset = protocol::encode(protocol::OffsetCommitKey{"broken", "t", 0}).value();
  feed(raw(offset, std::string_view("\0\3", 2)));
  auto damaged = commit("damaged", 5);
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  feed(damaged);
  feed(commit("h", 1));
  const auto groups = replay_.take().groups;
  EXPECT_EQ(groups.size(), 2U);
  EXPECT_TRUE(groups.contains("g"));
  EXPECT_TRUE(groups.contains("h"));
}

TEST_F(Replay, takes_offsets_of_transactions_when_they_are_committed) {
  const auto producer = [](std::int64_t id) {
    return protocol::ProducerState{ProducerId(id), ProducerEpoch(0), Sequence(0)};
  };
  const auto end = [](bool committed, std::int64_t id) {
    return protocol::end_transaction_batch({committed, 0}, ProducerId(id), ProducerEpoch(0), 0);
  };
  feed(commit("committed", 1, producer(1)));
  feed(commit("aborted", 2, producer(2)));
  feed(commit("open", 3, producer(3)));
  feed(end(true, 1));
  feed(end(false, 2));
  feed(end(true, 4));
  const auto groups = replay_.take().groups;
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups.at("committed").offsets.find("t", 0)->offset, Offset(1));
}

}  // namespace
}  // namespace ottla::broker
