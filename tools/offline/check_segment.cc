#include "tools/offline/check_segment.h"

#include <algorithm>
#include <limits>

#include "broker/log/file_names.h"
#include "protocol/record/record_reader.h"

namespace ottla::tools {
namespace {

using broker::BatchHeader;
using broker::BatchScanner;
using broker::Offset;
using broker::ReadMode;

// What the records of one batch may take in memory.
constexpr std::size_t kMostRecordBytes = std::size_t{1} << 30;
constexpr std::size_t kReadBuffer = 1 << 20;

class SegmentCheck {
 public:
  SegmentCheck(base::Directory& directory, const SegmentFacts& segment, LogState& state)
      : directory_(directory), segment_(segment), state_(state) {}

  Result<void> run() {
    auto opened = directory_.open(
        broker::segment_file_name(segment_.base_offset, broker::kLogSuffix), base::OpenMode::read);
    if (!opened) return opened.error();
    path_ = (*opened)->path();
    const auto size = (*opened)->size();
    if (!size) return size.error();
    state_.report.bytes += *size;
    BatchScanner scanner(**opened, 0, *size, ReadMode::may_sleep, kReadBuffer);
    for (;;) {
      const auto position = scanner.position();
      auto batch = scanner.next();
      if (!batch && !is_damage(batch.error())) return batch.error();
      if (!batch) {
        defect(position, batch.error().message() + "; nothing behind it can be read");
        whole_ = false;
        break;
      }
      if (!*batch) break;
      if (auto read = check_batch(scanner, **batch); !read) return read;
    }
    return check_indexes(directory_, segment_, batches_, whole_, state_);
  }

 private:
  static bool is_damage(const Error& error) {
    return error.code() != ErrorCode::io_error && error.code() != ErrorCode::not_found;
  }

  void defect(std::uint64_t position, std::string what) {
    state_.report.add(path_, static_cast<std::int64_t>(position), std::move(what));
  }

  Result<void> check_batch(BatchScanner& scanner, const BatchHeader& batch) {
    ++state_.report.batches;
    const auto valid = scanner.verify_crc(batch);
    if (!valid && !is_damage(valid.error())) return valid;
    if (!valid) {
      defect(batch.position, valid.error().message());
      whole_ = false;
    } else {
      auto records = check_records(scanner, batch);
      if (!records && !is_damage(records.error())) return records;
      if (!records) defect(batch.position, records.error().message());
    }
    check_offsets(batch);
    check_epoch(batch);
    check_claims(batch);
    batches_.push_back(batch);
    return {};
  }

  void check_offsets(const BatchHeader& batch) {
    const auto range =
        std::to_string(batch.base_offset.value) + " to " + std::to_string(batch.last_offset.value);
    if (batch.base_offset < state_.next_offset) {
      defect(batch.position, "a batch of offsets " + range + " where " +
                                 std::to_string(state_.next_offset.value) + " is the next");
    } else if (batch.base_offset > state_.next_offset && !may_be_missing(batch)) {
      defect(batch.position, "offsets " + std::to_string(state_.next_offset.value) + " to " +
                                 std::to_string(batch.base_offset.value - 1) + " are missing");
    }
    if (batch.last_offset >= segment_.end) {
      defect(batch.position, "a batch of offsets " + range + " though the next segment begins at " +
                                 std::to_string(segment_.end.value));
    }
    if (batch.last_offset - segment_.base_offset > std::numeric_limits<std::int32_t>::max()) {
      defect(batch.position, "a batch of offsets " + range + ", too far from its segment's");
    }
    state_.next_offset = std::max(state_.next_offset, batch.last_offset + 1);
  }

  // Compaction leaves gaps; and a log that lost its end below its log start goes on at that.
  bool may_be_missing(const BatchHeader& batch) const {
    const auto& facts = state_.facts;
    return facts.may_have_gaps || batch.base_offset <= facts.cleaned_until.value_or(Offset(0)) ||
           batch.base_offset <= facts.log_start.value_or(Offset(0));
  }

