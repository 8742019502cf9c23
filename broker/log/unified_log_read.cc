#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "broker/log/batch_reading.h"
#include "broker/log/unified_log.h"

namespace ottla::broker {
namespace {

// Full segments whose files are kept open; more are closed, those of the oldest segments first.
constexpr std::size_t kOpenFullSegments = 8;

}  // namespace

Result<void> UnifiedLog::check_range(Offset from) const {
  if (auto usable = check_usable(); !usable) return usable;
  if (from >= log_start_offset_ && from <= log_end_offset_) return {};
  return located(ErrorCode::offset_out_of_range,
                 "offset " + std::to_string(from.value) + " is not between the log start " +
                     std::to_string(log_start_offset_.value) + " and the log end " +
                     std::to_string(log_end_offset_.value));
}

Result<LogRead> UnifiedLog::read(const ReadRequest& request) {
  if (auto good = check_range(request.from); !good) return good.error();
  auto bounded = request;
  bounded.bound = std::min(request.bound, log_end_offset_);
  if (bounded.from >= bounded.bound) return LogRead{};
  auto read = read_batches(segments_, bounded, ReadMode::no_wait);
  if (read) note_use();
  if (read || read.error().code() == ErrorCode::would_block) return read;
  return located(read.error());
}

// Runs `work` on a picture of the log; what it opened is kept.
template <class T, class Work>
void UnifiedLog::on_worker(LogReader reader, Work work,
                           base::UniqueFunction<void(Result<T>)> done) {
  struct State {
    LogReader reader;
    std::optional<Result<T>> result;
  };
  auto state = std::make_shared<State>(State{std::move(reader), {}});
  loop_.offload([state, work] { state->result = work(state->reader); },
                lifetime_.guard([this, state, done = std::move(done)]() mutable {
                  adopt_files(state->reader);
                  if (*state->result) {
                    done(std::move(*state->result));
                  } else {
                    done(located(state->result->error()));
                  }
                }));
}

void UnifiedLog::read_on_worker(ReadRequest request, OnRead done) {
  const auto from = request.from;
  if (auto good = check_range(from); !good) {
    loop_.post(
        lifetime_.guard([done = std::move(done), error = good.error()]() mutable { done(error); }));
    return;
  }
  request.bound = std::min(request.bound, log_end_offset_);
  const auto first = segment_of(segments_, from);
  LogReader reader({segments_.begin() + static_cast<std::ptrdiff_t>(first), segments_.end()},
                   log_start_offset_, log_end_offset_, pictures_);
  auto work = [request](LogReader& picture) -> Result<LogRead> {
    if (request.from >= request.bound) return LogRead{};
    return picture.read(request);
  };
  auto unless_deleted = [this, from, done = std::move(done)](Result<LogRead> read) mutable {
    const bool gone = !read && read.error().code() == ErrorCode::not_found;
    if (gone && from < log_start_offset_) {
      done(check_range(from).error());
    } else {
      done(std::move(read));
    }
  };
  on_worker<LogRead>(std::move(reader), work, std::move(unless_deleted));
}

void UnifiedLog::find_offset_for_timestamp(WallMillis timestamp, OnTimestamp done,
                                           ReadBound bound) {
  LogReader picture(segments_, log_start_offset_, offset_of(bound), pictures_);
  on_worker<TimestampedOffset>(
      std::move(picture),
      [timestamp](LogReader& reader) { return reader.find_timestamp(timestamp); }, std::move(done));
}

void UnifiedLog::find_max_timestamp(OnTimestamp done, ReadBound bound) {
  LogReader picture(segments_, log_start_offset_, offset_of(bound), pictures_);
  on_worker<TimestampedOffset>(
      std::move(picture), [](LogReader& reader) { return reader.find_max_timestamp(); },
      std::move(done));
}

LogReader UnifiedLog::reader() const {
  return {segments_, log_start_offset_, log_end_offset_, pictures_};
}

void UnifiedLog::adopt_files(const LogReader& reader) {
  if (closed_) return;
  for (const auto& opened : reader.segments()) {
    if (segments_.empty()) return;
    auto& segment = segments_[segment_of(segments_, opened.base_offset())];
    if (segment.base_offset() == opened.base_offset()) segment.adopt(opened);
  }
  if (reader.segments().empty()) return;
  close_surplus_files(reader.segments().front().base_offset());
  note_use();
}

// Only of segments that are synced: an error of a later sync is told to those who had the file
// open.
void UnifiedLog::close_surplus_files(Offset keep) {
  if (replacement_) return;  // Its originals must stay open.
  const bool synced = config_.effective_durability() != Durability::memory;
  std::size_t open = 0;
  for (std::size_t i = segments_.size(); i-- > 1;) {
    auto& segment = segments_[i - 1];
    if (!segment.has_open_files() || segment.base_offset() == keep) continue;
    if (synced && segments_[i].base_offset() > recovery_point_) continue;
    if (++open > kOpenFullSegments) segment.release_files();
  }
}

bool UnifiedLog::try_close_files() {
  if (replacement_ || advancing_ || closed_) return false;
  const auto durability = config_.effective_durability();
  const bool synced = durable_offset_ == log_end_offset_ && !new_metadata_;
  if (durability != Durability::memory && !synced) {
    if (durability == Durability::os) advance_recovery_point();
    return false;
  }
  close_files();
  return true;
}

void UnifiedLog::close_files() {
  for (auto& segment : segments_) segment.release_files();
  open_logs_.forget(open_place_);
}

void UnifiedLog::note_use() {
  open_logs_.used(*this, open_place_);
}

}  // namespace ottla::broker
