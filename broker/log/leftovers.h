#pragma once

#include <string>
#include <string_view>

#include "base/file.h"
#include "base/logger.h"
#include "ottla/result.h"

namespace ottla::broker {

// Cleans the directory of one log of what a crash has left in the middle of a deletion, of the
// replacement of a small file, and of a compaction: `.deleted`, `.tmp` and `.cleaned` files go, a
// compaction that had got as far as `.swap` is completed, indexes without a segment go. (sleeps)
Result<void> clean_up_leftovers(base::Directory& directory, const base::Logger& logger);

// A name that is free, for what recovery takes out of `file` though it had been synced: nothing
// reads it, and whoever looks after the broker may.
std::string name_to_keep_as(const base::Directory& directory, std::string_view file);

}  // namespace ottla::broker
