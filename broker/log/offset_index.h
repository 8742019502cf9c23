#pragma once

#include "broker/log/index_file.h"
#include "broker/log/log_types.h"

namespace ottla::broker {

// Maps offsets to byte positions in a segment's .log: entries of a relative offset and a position,
// sparse and rising. An entry has the position of a batch and its last offset. A copy is a frozen
// picture, as with IndexFile.
class OffsetIndex {
 public:
  static constexpr std::size_t kEntrySize = 8;

  struct Entry {
    Offset offset;
    std::uint64_t position = 0;

    bool operator==(const Entry&) const = default;
  };

  // The file's name ends in `name_suffix`.
  OffsetIndex(std::shared_ptr<base::Directory> directory, Offset base_offset, std::size_t entries,
              std::string_view name_suffix = {});

  // The greatest entry whose offset is not above `target`; none is {base offset, 0}.
  Result<Entry> lookup(Offset target, ReadMode mode);

  // The greatest entry whose position is not above `position`; none is {base offset, 0}.
  Result<Entry> lookup_position(std::uint64_t position, ReadMode mode);

  Result<std::optional<Entry>> last(ReadMode mode);

  // `offset` above that of every entry, and less than 2^31 above the base offset.
  Result<void> append(Offset offset, std::uint64_t position);

  // Drops entries that point at or beyond `position`.
  Result<void> truncate_to_position(std::uint64_t position, ReadMode mode);

  // Drops what does not rise strictly or points beyond `size` bytes of .log: what a crash may have
  // left, and the zeros of a file that was allocated ahead. (sleeps)
  Result<void> keep_sound_part(std::uint64_t size);

  IndexFile& file() { return file_; }
  const IndexFile& file() const { return file_; }

 private:
  Result<Entry> entry(std::size_t i, ReadMode mode);

  Offset base_offset_;
  IndexFile file_;
};

}  // namespace ottla::broker
