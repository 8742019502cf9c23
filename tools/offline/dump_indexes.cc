#include <algorithm>
#include <string>

#include "base/endian.h"
#include "broker/log/batch_scan.h"
#include "broker/log/file_names.h"
#include "broker/log/offset_index.h"
#include "broker/log/producer_snapshot.h"
#include "broker/log/time_index.h"
#include "broker/log/transaction_index.h"
#include "protocol/record/record_reader.h"
#include "tools/offline/dump.h"

namespace ottla::tools {
namespace {

using broker::BatchHeader;
using broker::BatchScanner;
using broker::Offset;
using broker::OffsetIndex;
using broker::ReadMode;
using broker::TimeIndex;

constexpr std::size_t kMostRecordBytes = std::size_t{1} << 30;

// An index with the segment that it belongs to.
struct OpenIndex {
  std::string bytes;
  Offset base_offset;
  std::shared_ptr<base::File> log;
  std::uint64_t log_size = 0;
};

Error located(const DataFile& file, std::size_t position, const std::string& what) {
  return {
      ErrorCode::corrupt_data, what + " at byte " + std::to_string(position), {.file = file.path}};
}

Result<OpenIndex> open_index(const DataFile& file) {
  OpenIndex index;
  const auto base = broker::parse_segment_file_name(file.name.substr(0, 20), "");
  if (!base) {
    return Error(ErrorCode::invalid_argument, "the name does not begin with an offset",
                 {.file = file.path});
  }
  index.base_offset = *base;
  auto bytes = file.read();
  if (!bytes) return bytes.error();
  index.bytes = std::move(*bytes);
  auto log = file.directory->open(file.sibling(broker::kLogSuffix), base::OpenMode::read);
  if (!log) return log.error();
  index.log = std::move(*log);
  const auto size = index.log->size();
  if (!size) return size.error();
  index.log_size = *size;
  return index;
}

OffsetIndex::Entry offset_entry(Offset base, BytesView bytes, std::size_t i) {
  const char* at = bytes.data() + i * OffsetIndex::kEntrySize;
  return {base + base::load_be<std::int32_t>(at), base::load_be<std::uint32_t>(at + 4)};
}

TimeIndex::Entry time_entry(Offset base, BytesView bytes, std::size_t i) {
  const char* at = bytes.data() + i * TimeIndex::kEntrySize;
  return {base::load_be<std::int64_t>(at), base + base::load_be<std::int32_t>(at + 8)};
}

// What a start of Apache Kafka asks of an index before it believes it.
Result<void> check_sanity(const DataFile& file, BytesView bytes, std::size_t entry_size,
                          Offset base_offset, Offset last_offset) {
  if (const auto rest = bytes.size() % entry_size; rest != 0) {
    return located(file, bytes.size() - rest, "an index entry is cut short");
  }
  if (bytes.empty() || last_offset >= base_offset) return {};
  return located(file, bytes.size() - entry_size,
                 "the last entry's offset is below that of the segment");
}

// The largest timestamp among the records; that of the batch if it is damaged.
std::int64_t max_timestamp(BatchScanner& batches, const BatchHeader& header) {
  const auto batch = batches.load(header);
  if (!batch) return header.max_timestamp;
  std::string buffer;
  const auto records = protocol::uncompressed_records(*batch, kMostRecordBytes, buffer);
  if (!records) return header.max_timestamp;
  std::int64_t most = broker::kNoTimestamp;
  protocol::RecordReader reader(*batch, *records);
  for (protocol::RecordView record; reader.next(record);) most = std::max(most, record.timestamp);
  return most;
}

// Compares an entry of a time index with the batch that it names.
class TimeIndexCheck {
 public:
  TimeIndexCheck(Dump& dump, const DataFile& file, const OpenIndex& index, BytesView offset_index)
      : dump_(dump), file_(file), index_(index), offset_index_(offset_index) {}

  Result<void> check(const TimeIndex::Entry& entry) {
    BatchScanner batches(*index_.log, position_of(entry.offset), index_.log_size,
                         ReadMode::may_sleep);
    auto batch = batches.next();
    while (batch && *batch && (*batch)->last_offset < entry.offset) batch = batches.next();
    if (!batch) return batch.error();
    if (!*batch || (*batch)->last_offset != entry.offset) {
      const auto found = *batch ? (*batch)->last_offset.value : -1;
      dump_.faults.offsets_not_found.push_back(
          "Indexed offset: " + std::to_string(entry.offset.value) +
          ", found log offset: " + std::to_string(found));
    } else {
      compare_timestamps(entry, max_timestamp(batches, **batch));
    }
    previous_ = entry.timestamp;
    return {};
  }

 private:
  void compare_timestamps(const TimeIndex::Entry& entry, std::int64_t most) {
    const auto indexed = std::to_string(entry.timestamp);
    if (most != entry.timestamp) {
      dump_.faults.timestamp_mismatches[file_.path].push_back(
          "  Index timestamp: " + indexed + ", log timestamp: " + std::to_string(most));
    }
    if (previous_ >= entry.timestamp) {
      dump_.faults.timestamps_out_of_order[file_.path].push_back(
          "  Index timestamp: " + indexed +
          ", Previously indexed timestamp: " + std::to_string(previous_));
    }
  }

  std::uint64_t position_of(Offset offset) const {
    std::uint64_t position = 0;
    const auto entries = offset_index_.size() / OffsetIndex::kEntrySize;
    for (std::size_t i = 0; i < entries; ++i) {
      const auto entry = offset_entry(index_.base_offset, offset_index_, i);
      if (entry.offset > offset || (i > 0 && entry.offset == index_.base_offset)) break;
      position = std::min(entry.position, index_.log_size);
    }
    return position;
  }

