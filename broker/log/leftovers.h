#pragma once

#include "base/file.h"
#include "base/logger.h"
#include "ottla/result.h"

namespace ottla::broker {

// Cleans the directory of one log of what a crash has left in the middle of a deletion, of the
// replacement of a small file, and of a compaction: `.deleted`, `.tmp` and `.cleaned` files go, a
// compaction that had got as far as `.swap` is completed, indexes without a segment go. (sleeps)
Result<void> clean_up_leftovers(base::Directory& directory, const base::Logger& logger);

}  // namespace ottla::broker
