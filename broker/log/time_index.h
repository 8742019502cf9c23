#pragma once

#include "broker/log/index_file.h"
#include "broker/log/log_types.h"

namespace ottla::broker {

// Maps timestamps to offsets: entries of the greatest timestamp so far and the last offset of the
// batch that had it, both rising. A copy is a frozen picture, as with IndexFile.
class TimeIndex {
 public:
  static constexpr std::size_t kEntrySize = 12;

  struct Entry {
    WallMillis timestamp = kNoTimestamp;
    Offset offset;

    bool operator==(const Entry&) const = default;
  };

  // The file's name ends in `name_suffix`.
  TimeIndex(std::shared_ptr<base::Directory> directory, Offset base_offset, std::size_t entries,
            std::string_view name_suffix = {});

  // The last entry whose timestamp is not above `target`; none is {-1, base offset}.
  Result<Entry> lookup(WallMillis target, ReadMode mode);

  // The last entry; none is {-1, base offset}.
  Result<Entry> last(ReadMode mode);

  // Adds the entry if its timestamp is above the last one's; otherwise does nothing.
  Result<void> maybe_append(WallMillis timestamp, Offset offset, ReadMode mode);

  // Drops entries of offsets at or above `offset`.
  Result<void> truncate_to_offset(Offset offset, ReadMode mode);

  // Drops what does not rise strictly: what a crash may have left, and the zeros of a file that was
  // allocated ahead. (sleeps)
  Result<void> keep_sound_part();

  IndexFile& file() { return file_; }
  const IndexFile& file() const { return file_; }

 private:
  Result<Entry> entry(std::size_t i, ReadMode mode);

  Offset base_offset_;
  IndexFile file_;
  std::optional<Entry> last_;  // once known
};

}  // namespace ottla::broker