  Dump& dump_;
  const DataFile& file_;
  const OpenIndex& index_;
  BytesView offset_index_;
  std::int64_t previous_ = broker::kNoTimestamp;
};

}  // namespace

Result<void> dump_offset_index(Dump& dump, const DataFile& file) {
  const auto index = open_index(file);
  if (!index) return index.error();
  const auto count = index->bytes.size() / OffsetIndex::kEntrySize;
  if (count == 0) {
    dump.out << file.path << " is empty.\n";
    return check_sanity(file, index->bytes, OffsetIndex::kEntrySize, {}, {});
  }
  const auto last = offset_entry(index->base_offset, index->bytes, count - 1);
  const auto sane =
      check_sanity(file, index->bytes, OffsetIndex::kEntrySize, index->base_offset, last.offset);
  if (!sane) return sane;
  if (dump.options.index_sanity_check) {
    dump.out << file.path << " passed sanity check.\n";
    return {};
  }
  for (std::size_t i = 0; i < count; ++i) {
    const auto entry = offset_entry(index->base_offset, index->bytes, i);
    if (entry.offset == index->base_offset && i > 0) return {};  // the zeros behind the entries
    if (entry.position >= index->log_size) {
      return located(file, i * OffsetIndex::kEntrySize, "an entry points behind the segment's end");
    }
    const auto end = std::min<std::uint64_t>(
        entry.position + static_cast<std::uint64_t>(dump.options.max_message_size),
        index->log_size);
    BatchScanner batches(*index->log, entry.position, end, ReadMode::may_sleep);
    const auto batch = batches.next();
    if (!batch) return batch.error();
    if ((*batch)->last_offset != entry.offset) {
      dump.faults.index_mismatches[file.path].push_back(
          "  Index offset: " + std::to_string(entry.offset.value) +
          ", log offset: " + std::to_string((*batch)->last_offset.value));
    }
    if (dump.options.verify_index_only) continue;
    dump.out << "offset: " << entry.offset.value << " position: " << entry.position << '\n';
  }
  return {};
}

Result<void> dump_time_index(Dump& dump, const DataFile& file) {
  const auto index = open_index(file);
  if (!index) return index.error();
  const auto offset_index =
      file.directory->exists(file.sibling(broker::kIndexSuffix))
          ? file.directory->read_file(file.sibling(broker::kIndexSuffix), kLargestFileRead)
          : Result<std::string>(std::string());
  if (!offset_index) return offset_index.error();
  const auto count = index->bytes.size() / TimeIndex::kEntrySize;
  const auto last = count == 0 ? TimeIndex::Entry{-1, index->base_offset}
                               : time_entry(index->base_offset, index->bytes, count - 1);
  const auto sane =
      check_sanity(file, index->bytes, TimeIndex::kEntrySize, index->base_offset, last.offset);
  if (!sane) return sane;
  if (dump.options.index_sanity_check) {
    dump.out << file.path << " passed sanity check.\n";
    return {};
  }
  TimeIndexCheck checker(dump, file, *index, *offset_index);
  for (std::size_t i = 0; i < count; ++i) {
    const auto entry = time_entry(index->base_offset, index->bytes, i);
    if (entry.offset == index->base_offset && i > 0) return {};  // the zeros behind the entries
    if (auto checked = checker.check(entry); !checked) return checked;
    if (dump.options.verify_index_only) continue;
    dump.out << "timestamp: " << entry.timestamp << " offset: " << entry.offset.value << '\n';
  }
  return {};
}

Result<void> dump_transaction_index(Dump& dump, const DataFile& file) {
  const auto bytes = file.read();
  if (!bytes) return bytes.error();
  const auto transactions = broker::parse_transaction_index(*bytes);
  if (!transactions) {
    return Error(transactions.error().code(), transactions.error().message(), {.file = file.path});
  }
  for (const auto& each : *transactions) {
    dump.out << "version: 0 producerId: " << each.producer_id.value
             << " firstOffset: " << each.first_offset.value
             << " lastOffset: " << each.last_offset.value
             << " lastStableOffset: " << each.last_stable_offset.value << '\n';
  }
  return {};
}

Result<void> dump_producer_snapshot(Dump& dump, const DataFile& file) {
  const auto bytes = file.read();
  if (!bytes) return bytes.error();
  const auto entries = broker::parse_producer_snapshot(*bytes);
  if (!entries) {
    return Error(entries.error().code(), entries.error().message(), {.file = file.path});
  }
  for (const auto& each : *entries) {
    const auto open = each.current_txn_first_offset.value;
    dump.out << "producerId: " << each.producer_id.value
             << " producerEpoch: " << each.producer_epoch.value
             << " coordinatorEpoch: " << each.coordinator_epoch << " currentTxnFirstOffset: "
             << (open < 0 ? "OptionalLong.empty" : "OptionalLong[" + std::to_string(open) + "]")
             << " lastTimestamp: " << each.timestamp;
    if (each.last_offset.value >= 0) {
      const auto first =
          static_cast<std::uint32_t>(each.last_sequence.value - each.offset_delta) & 0x7fffffffU;
      dump.out << " firstSequence: " << first << " lastSequence: " << each.last_sequence.value
               << " lastOffset: " << each.last_offset.value << " offsetDelta: " << each.offset_delta
               << " timestamp: " << each.timestamp;
    }
    dump.out << '\n';
  }
  return {};
}

}  // namespace ottla::tools
