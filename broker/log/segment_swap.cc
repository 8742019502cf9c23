#include "broker/log/segment_swap.h"

#include "broker/log/file_names.h"

namespace ottla::broker {
namespace {

constexpr std::string_view kSegmentSuffixes[] = {kLogSuffix, kIndexSuffix, kTimeIndexSuffix,
                                                 kTxnIndexSuffix};

Result<void> rename_all(base::Directory& directory, Offset base_offset, std::string_view from,
                        std::string_view to) {
  for (const auto suffix : kSegmentSuffixes) {
    const auto name = segment_file_name(base_offset, suffix);
    if (!directory.exists(std::string(name).append(from))) continue;
    auto done = directory.rename(std::string(name).append(from), std::string(name).append(to));
    if (!done) return done;
  }
  return {};
}

}  // namespace

Result<void> swap_files(base::Directory& directory, const std::vector<Offset>& originals, bool sync,
                        SwapProgress& progress) {
  const Offset base = originals.front();
  const auto step = [&](int number) -> Result<void> {
    if (number == 0) return rename_all(directory, base, kCleanedSuffix, kSwapSuffix);
    if (number == 2) return rename_all(directory, base, kSwapSuffix, "");
    for (const auto original : originals) {
      // What replaces them is durable, and has what it needs.
      auto done = rename_deleted(directory, original, original != base, false, progress.deleted);
      if (!done) return done;
    }
    return {};
  };
  for (; progress.steps_done < 3; ++progress.steps_done) {
    if (auto done = step(progress.steps_done); !done) return done;
    if (!sync) continue;
    if (auto done = directory.sync(); !done) return done;
  }
  return {};
}

Result<void> remove_cleaned_files(base::Directory& directory, Offset base_offset) {
  for (const auto suffix : kSegmentSuffixes) {
    const auto name = segment_file_name(base_offset, suffix).append(kCleanedSuffix);
    if (!directory.exists(name)) continue;
    if (auto removed = directory.remove(name); !removed) return removed;
  }
  return {};
}

Result<void> rename_deleted(base::Directory& directory, Offset base_offset, bool with_snapshot,
                            bool sync, std::vector<std::string>& deleted) {
  for (const auto suffix :
       {kLogSuffix, kIndexSuffix, kTimeIndexSuffix, kTxnIndexSuffix, kSnapshotSuffix}) {
    if (suffix == kSnapshotSuffix && !with_snapshot) continue;
    const auto name = segment_file_name(base_offset, suffix);
    const auto new_name = name + std::string(kDeletedSuffix);
    if (!directory.exists(name)) continue;
    if (sync && suffix == kTxnIndexSuffix) {
      if (auto done = directory.sync(); !done) return done;
    }
    if (auto done = directory.rename(name, new_name); !done) return done;
    deleted.push_back(new_name);
  }
  return {};
}

}  // namespace ottla::broker
