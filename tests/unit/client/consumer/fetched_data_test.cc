#include "client/consumer/fetched_data.h"

#include <gtest/gtest.h>

#include "base/endian.h"
#include "base/random.h"
#include "protocol/compression/compression.h"
#include "protocol/record/record_batch_builder.h"

namespace ottla::client {
namespace {

using protocol::RecordBatchBuilder;
namespace layout = protocol::batch_layout;
using Strings = std::vector<std::string>;

std::string batch(std::int64_t base_offset, const Strings& values,
                  Compression codec = Compression::none) {
  auto builder = RecordBatchBuilder::growing();
  for (const auto& value : values) EXPECT_TRUE(builder.append(1000, "k", value));
  char* const at = codec == Compression::none
                       ? builder.close()
                       : builder.close(codec, protocol::default_level(codec)).value();
  protocol::seal(at, {}, false);
  protocol::stamp_offsets(at, protocol::Offset(base_offset), protocol::LeaderEpoch(3));
  return std::string(at, builder.size_in_bytes());
}

// A batch with another number in one field, and a checksum that fits.
template <class T>
std::string altered(std::string bytes, std::size_t field, T value) {
  base::store_be<T>(bytes.data() + field, value);
  if (field >= layout::kAttributes) protocol::seal(bytes.data(), {}, false);
  return bytes;
}

class Fetched {
 public:
  explicit Fetched(std::string bytes, std::int64_t offset = 0, const DecodeOptions& options = {})
      : data_(std::make_shared<const std::string>("t"), 2, base::Slice::own(std::move(bytes)),
              protocol::Offset(offset), {}, options) {}

  FetchedData* operator->() { return &data_; }

  // "offset=value" of what comes next.
  Strings decode(std::size_t most = 1000) {
    ConsumerRecords::Contents contents;
    status = data_.decode(most, contents);
    Strings records;
    for (const auto& record : contents.records) {
      records.push_back(std::to_string(record.offset()) + "=" + std::string(record.value()));
      EXPECT_EQ(record.topic(), "t");
      EXPECT_EQ(record.partition(), 2);
    }
    kept.push_back(std::move(contents));
    return records;
  }

  Result<void> status;
  std::vector<ConsumerRecords::Contents> kept;

