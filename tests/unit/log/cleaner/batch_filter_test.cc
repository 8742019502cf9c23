#include "broker/log/cleaner/batch_filter.h"

#include <gtest/gtest.h>

#include "protocol/record/control_record.h"
#include "protocol/record/record_batch_builder.h"
#include "protocol/record/record_reader.h"

namespace ottla::broker {
namespace {

constexpr WallMillis kNow = 1'000'000;
constexpr WallMillis kRetention = 5'000;

struct In {
  std::optional<std::string> key;
  std::optional<std::string> value;
  WallMillis timestamp = 500;
};

using Kept = std::vector<std::tuple<std::int64_t, std::string, std::string, WallMillis>>;

// Filters batches of a log, with what is known of it.
struct Filtering {
  std::string batch(std::int64_t base, const std::vector<In>& records,
                    const protocol::ProducerState& producer = {}, bool transactional = false,
                    Compression codec = Compression::none) {
    auto builder = protocol::RecordBatchBuilder::growing();
    for (const auto& record : records) {
      std::optional<BytesView> key, value;
      if (record.key) key = *record.key;
      if (record.value) value = *record.value;
      const protocol::RecordHeader header{"h", BytesView("1")};
      EXPECT_TRUE(builder.append(record.timestamp, key, value, {&header, 1}));
    }
    char* at = builder.close(codec, protocol_level(codec)).value();
    protocol::seal(at, producer, transactional);
    protocol::stamp_offsets(at, Offset(base), LeaderEpoch(3));
    return {at, builder.size_in_bytes()};
  }

  static int protocol_level(Compression codec) { return codec == Compression::gzip ? 6 : 0; }

  std::string marker(std::int64_t base, std::int64_t producer, bool committed) {
    auto made = protocol::end_transaction_batch({committed, 7}, ProducerId(producer),
                                                ProducerEpoch(0), 600);
    protocol::stamp_offsets(made.data(), Offset(base), LeaderEpoch(3));
    return made;
  }

  // Notes a batch as the passes before do.
  void know(const std::string& bytes) {
    const auto view = protocol::RecordBatchView::parse(bytes).value();
    const auto header = header_of(view, 0);
    if (const auto end = read_marker(view)) {
      aborted.on_marker(header, end->committed);
      producers.update(header, end);
      return;
    }
    if (view.is_transactional()) aborted.on_data(header);
    producers.update(header);
  }

  BatchFilter filter(Offset known_until = Offset(1000), WallMillis now = kNow) {
    return BatchFilter({&map, known_until, &aborted, &producers, now, kRetention});
  }

  static std::string apply(BatchFilter& filter, const std::string& bytes, bool keep_place = false) {
    const auto batch = protocol::RecordBatchView::parse(bytes).value();
    auto left = filter.filter(batch, keep_place);
    EXPECT_TRUE(left) << left.error();
    if (left->empty()) return {};
    const auto made = protocol::RecordBatchView::parse(*left).value();
    EXPECT_TRUE(made.verify_crc());
    EXPECT_EQ(made.base_offset(), batch.base_offset());
    EXPECT_EQ(made.last_offset(), batch.last_offset());
    EXPECT_EQ(made.producer_state(), batch.producer_state());
    EXPECT_EQ(made.partition_leader_epoch(), batch.partition_leader_epoch());
    EXPECT_EQ(made.is_transactional(), batch.is_transactional());
    EXPECT_EQ(made.is_control(), batch.is_control());
    return std::string(*left);
  }

  static Kept kept(const std::string& bytes) {
    Kept found;
    if (bytes.empty()) return found;
    const auto batch = protocol::RecordBatchView::parse(bytes).value();
    std::string buffer;
    const auto records = protocol::uncompressed_records(batch, 1 << 20, buffer).value();
    protocol::RecordReader reader(batch, records);
    for (protocol::RecordView record; reader.next(record);) {
      found.emplace_back(record.offset.value, std::string(record.key.value_or("")),
                         std::string(record.value.value_or("<null>")), record.timestamp);
      EXPECT_EQ(record.headers.size(), batch.is_control() ? 0u : 1u);
    }
    EXPECT_TRUE(reader.status());
    return found;
  }

  static bool has_horizon(const std::string& bytes) {
    return protocol::RecordBatchView::parse(bytes).value().has_delete_horizon();
  }

