#include "broker/log/offset_index.h"

#include "base/assert.h"
#include "base/endian.h"
#include "broker/log/file_names.h"

namespace ottla::broker {
namespace {

std::uint32_t relative_offset(const char* entry) {
  return base::load_be<std::uint32_t>(entry);
}
std::uint32_t position_of(const char* entry) {
  return base::load_be<std::uint32_t>(entry + 4);
}

}  // namespace

OffsetIndex::OffsetIndex(std::shared_ptr<base::Directory> directory, Offset base_offset,
                         std::size_t entries, std::string_view name_suffix)
    : base_offset_(base_offset),
      file_(std::move(directory), segment_file_name(base_offset, kIndexSuffix).append(name_suffix),
            kEntrySize, entries) {}

Result<OffsetIndex::Entry> OffsetIndex::entry(std::size_t i, ReadMode mode) {
  char bytes[kEntrySize];
  if (auto read = file_.read(i, bytes, mode); !read) return read.error();
  return Entry{base_offset_ + relative_offset(bytes), position_of(bytes)};
}

Result<OffsetIndex::Entry> OffsetIndex::lookup(Offset target, ReadMode mode) {
  auto above = file_.partition_point(
      [&](const char* e) { return base_offset_ + relative_offset(e) <= target; }, mode);
  if (!above) return above.error();
  if (*above == 0) return Entry{base_offset_, 0};
  return entry(*above - 1, mode);
}

Result<OffsetIndex::Entry> OffsetIndex::lookup_position(std::uint64_t position, ReadMode mode) {
  auto above =
      file_.partition_point([&](const char* e) { return position_of(e) <= position; }, mode);
  if (!above) return above.error();
  if (*above == 0) return Entry{base_offset_, 0};
  return entry(*above - 1, mode);
}

Result<std::optional<OffsetIndex::Entry>> OffsetIndex::last(ReadMode mode) {
  if (file_.empty()) return std::optional<Entry>();
  auto found = entry(file_.size() - 1, mode);
  if (!found) return found.error();
  return std::optional<Entry>(*found);
}

Result<void> OffsetIndex::append(Offset offset, std::uint64_t position) {
  const std::int64_t relative = offset - base_offset_;
  OTTLA_ASSERT(relative >= 0 && relative <= 0x7fffffff, "an offset too far from its segment");
  OTTLA_ASSERT(position <= 0x7fffffff, "a position beyond what an index can hold");
  char bytes[kEntrySize];
  base::store_be(bytes, static_cast<std::uint32_t>(relative));
  base::store_be(bytes + 4, static_cast<std::uint32_t>(position));
  return file_.append({bytes, sizeof bytes});
}

Result<void> OffsetIndex::truncate_to_position(std::uint64_t position, ReadMode mode) {
  auto kept = file_.partition_point([&](const char* e) { return position_of(e) < position; }, mode);
  if (!kept) return kept.error();
  return file_.truncate(*kept);
}

Result<void> OffsetIndex::keep_sound_part(std::uint64_t size) {
  return file_.keep_while([size](const char* before, const char* e) {
    if (relative_offset(e) > 0x7fffffff || position_of(e) >= size) return false;
    if (before == nullptr) return true;
    return relative_offset(e) > relative_offset(before) && position_of(e) > position_of(before);
  });
}

}  // namespace ottla::broker