 private:
  FetchedData data_;
};

TEST(FetchedData, gives_as_many_records_as_are_wanted_and_goes_on_behind_them) {
  Fetched data(batch(10, {"a", "b", "c"}) + batch(13, {"d"}), 10);
  EXPECT_EQ(data->next_fetch_offset(), protocol::Offset(14));
  EXPECT_EQ(data.decode(2), (Strings{"10=a", "11=b"}));
  EXPECT_EQ(data.kept[0].records[0].leader_epoch(), 3);
  EXPECT_EQ(data.kept[0].records[0].key(), "k");
  EXPECT_EQ(data->position(), protocol::Offset(12));
  EXPECT_FALSE(data->exhausted());
  EXPECT_EQ(data.decode(5), (Strings{"12=c", "13=d"}));
  EXPECT_TRUE(data->exhausted());
  EXPECT_EQ(data->bytes_left(), 0U);
  EXPECT_EQ(data.decode(), Strings{});
  EXPECT_TRUE(data.status);
}

TEST(FetchedData, decompresses_into_the_memory_of_batches_that_are_no_longer_held) {
  const std::string value(10'000, 'x');
  const auto packed = batch(0, {value}, Compression::zstd) + batch(1, {value}, Compression::zstd) +
                      batch(2, {value}, Compression::zstd);
  Fetched data(packed);
  const auto next = [&] {
    data.decode(1);
    return data.kept.back().records[0].value().data();
  };
  const auto* const first = next();
  const auto* const second = next();
  EXPECT_NE(second, first) << "the first is still held";
  EXPECT_EQ(data.kept[0].records[0].value(), value);
  data.kept.erase(data.kept.begin());
  EXPECT_EQ(next(), first);
  EXPECT_EQ(data.kept.back().records[0].value(), value);
}

TEST(FetchedData, a_small_batch_does_not_keep_the_memory_of_a_large_one) {
  DecodeOptions options;
  options.buffers->give_back(std::string(1 << 20, 'a'));
  Fetched data(batch(0, {"b"}, Compression::zstd), 0, options);
  EXPECT_EQ(data.decode(), Strings{"0=b"});
  EXPECT_GE(options.buffers->take().capacity(), std::size_t{1} << 20) << "it was given back";
  EXPECT_EQ(data.kept[0].records[0].value(), "b");
}

TEST(DecompressionBuffers, keep_no_more_than_they_may) {
  DecompressionBuffers buffers;
  EXPECT_TRUE(buffers.take().empty());
  buffers.give_back(std::string(DecompressionBuffers::kMostKept - 1, 'a'));
  buffers.give_back(std::string(1000, 'b'));
  EXPECT_EQ(buffers.take().size(), DecompressionBuffers::kMostKept - 1);
  EXPECT_EQ(buffers.take().capacity(), std::string().capacity());
}

TEST(FetchedData, leaves_out_what_lies_before_the_offset_that_was_asked_for) {
  Fetched data(batch(0, {"a", "b"}) + batch(2, {"c", "d", "e"}), 3);
  EXPECT_EQ(data.decode(), (Strings{"3=d", "4=e"}));
}

TEST(FetchedData, knows_when_it_brought_nothing_that_was_asked_for) {
  EXPECT_TRUE(Fetched(batch(0, {"a"}), 1)->empty());
  EXPECT_TRUE(Fetched("", 0)->empty());
  EXPECT_TRUE(Fetched(batch(0, {"a"}).substr(0, 40), 0)->empty());
  EXPECT_FALSE(Fetched(batch(0, {"a"}), 0)->empty());
}

TEST(FetchedData, a_batch_that_is_cut_short_is_no_error_but_the_end) {
  const auto whole = batch(0, {"a", "b"});
  const auto second = batch(2, {"c", "d"});
  for (std::size_t size = 0; size < second.size(); ++size) {
    Fetched data(whole + second.substr(0, size));
    EXPECT_EQ(data->truncated(), size > 0);
    EXPECT_EQ(data->next_fetch_offset(), protocol::Offset(2));
    EXPECT_EQ(data.decode(), (Strings{"0=a", "1=b"})) << size;
    EXPECT_TRUE(data.status) << size << ": " << data.status.error();
    EXPECT_TRUE(data->exhausted());
  }
}

TEST(FetchedData, goes_on_over_offsets_that_compaction_left_out) {
  Fetched data(altered<std::int32_t>(batch(0, {"a"}), layout::kLastOffsetDelta, 9) +
               batch(20, {"b"}));
  EXPECT_EQ(data.decode(), (Strings{"0=a", "20=b"}));
  EXPECT_EQ(data->position(), protocol::Offset(21));
}

TEST(FetchedData, a_record_count_that_lies_is_an_error_that_names_the_place_and_the_way_on) {
  for (const std::int32_t count : {1, 3, 2'000'000'000}) {
    Fetched data(batch(0, {"x"}) +
                 altered<std::int32_t>(batch(1, {"a", "b"}), layout::kRecordCount, count));
    const auto records = data.decode();
    ASSERT_FALSE(data.status) << count;
    EXPECT_GE(records.size(), 1U) << "what came before is given";
    EXPECT_EQ(records.front(), "0=x");
    const auto& error = data.status.error();
    EXPECT_EQ(error.context().topic, "t");
    EXPECT_EQ(error.context().partition, 2);
    EXPECT_NE(error.message().find("at offset 3"), std::string::npos) << error;
    EXPECT_EQ(data.decode(), Strings{});
    EXPECT_EQ(data.status.error(), error) << "the same again";
    EXPECT_FALSE(data->exhausted());
  }
}

TEST(FetchedData, a_count_below_zero_ends_what_can_be_used) {
  Fetched data(batch(0, {"x"}) + altered<std::int32_t>(batch(1, {"a"}), layout::kRecordCount, -1));
  EXPECT_EQ(data->next_fetch_offset(), protocol::Offset(1));
  EXPECT_EQ(data.decode(), Strings{"0=x"});
  EXPECT_FALSE(data.status);
}

TEST(FetchedData, one_bit_that_changed_is_found_by_the_checksum_unless_that_is_off) {
  auto bytes = batch(0, {"a", "b"});
  bytes.back() ^= 1;  // in the headers' count of the last record
  bytes[bytes.size() - 2] ^= 1;
  Fetched checked(bytes);
  EXPECT_EQ(checked.decode(), Strings{});
  EXPECT_EQ(checked.status.error().code(), ErrorCode::corrupt_message);
  EXPECT_EQ(checked.status.error().context().offset, 0);
  bytes.back() ^= 1;
  EXPECT_EQ(Fetched(bytes, 0, {.check_crcs = false}).decode().size(), 2U);
}

TEST(FetchedData, batches_that_do_not_follow_each_other_are_not_believed) {
  Fetched data(batch(5, {"a", "b"}) + batch(6, {"c"}), 5);
  EXPECT_EQ(data.decode(), (Strings{"5=a", "6=b"}));
  ASSERT_FALSE(data.status);
  EXPECT_EQ(data.status.error().code(), ErrorCode::corrupt_message);
}

TEST(FetchedData, records_keep_the_memory_that_they_lie_in) {
  ConsumerRecords::Contents contents;
  {
    Fetched data(batch(0, {"plain"}) + batch(1, {std::string(1000, 'z')}, Compression::lz4));
    EXPECT_EQ(data.decode().size(), 2U);
    contents = std::move(data.kept.front());
  }
  const ConsumerRecords records(std::move(contents));
  EXPECT_EQ(records[0].value(), "plain");
  EXPECT_EQ(records[1].value(), std::string(1000, 'z'));
  EXPECT_EQ(records[1].topic(), "t");
}

TEST(FetchedData, whatever_bytes_say_they_end_in_records_or_an_error) {
  base::Random random(3);
  const auto good = batch(0, {"a", std::string(100, 'b')}) +
                    batch(2, {std::string(300, 'c')}, Compression::gzip) + batch(3, {"d", "e"});
  for (int round = 0; round < 5000; ++round) {
    auto bytes = good;
    for (auto left = 1 + random.below(6); left > 0; --left) {
      bytes[random.below(bytes.size())] = static_cast<char>(random.next());
    }
    Fetched data(bytes, static_cast<std::int64_t>(random.below(5)), {.check_crcs = false});
    std::size_t records = 0;
    while (!data->exhausted()) {
      const auto some = data.decode(1 + random.below(3));
      records += some.size();
      if (!data.status) break;
      ASSERT_LT(records, 1000U);
    }
  }
}

}  // namespace
}  // namespace ottla::client
