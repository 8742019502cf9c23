#include <algorithm>

#include "base/endian.h"
#include "broker/log/file_names.h"
#include "broker/log/offset_index.h"
#include "broker/log/time_index.h"
#include "broker/log/transaction_index.h"
#include "tools/offline/check_segment.h"
#include "tools/offline/data_file.h"

namespace ottla::tools {
namespace {

using broker::BatchHeader;
using broker::Offset;
using broker::OffsetIndex;
using broker::TimeIndex;

class IndexCheck {
 public:
  IndexCheck(base::Directory& directory, const SegmentFacts& segment,
             const std::vector<BatchHeader>& batches, bool whole, LogState& state)
      : directory_(directory), segment_(segment), batches_(batches), whole_(whole), state_(state) {}

  Result<void> run() {
    for (const auto check : {&IndexCheck::check_offset_index, &IndexCheck::check_time_index,
                             &IndexCheck::check_transaction_index}) {
      if (auto done = (this->*check)(); !done) return done;
    }
    return {};
  }

 private:
  // The whole entries of an index; of one that a killed Apache Kafka has left without the zeros
  // that it was allocated with. None if there is no file.
  Result<std::optional<std::string>> read(std::string_view suffix, std::size_t entry_size) {
    const auto name = broker::segment_file_name(segment_.base_offset, suffix);
    path_ = directory_.path() + "/" + name;
    if (!directory_.exists(name)) return std::optional<std::string>();
    auto bytes = directory_.read_file(name, kLargestFileRead);
    if (!bytes) return bytes.error();
    if (const auto rest = bytes->size() % entry_size; rest != 0) {
      bytes->resize(bytes->size() - rest);
      defect(bytes->size(), "an index entry is cut short");
    }
    if (!state_.facts.clean) {
      const std::string zeros(entry_size, '\0');
      while (!bytes->empty() && BytesView(*bytes).substr(bytes->size() - entry_size) == zeros) {
        bytes->resize(bytes->size() - entry_size);
      }
    }
    return std::optional<std::string>(std::move(*bytes));
  }

  void defect(std::size_t position, std::string what) {
    state_.report.add(path_, static_cast<std::int64_t>(position), std::move(what));
  }

  // Only what was closed, or is full, must have its indexes.
  bool must_be_finished() const { return state_.facts.clean || !segment_.last; }

  const BatchHeader* batch_at(std::uint64_t position) const {
    const auto found = std::lower_bound(
        batches_.begin(), batches_.end(), position,
        [](const BatchHeader& batch, std::uint64_t target) { return batch.position < target; });
    return found == batches_.end() || found->position != position ? nullptr : &*found;
  }

  const BatchHeader* batch_ending_with(Offset last_offset) const {
    const auto found = std::lower_bound(
        batches_.begin(), batches_.end(), last_offset,
        [](const BatchHeader& batch, Offset target) { return batch.last_offset < target; });
    return found == batches_.end() || found->last_offset != last_offset ? nullptr : &*found;
  }

  Result<void> check_offset_index() {
    const auto bytes = read(broker::kIndexSuffix, OffsetIndex::kEntrySize);
    if (!bytes) return bytes.error();
    if (!*bytes) {
      if (must_be_finished() && !batches_.empty()) defect_of_file("the offset index is missing");
      return {};
    }
    Offset before = kNone;
    for (std::size_t at = 0; at < (*bytes)->size(); at += OffsetIndex::kEntrySize) {
      const auto offset = segment_.base_offset + base::load_be<std::int32_t>((*bytes)->data() + at);
      const auto position = base::load_be<std::uint32_t>((*bytes)->data() + at + 4);
      const auto* batch = batch_at(position);
      const auto entry = "the entry for offset " + std::to_string(offset.value) + " and position " +
                         std::to_string(position);
      if (offset <= before) {
        defect(at, entry + " follows one for offset " + std::to_string(before.value));
      } else if (batch == nullptr && whole_) {
        defect(at, entry + " points where no batch begins");
      } else if (batch != nullptr && batch->last_offset != offset) {
        defect(at, entry + " points at a batch that ends with offset " +
                       std::to_string(batch->last_offset.value));
      }
      before = std::max(before, offset);
    }
    return {};
  }