  KeyOffsetMap map{{.memory = 1 << 16}, 1000, {1, 2}};
  AbortedTransactions aborted;
  ProducerStateManager producers;
};

TEST(BatchFilter, keeps_the_newest_record_of_each_key_where_it_is) {
  for (const auto codec : {Compression::none, Compression::gzip}) {
    Filtering f;
    const std::string big(200, 'x');
    const auto batch = f.batch(
        10, {{"a", big, 100}, {"b", "b1", 90}, {{}, "no key"}, {"c", "c1", 300}}, {}, false, codec);
    ASSERT_TRUE(f.map.put("a", Offset(40)));
    ASSERT_TRUE(f.map.put("b", Offset(11)));
    auto filter = f.filter();
    const auto left = f.apply(filter, batch);
    // Of "c" nothing is known: it was cleaned before, and nothing newer has come.
    EXPECT_EQ(f.kept(left), (Kept{{11, "b", "b1", 90}, {13, "c", "c1", 300}}));
  }
}

TEST(BatchFilter, leaves_a_batch_alone_of_which_all_is_kept) {
  Filtering f;
  const auto batch = f.batch(10, {{"a", "1"}, {"b", "2"}});
  auto filter = f.filter();
  EXPECT_EQ(f.apply(filter, batch), batch);
}

TEST(BatchFilter, does_not_touch_what_lies_beyond_its_knowledge) {
  Filtering f;
  const auto batch = f.batch(10, {{"a", "1"}, {{}, "no key"}});
  ASSERT_TRUE(f.map.put("a", Offset(40)));
  auto filter = f.filter(Offset(11));
  EXPECT_EQ(f.apply(filter, batch), batch);
}

TEST(BatchFilter, drops_a_batch_of_which_nothing_is_kept_but_for_its_place) {
  Filtering f;
  const auto batch = f.batch(10, {{"a", "1", 700}, {"a", "2", 800}});
  ASSERT_TRUE(f.map.put("a", Offset(40)));
  auto filter = f.filter();
  EXPECT_EQ(f.apply(filter, batch), "");
  const auto place = f.apply(filter, batch, true);
  EXPECT_EQ(f.kept(place), Kept{});
  EXPECT_EQ(place.size(), protocol::kBatchHeaderSize);
  EXPECT_EQ(protocol::RecordBatchView::parse(place).value().max_timestamp(), 800);
  // Once it is not needed any more it goes.
  EXPECT_EQ(f.apply(filter, place, true), place);
  EXPECT_EQ(f.apply(filter, place), "");
}

TEST(BatchFilter, keeps_tombstones_until_their_horizon_has_passed) {
  Filtering f;
  const auto batch = f.batch(10, {{"a", {}, 400}, {"b", "2", 100}});
  ASSERT_TRUE(f.map.put("a", Offset(10)));
  ASSERT_TRUE(f.map.put("b", Offset(11)));
  auto first = f.filter();
  const auto stamped = f.apply(first, batch);
  EXPECT_EQ(f.kept(stamped), (Kept{{10, "a", "<null>", 400}, {11, "b", "2", 100}}));
  ASSERT_TRUE(f.has_horizon(stamped));
  EXPECT_EQ(protocol::RecordBatchView::parse(stamped).value().base_timestamp(), kNow + kRetention);
  auto early = f.filter(Offset(1000), kNow + kRetention - 1);
  EXPECT_EQ(f.apply(early, stamped), stamped);
  auto late = f.filter(Offset(1000), kNow + kRetention);
  EXPECT_EQ(f.kept(f.apply(late, stamped)), (Kept{{11, "b", "2", 100}}));
}

TEST(BatchFilter, removes_what_was_aborted_and_then_the_marker) {
  Filtering f;
  const auto data = f.batch(10, {{"a", "1"}}, {ProducerId(5), ProducerEpoch(0), Sequence(0)}, true);
  const auto abort = f.marker(11, 5, false);
  const auto next = f.batch(12, {{"a", "2"}}, {ProducerId(5), ProducerEpoch(0), Sequence(1)}, true);
  const auto commit = f.marker(13, 5, true);
  const auto last = f.batch(14, {{"z", "z"}}, {ProducerId(5), ProducerEpoch(0), Sequence(2)}, true);
  for (const auto* batch : {&data, &abort, &next, &commit, &last}) f.know(*batch);
  ASSERT_TRUE(f.map.put("a", Offset(12)));
  auto first = f.filter();
  EXPECT_EQ(f.apply(first, data), "");
  EXPECT_EQ(f.apply(first, abort), abort);  // its data were there a moment ago
  EXPECT_EQ(f.apply(first, next), next);
  EXPECT_EQ(f.apply(first, commit), commit);
  auto second = f.filter();
  const auto stamped = f.apply(second, abort);
  EXPECT_TRUE(f.has_horizon(stamped));
  EXPECT_FALSE(read_marker(protocol::RecordBatchView::parse(stamped).value())->committed);
  EXPECT_EQ(f.kept(stamped), f.kept(abort));
  auto third = f.filter(Offset(1000), kNow + kRetention);
  EXPECT_EQ(f.apply(third, stamped), "");
  EXPECT_EQ(f.apply(third, next), next);
  EXPECT_EQ(f.apply(third, commit), commit);
}

TEST(BatchFilter, keeps_what_a_producers_sequence_goes_on_from) {
  Filtering f;
  const auto first = f.batch(10, {{"a", "1"}}, {ProducerId(5), ProducerEpoch(0), Sequence(0)});
  const auto last = f.batch(11, {{"a", "2"}}, {ProducerId(5), ProducerEpoch(0), Sequence(1)});
  f.know(first);
  f.know(last);
  ASSERT_TRUE(f.map.put("a", Offset(40)));
  auto filter = f.filter();
  EXPECT_EQ(f.apply(filter, first), "");
  const auto empty = f.apply(filter, last);
  EXPECT_EQ(f.kept(empty), Kept{});
  const auto header = header_of(protocol::RecordBatchView::parse(empty).value(), 0);
  EXPECT_EQ(header.base_sequence, Sequence(1));
  ProducerStateManager rebuilt;
  rebuilt.update(header);
  EXPECT_EQ(rebuilt.find(ProducerId(5))->last_sequence(), Sequence(1));
}

TEST(BatchFilter, keeps_the_only_marker_that_tells_a_producers_epoch) {
  Filtering f;
  const auto commit = f.marker(13, 5, true);
  f.know(commit);
  auto filter = f.filter();
  const auto stamped = f.apply(filter, commit);
  auto late = f.filter(Offset(1000), kNow + kRetention);
  EXPECT_NE(f.apply(late, stamped), "");
}

TEST(BatchFilter, refuses_records_that_cannot_be_read) {
  Filtering f;
  auto batch = f.batch(10, {{"a", "1"}});
  batch[protocol::batch_layout::kRecords] = '\x7f';
  auto filter = f.filter();
  EXPECT_FALSE(filter.filter(protocol::RecordBatchView::parse(batch).value(), false));
}

}  // namespace
}  // namespace ottla::broker