  void check_epoch(const BatchHeader& batch) {
    const auto epoch = batch.leader_epoch;
    if (epoch.value < 0) return;
    const auto number = std::to_string(epoch.value);
    if (epoch < state_.epoch) {
      defect(batch.position,
             "leader epoch " + number + " after epoch " + std::to_string(state_.epoch.value));
    }
    if (state_.facts.leader_epoch && epoch > *state_.facts.leader_epoch) {
      defect(batch.position, "leader epoch " + number + ", but the partition's is " +
                                 std::to_string(state_.facts.leader_epoch->value));
    }
    // What cannot be read any more need not be listed.
    const auto log_start = state_.facts.log_start.value_or(Offset(0));
    if (state_.epochs && batch.base_offset < state_.epochs_until &&
        batch.last_offset >= log_start) {
      const auto listed = state_.epochs->epoch_of(std::max(batch.base_offset, log_start));
      if (listed != epoch) {
        const auto said = listed ? "epoch " + std::to_string(listed->value) : "no epoch";
        state_.report.add(state_.epochs_file, -1,
                          said + " for offset " + std::to_string(batch.base_offset.value) +
                              ", whose batch (" + path_ + ", byte " +
                              std::to_string(batch.position) + ") has epoch " + number);
        state_.epochs.reset();  // one is enough
      }
    }
    state_.epoch = std::max(state_.epoch, epoch);
  }

  void check_claims(const BatchHeader& batch) {
    const auto [begin, end] = state_.claims.equal_range(batch.last_offset);
    for (auto claim = begin; claim != end; ++claim) {
      const auto& [file, position, entry] = claim->second;
      const auto sequence = protocol::sequence_after(
          std::max(batch.base_sequence, protocol::Sequence(0)),
          static_cast<std::int32_t>(batch.last_offset - batch.base_offset));
      if (batch.producer_id == entry.producer_id && batch.producer_epoch <= entry.producer_epoch &&
          (batch.control || sequence == entry.last_sequence)) {
        continue;
      }
      state_.report.add(file, position,
                        "producer " + std::to_string(entry.producer_id.value) + " with sequence " +
                            std::to_string(entry.last_sequence.value) + " at offset " +
                            std::to_string(entry.last_offset.value) +
                            "; the batch there is of producer " +
                            std::to_string(batch.producer_id.value) + ", sequence " +
                            std::to_string(sequence.value));
    }
  }

  Result<void> check_records(BatchScanner& scanner, const BatchHeader& header) {
    const auto batch = scanner.load(header);
    if (!batch) return batch.error();
    const auto records = protocol::uncompressed_records(*batch, kMostRecordBytes, buffer_);
    if (!records) return records.error();
    protocol::RecordReader reader(*batch, *records);
    std::int64_t newest = broker::kNoTimestamp;
    for (protocol::RecordView record; reader.next(record);) {
      newest = std::max(newest, record.timestamp);
    }
    if (auto status = reader.status(); !status) return status;
    // What compaction leaves of a batch keeps the batch's own maximum.
    const bool states_less = batch->record_count() > 0 && newest > batch->max_timestamp();
    if (!states_less) return {};
    return Error(ErrorCode::corrupt_data,
                 "a batch states " + std::to_string(batch->max_timestamp()) +
                     " as its largest timestamp, its records have " + std::to_string(newest));
  }

  // Set at construction.
  base::Directory& directory_;
  const SegmentFacts& segment_;
  LogState& state_;

  std::string path_;
  std::string buffer_;
  std::vector<BatchHeader> batches_;
  bool whole_ = true;
};

}  // namespace

Result<void> check_segment(base::Directory& directory, const SegmentFacts& segment,
                           LogState& state) {
  ++state.report.segments;
  return SegmentCheck(directory, segment, state).run();
}

}  // namespace ottla::tools
