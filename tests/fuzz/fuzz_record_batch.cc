#include <string>

#include "protocol/compression/compression.h"
#include "protocol/record/control_record.h"
#include "protocol/record/record_batch_builder.h"
#include "protocol/record/record_reader.h"
#include "protocol/record/record_validation.h"
#include "tests/fuzz/fuzz_target.h"

// Any bytes as the records of a fetch response, a produce request or a log file.
namespace ottla::fuzz {
namespace {

using namespace protocol;  // NOLINT: a fuzz target

constexpr std::size_t kLimit = 1 << 20;

void check_within(const std::optional<BytesView>& part, BytesView whole) {
  if (!part || part->empty()) return;
  OTTLA_ASSERT(
      part->data() >= whole.data() && part->data() + part->size() <= whole.data() + whole.size(),
      "views lie within the records");
}

void read_as_control(const RecordView& record) {
  (void)parse_end_transaction_marker(record).has_value();
  (void)decode_control<LeaderChangeMessage>(record).has_value();
  (void)decode_control<SnapshotHeaderRecord>(record).has_value();
  (void)decode_control<SnapshotFooterRecord>(record).has_value();
  (void)decode_control<KRaftVersionRecord>(record).has_value();
}

void read_records(const RecordBatchView& batch, BytesView records) {
  RecordReader reader(batch, records);
  std::int32_t count = 0;
  for (RecordView record; reader.next(record); ++count) {
    OTTLA_ASSERT(record.offset >= batch.base_offset() && record.offset <= batch.last_offset(),
                 "offsets lie within the batch");
    check_within(record.key, records);
    check_within(record.value, records);
    std::size_t headers = 0;
    for (const auto& header : record.headers) {
      check_within(header.key, records);
      check_within(header.value, records);
      ++headers;
    }
    OTTLA_ASSERT(headers == record.headers.size(), "as many headers as stated");
    if (batch.is_control()) read_as_control(record);
  }
  OTTLA_ASSERT(!reader.status() || count == batch.record_count(), "as many records as stated");
  const auto valid = validate_records(batch, records);
  OTTLA_ASSERT(!valid || reader.status(), "what is valid can be read");
}

void walk(BytesView input) {
  BatchIterator batches(input);
  std::size_t walked = 0;
  for (RecordBatchView batch; batches.next(batch);) {
    walked += batch.size_in_bytes();
    (void)batch.verify_crc().has_value();
    (void)validate_produced_header(batch).has_value();
    (void)batch.last_sequence();
    std::string buffer;
    const auto records = uncompressed_records(batch, kLimit, buffer);
    OTTLA_ASSERT(buffer.size() <= kLimit, "no more than allowed is decompressed");
    if (records) read_records(batch, *records);
  }
  OTTLA_ASSERT(walked == batches.position() && walked <= input.size(),
               "batches lie one after another");
}

// The input as one batch whose length and magic are right, to come to what lies behind them.
void walk_repaired(BytesView input) {
  if (input.size() < kBatchHeaderSize) return;
  std::vector<char> batch(input.begin(), input.end());
  base::store_be(batch.data() + batch_layout::kBatchLength,
                 static_cast<std::int32_t>(input.size() - batch_layout::kLogOverhead));
  batch[batch_layout::kMagic] = kBatchMagic;
  walk({batch.data(), batch.size()});
}

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> made;
  std::string all;
  for (int codec = 0; codec <= 4; ++codec) {
    auto builder = RecordBatchBuilder::growing();
    const RecordHeader headers[] = {{"h", "v"}, {"null", std::nullopt}};
    for (int i = 0; i < 20; ++i) {
      (void)builder.append(1'700'000'000'000 + i, "key", "value, value, value", headers);
    }
    const auto compression = static_cast<Compression>(codec);
    char* const batch = builder.close(compression, default_level(compression)).value();
    seal(batch, {ProducerId(1), ProducerEpoch(0), Sequence(0)}, false);
    made.emplace_back(batch, builder.size_in_bytes());
    all += made.back();
  }
  made.push_back(end_transaction_batch({true, 3}, ProducerId(1), ProducerEpoch(0), 5));
  LeaderChangeMessage message{.leader_id = BrokerId(1), .voters = {{BrokerId(1), {}}}};
  made.push_back(
      control_batch(ControlRecordType::leader_change, encode_control(message).value(), 5));
  made.push_back(all);
  return made;
}

}  // namespace ottla::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = ottla::fuzz::begin(data, size);
  ottla::fuzz::walk(input);
  ottla::fuzz::walk_repaired(input);
  return 0;
}