  void defect_of_file(std::string what) { state_.report.add(path_, -1, std::move(what)); }

  Result<void> check_time_index() {
    const auto bytes = read(broker::kTimeIndexSuffix, TimeIndex::kEntrySize);
    if (!bytes) return bytes.error();
    if (!*bytes) {
      if (must_be_finished() && !batches_.empty()) defect_of_file("the time index is missing");
      return {};
    }
    TimeIndex::Entry before{broker::kNoTimestamp, kNone};
    for (std::size_t at = 0; at < (*bytes)->size(); at += TimeIndex::kEntrySize) {
      const TimeIndex::Entry entry{
          base::load_be<std::int64_t>((*bytes)->data() + at),
          segment_.base_offset + base::load_be<std::int32_t>((*bytes)->data() + at + 8)};
      check_time_entry(at, entry, before);
      before = {std::max(before.timestamp, entry.timestamp), std::max(before.offset, entry.offset)};
    }
    std::int64_t newest = broker::kNoTimestamp;
    for (const auto& batch : batches_) {
      if (!batch.empty) newest = std::max(newest, batch.max_timestamp);
    }
    if (whole_ && must_be_finished() && newest > before.timestamp) {
      defect((*bytes)->size(), "the last entry is for timestamp " +
                                   std::to_string(before.timestamp) + ", the segment has one of " +
                                   std::to_string(newest));
    }
    return {};
  }

  void check_time_entry(std::size_t at, const TimeIndex::Entry& entry,
                        const TimeIndex::Entry& before) {
    const auto text = "the entry for timestamp " + std::to_string(entry.timestamp) +
                      " and offset " + std::to_string(entry.offset.value);
    if (entry.timestamp <= before.timestamp || entry.offset <= before.offset) {
      return defect(at, text + " follows one for timestamp " + std::to_string(before.timestamp) +
                            " and offset " + std::to_string(before.offset.value));
    }
    const auto* batch = batch_ending_with(entry.offset);
    if (batch == nullptr) {
      if (whole_) defect(at, text + " names no batch's last offset");
    } else if (batch->max_timestamp != entry.timestamp) {
      defect(at, text + " names a batch whose largest timestamp is " +
                     std::to_string(batch->max_timestamp));
    }
  }

  Result<void> check_transaction_index() {
    const auto name = broker::segment_file_name(segment_.base_offset, broker::kTxnIndexSuffix);
    path_ = directory_.path() + "/" + name;
    if (!directory_.exists(name)) return {};
    const auto bytes = directory_.read_file(name, kLargestFileRead);
    if (!bytes) return bytes.error();
    const auto transactions = broker::parse_transaction_index(*bytes);
    if (!transactions) {
      defect_of_file(transactions.error().message());
      return {};
    }
    for (std::size_t i = 0; i < transactions->size(); ++i) {
      const auto& each = (*transactions)[i];
      const auto at = i * broker::AbortedTransaction::kSize;
      const auto text = "the transaction of producer " + std::to_string(each.producer_id.value) +
                        " that ends at offset " + std::to_string(each.last_offset.value);
      const auto* marker = batch_ending_with(each.last_offset);
      if (each.last_offset < segment_.base_offset || each.last_offset >= segment_.end) {
        defect(at, text + " ends in another segment");
      } else if (marker != nullptr &&
                 (!marker->control || marker->producer_id != each.producer_id)) {
        defect(at, text + " ends with a batch that is not its marker");
      }
    }
    return {};
  }

  static constexpr Offset kNone{-1};

  // Set at construction.
  base::Directory& directory_;
  const SegmentFacts& segment_;
  const std::vector<BatchHeader>& batches_;
  const bool whole_;
  LogState& state_;

  std::string path_;  // of the index that is being read
};

}  // namespace

Result<void> check_indexes(base::Directory& directory, const SegmentFacts& segment,
                           const std::vector<BatchHeader>& batches, bool whole, LogState& state) {
  return IndexCheck(directory, segment, batches, whole, state).run();
}

}  // namespace ottla::tools
