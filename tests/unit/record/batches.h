#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/record/record_batch_builder.h"
#include "protocol/record/record_reader.h"

// Records that own their bytes, and batches of them, for the tests of record batches.
namespace ottla::protocol::testing {

struct OwnedHeader {
  std::string key;
  std::optional<std::string> value;
  bool operator==(const OwnedHeader&) const = default;
};

struct OwnedRecord {
  std::int64_t offset = 0;
  std::int64_t timestamp = -1;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<OwnedHeader> headers;
  bool operator==(const OwnedRecord&) const = default;
};

inline std::optional<BytesView> view(const std::optional<std::string>& bytes) {
  return bytes ? std::optional<BytesView>(*bytes) : std::nullopt;
}

inline std::optional<std::string> own(const std::optional<BytesView>& bytes) {
  return bytes ? std::optional<std::string>(*bytes) : std::nullopt;
}

inline bool append(RecordBatchBuilder& builder, const OwnedRecord& record) {
  std::vector<RecordHeader> headers;
  for (const auto& header : record.headers) headers.push_back({header.key, view(header.value)});
  return builder.append(record.timestamp, view(record.key), view(record.value), headers);
}

// Every shape a record can have; offsets from 0.
inline std::vector<OwnedRecord> every_shape() {
  return {
      {0, 1'700'000'000'000, "key", "value", {}},
      {1, 1'700'000'000'005, std::nullopt, "only a value", {}},
      {2, 1'699'999'999'000, "a tombstone", std::nullopt, {}},
      {3, 1'700'000'000'000, "", "", {}},
      {4, 1'700'000'000'001, std::nullopt, std::nullopt, {{"", std::nullopt}}},
      {5, 1'800'000'000'000, "k", "v", {{"h1", "v1"}, {"h1", ""}, {"h2", std::nullopt}}},
      {6, 1'700'000'000'002, std::string(200, 'k'), std::string(20'000, 'v'), {}},
      {7, 1'700'000'000'003, "k", "v", std::vector<OwnedHeader>(100, {"header", "x"})},
  };
}

inline std::string batch_of(const std::vector<OwnedRecord>& records,
                            const ProducerState& producer = {}) {
  auto builder = RecordBatchBuilder::growing();
  for (const auto& record : records) EXPECT_TRUE(append(builder, record));
  return std::string(builder.close_sealed(producer));
}

inline OwnedRecord own(const RecordView& record) {
  OwnedRecord owned{record.offset.value, record.timestamp, own(record.key), own(record.value), {}};
  for (const auto& header : record.headers) {
    owned.headers.push_back({std::string(header.key), own(header.value)});
  }
  return owned;
}

inline Result<std::vector<OwnedRecord>> read_records(const RecordBatchView& batch,
                                                     BytesView records) {
  std::vector<OwnedRecord> read;
  RecordReader reader(batch, records);
  for (RecordView record; reader.next(record);) read.push_back(own(record));
  if (auto status = reader.status(); !status) return status.error();
  return read;
}

}  // namespace ottla::protocol::testing
