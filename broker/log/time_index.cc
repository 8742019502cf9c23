#include "broker/log/time_index.h"

#include "base/assert.h"
#include "base/endian.h"
#include "broker/log/file_names.h"

namespace ottla::broker {
namespace {

WallMillis timestamp_of(const char* entry) {
  return base::load_be<std::int64_t>(entry);
}
std::uint32_t timed_relative_offset(const char* entry) {
  return base::load_be<std::uint32_t>(entry + 8);
}

}  // namespace

TimeIndex::TimeIndex(std::shared_ptr<base::Directory> directory, Offset base_offset,
                     std::size_t entries, std::string_view name_suffix)
    : base_offset_(base_offset),
      file_(std::move(directory),
            segment_file_name(base_offset, kTimeIndexSuffix).append(name_suffix), kEntrySize,
            entries) {}

Result<TimeIndex::Entry> TimeIndex::entry(std::size_t i, ReadMode mode) {
  char bytes[kEntrySize];
  if (auto read = file_.read(i, bytes, mode); !read) return read.error();
  return Entry{timestamp_of(bytes), base_offset_ + timed_relative_offset(bytes)};
}

Result<TimeIndex::Entry> TimeIndex::lookup(WallMillis target, ReadMode mode) {
  auto above =
      file_.partition_point([&](const char* e) { return timestamp_of(e) <= target; }, mode);
  if (!above) return above.error();
  if (*above == 0) return Entry{kNoTimestamp, base_offset_};
  return entry(*above - 1, mode);
}

Result<TimeIndex::Entry> TimeIndex::last(ReadMode mode) {
  if (last_) return *last_;
  if (file_.empty()) {
    last_ = Entry{kNoTimestamp, base_offset_};
    return *last_;
  }
  auto found = entry(file_.size() - 1, mode);
  if (found) last_ = *found;
  return found;
}

Result<void> TimeIndex::maybe_append(WallMillis timestamp, Offset offset, ReadMode mode) {
  auto newest = last(mode);
  if (!newest) return newest.error();
  if (timestamp <= newest->timestamp) return {};
  const std::int64_t relative = offset - base_offset_;
  OTTLA_ASSERT(relative >= 0 && relative <= 0x7fffffff, "an offset too far from its segment");
  char bytes[kEntrySize];
  base::store_be(bytes, timestamp);
  base::store_be(bytes + 8, static_cast<std::uint32_t>(relative));
  last_ = Entry{timestamp, offset};
  return file_.append({bytes, sizeof bytes});
}

Result<void> TimeIndex::truncate_to_offset(Offset offset, ReadMode mode) {
  auto kept = file_.partition_point(
      [&](const char* e) { return base_offset_ + timed_relative_offset(e) < offset; }, mode);
  if (!kept) return kept.error();
  last_.reset();
  return file_.truncate(*kept);
}

Result<void> TimeIndex::keep_sound_part() {
  last_.reset();
  return file_.keep_while([](const char* before, const char* e) {
    if (timed_relative_offset(e) > 0x7fffffff || timestamp_of(e) < 0) return false;
    if (before == nullptr) return true;
    return timestamp_of(e) > timestamp_of(before) &&
           timed_relative_offset(e) > timed_relative_offset(before);
  });
}

}  // namespace ottla::broker
