#pragma once

#include <string>
#include <vector>

#include "base/file.h"
#include "broker/log/log_segment.h"
#include "broker/log/log_types.h"
#include "ottla/result.h"

namespace ottla::broker {

// Segments of a log that follow each other, and the one that takes their place.
struct SegmentSwap {
  std::vector<LogSegment> originals;  // copies with all their files open
  // Written, finished and synced, with all its files open, under names that end in `.cleaned`. Its
  // base offset is that of the first original, its last batch ends where the last original does.
  LogSegment replacement;
};

// Gives the files their new names: `.cleaned` becomes `.swap`, the originals become `.deleted`,
// `.swap` becomes what it replaces. With `sync` every step is durable before the next begins, so
// that after a crash the originals or the replacement are there, whole (clean_up_leftovers). After
// no_space the same call goes on where it was. (sleeps)
struct SwapProgress {
  int steps_done = 0;
  std::vector<std::string> deleted;  // what is to be unlinked
};
Result<void> swap_files(base::Directory& directory, const std::vector<Offset>& originals, bool sync,
                        SwapProgress& progress);

// Removes the `.cleaned` files of a replacement that is not wanted. (sleeps)
Result<void> remove_cleaned_files(base::Directory& directory, Offset base_offset);

// Renames the files of a segment so that they are `.deleted`, and adds their names to `deleted`.
// Without `with_snapshot` the producer snapshot stays. With `sync` a power cut cannot bring the
// segment back without its transaction index: what was aborted in it would be read. (sleeps)
Result<void> rename_deleted(base::Directory& directory, Offset base_offset, bool with_snapshot,
                            bool sync, std::vector<std::string>& deleted);

}  // namespace ottla::broker
