#include "broker/log/cleaner/cleaning.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "broker/log/batch_reading.h"
#include "protocol/record/record_reader.h"

namespace ottla::broker {
namespace {

// Each has three files open until it is swapped out.
constexpr std::size_t kMostInGroup = 64;
constexpr std::int64_t kMaxRelativeOffset = std::numeric_limits<std::int32_t>::max();
constexpr WallMillis kForEver = WallMillis{1} << 60;

}  // namespace

Cleaning::Cleaning(CleaningRequest request) : request_(std::move(request)) {
  at_ = segment_holding(request_.first_dirty);
}

std::size_t Cleaning::segment_holding(Offset offset) const {
  return segment_of(request_.segments, offset);
}

Result<Cleaning::State> Cleaning::step(std::uint64_t budget) {
  const auto until = bytes_moved_ + budget;
  while (bytes_moved_ < until && phase_ != Phase::write) {
    auto done = phase_ == Phase::scan ? scan_some(until) : map_some(until);
    if (!done) return done.error();
  }
  if (phase_ != Phase::write) return State::working;
  return write_some(until);
}

// Opens the segment that is to be read, from the batch that holds `from`; false if it has none.
Result<bool> Cleaning::open_scanner(Offset from) {
  auto& segment = request_.segments[at_];
  auto first = segment.find_batch(from, ReadMode::may_sleep);
  if (!first) return first.error();
  auto file = segment.file(ReadMode::may_sleep);
  if (!file) return file.error();
  const auto position = *first ? (*first)->position : segment.size();
  scanner_.emplace(**file, position, segment.size(), ReadMode::may_sleep, request_.buffer_bytes);
  return first->has_value();
}

// The whole batch, its checksum checked.
Result<protocol::RecordBatchView> Cleaning::load(const BatchHeader& batch) {
  if (batch.size > kMaxInflatedBatch) {
    return Error(ErrorCode::message_too_large,
                 "a batch of " + std::to_string(batch.size) + " bytes is taken for damage",
                 {.offset = batch.base_offset.value});
  }
  if (auto good = scanner_->verify_crc(batch); !good) return good.error();
  bytes_moved_ += batch.size;
  return scanner_->load(batch);
}

Result<void> Cleaning::scan_some(std::uint64_t until) {
  while (bytes_moved_ < until) {
    if (!scanner_) {
      if (at_ == request_.segments.size()) {
        begin_map();
        return {};
      }
      if (auto opened = open_scanner(request_.first_dirty); !opened) return opened.error();
    }
    auto header = scanner_->next();
    if (!header) return header.error();
    if (!*header || (*header)->last_offset >= request_.log_end) {
      scanner_.reset();
      ++at_;
      continue;
    }
    const auto& batch = **header;
    bytes_moved_ += protocol::kBatchHeaderSize;
    if (batch.control) {
      auto loaded = load(batch);
      if (!loaded) return loaded.error();
      if (const auto marker = read_marker(*loaded)) aborted_.on_marker(batch, marker->committed);
      continue;
    }
    if (batch.transactional) aborted_.on_data(batch);
    if (batch.base_offset < request_.end) {
      most_keys_ += static_cast<std::uint64_t>(batch.last_offset - batch.base_offset) + 1;
    }
  }
  return {};
}

void Cleaning::begin_map() {
  phase_ = Phase::map;
  map_ = std::make_unique<KeyOffsetMap>(request_.map_limits, most_keys_, request_.secret);
  known_until_ = request_.first_dirty;
  at_ = segment_holding(request_.first_dirty);
}

Result<void> Cleaning::map_some(std::uint64_t until) {
  while (bytes_moved_ < until) {
    if (!scanner_) {
      const bool at_end = request_.segments[at_].base_offset() >= request_.end;
      if (at_end || map_full_) {
        if (at_end) known_until_ = request_.end;
        begin_write();
        return {};
      }
      if (auto opened = open_scanner(request_.first_dirty); !opened) return opened.error();
    }
    auto header = scanner_->next();
    if (!header) return header.error();
    if (*header) {
      bytes_moved_ += protocol::kBatchHeaderSize;
      const auto& batch = **header;
      const bool discarded = batch.transactional && !batch.control &&
                             aborted_.contains(batch.producer_id, batch.base_offset);
      if (!batch.control && !discarded) {
        auto loaded = load(batch);
        if (!loaded) return loaded.error();
        if (auto noted = note_keys(*loaded); !noted) return noted;
      }
      if (!map_full_) known_until_ = batch.last_offset + 1;
    }
    if (*header && !map_full_) continue;
    scanner_.reset();
    ++at_;
  }
  return {};
}

Result<void> Cleaning::note_keys(const protocol::RecordBatchView& batch) {
  auto records = protocol::uncompressed_records(batch, kMaxInflatedBatch, inflated_);
  if (!records) return records.error();
  protocol::RecordReader reader(batch, *records);
  for (protocol::RecordView record; reader.next(record);) {
    if (!record.key || record.offset < request_.first_dirty) continue;
    map_full_ = !map_->put(*record.key, record.offset);
    if (map_full_) return {};
  }
  return reader.status();
}

void Cleaning::begin_write() {
  phase_ = Phase::write;
  filter_.emplace(CleaningKnowledge{map_.get(), known_until_, &aborted_, &request_.producers,
                                    request_.now,
                                    std::min(request_.config.delete_retention_ms, kForEver)});
  // Without a new key there is nothing to do.
  const bool nothing = known_until_ <= request_.first_dirty;
  group_begin_ = group_end_ = nothing ? request_.segments.size() : 0;
}

// Neighbours that together make no more than one segment.
std::size_t Cleaning::end_of_group(std::size_t first) const {
  const auto& segments = request_.segments;
  const auto base = segments[first].base_offset();
  std::uint64_t bytes = segments[first].size();
  std::size_t end = first + 1;
  for (; end < segments.size() && segments[end].base_offset() < known_until_; ++end) {
    bytes += segments[end].size();
    // The last offset of a full segment is below the base of the next.
    const auto next = end + 1 < segments.size() ? segments[end + 1].base_offset() : known_until_;
    if (end - first == kMostInGroup || next - base > kMaxRelativeOffset ||
        static_cast<std::int64_t>(bytes) > request_.config.segment_bytes) {
      break;
    }
  }
  return end;
}

Result<void> Cleaning::begin_group() {
  group_begin_ = group_end_;
  group_end_ = end_of_group(group_begin_);
  group_changed_ = group_end_ - group_begin_ > 1;
  at_ = group_begin_;
  auto made = CleanedSegment::create(
      request_.directory, request_.segments[group_begin_].base_offset(), request_.config);
  if (!made) return made.error();
  output_.emplace(std::move(*made));
  return {};
}

Result<void> Cleaning::write_batch(const BatchHeader& header) {
  auto batch = load(header);
  if (!batch) return batch.error();
  const bool last = at_ + 1 == group_end_ && header.end() == request_.segments[at_].size();
  auto left = filter_->filter(*batch, last);
  if (!left) return left.error();
  if (*left != batch->bytes()) group_changed_ = true;
  if (left->empty()) return {};
  auto view = protocol::RecordBatchView::parse(*left);
  if (!view) return view.error();
  bytes_moved_ += left->size();
  return output_->add(*view);
}

Result<Cleaning::State> Cleaning::write_some(std::uint64_t until) {
  while (bytes_moved_ < until) {
    if (!output_) {
      const bool at_end = group_end_ == request_.segments.size() ||
                          request_.segments[group_end_].base_offset() >= known_until_;
      if (at_end) return State::done;
      if (auto begun = begin_group(); !begun) return begun.error();
    }
    if (!scanner_) {
      if (at_ == group_end_) {
        auto ended = end_group();
        if (!ended || *ended != State::working) return ended;
        continue;
      }
      if (auto opened = open_scanner(request_.segments[at_].base_offset()); !opened) {
        return opened.error();
      }
    }
    auto header = scanner_->next();
    if (!header) return header.error();
    if (*header) {
      if (auto written = write_batch(**header); !written) return written.error();
      continue;
    }
    scanner_.reset();
    ++at_;
  }
  return State::working;
}

Result<Cleaning::State> Cleaning::end_group() {
  std::vector<LogSegment> originals(
      request_.segments.begin() + static_cast<std::ptrdiff_t>(group_begin_),
      request_.segments.begin() + static_cast<std::ptrdiff_t>(group_end_));
  for (const auto& original : originals) bytes_before_ += original.size();
  bytes_after_ += output_->bytes();
  if (!group_changed_) {
    // What is there is what would be written.
    discard();
    return State::working;
  }
  const bool sync = request_.config.effective_durability() != Durability::memory;
  auto replacement = output_->finish(originals, sync);
  if (!replacement) return replacement.error();
  for (auto& original : originals) {
    if (auto opened = original.open_files(); !opened) return opened.error();
  }
  swap_.emplace(SegmentSwap{std::move(originals), std::move(*replacement)});
  return State::wants_swap;
}

SegmentSwap Cleaning::take_swap() {
  auto swap = std::move(*swap_);
  swap_.reset();
  output_.reset();
  for (std::size_t i = group_begin_; i < group_end_; ++i) request_.segments[i].release_files();
  return swap;
}

void Cleaning::discard() {
  scanner_.reset();
  swap_.reset();
  if (!output_) return;
  output_.reset();
  const auto base = request_.segments[group_begin_].base_offset();
  static_cast<void>(remove_cleaned_files(*request_.directory, base));
}

}  // namespace ottla::broker
