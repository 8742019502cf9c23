#include "broker/log/leftovers.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "broker/log/batch_scan.h"
#include "broker/log/file_names.h"

namespace ottla::broker {
namespace {

using Names = std::vector<std::string>;

std::optional<Offset> offset_in(std::string_view name) {
  if (name.size() < 21) return {};
  return parse_segment_file_name(name.substr(0, 20), "");
}

class Cleaner {
 public:
  Cleaner(base::Directory& directory, const base::Logger& logger)
      : directory_(directory), logger_(logger) {}

  Result<void> run() {
    auto entries = directory_.list();
    if (!entries) return entries.error();
    for (auto& entry : *entries) {
      if (!entry.is_directory) names_.push_back(std::move(entry.name));
    }
    if (auto done = remove_what_is_not_needed(); !done) return done;
    if (auto done = complete_swaps(); !done) return done;
    return remove_orphans();
  }

 private:
  Result<void> remove(const std::string& name) {
    logger_.info("removing " + directory_.path() + "/" + name + ", left by a crash");
    auto removed = directory_.remove(name);
    if (removed) std::erase(names_, name);
    return removed;
  }

  Result<void> remove_all(const Names& names) {
    for (const auto& name : names) {
      if (auto removed = remove(name); !removed) return removed;
    }
    return {};
  }

  // A swap at or above the first file that was still being written belongs to the same operation,
  // which had not got so far that the originals may go.
  Result<void> remove_what_is_not_needed() {
    Names doomed;
    Offset first_cleaned{std::numeric_limits<std::int64_t>::max()};
    for (const auto& name : names_) {
      if (name.ends_with(kCleanedSuffix)) {
        first_cleaned = std::min(first_cleaned, offset_in(name).value_or(first_cleaned));
      }
      if (name.ends_with(kDeletedSuffix) || name.ends_with(kTmpSuffix) ||
          name.ends_with(kCleanedSuffix)) {
        doomed.push_back(name);
      }
    }
    for (const auto& name : names_) {
      const auto offset = name.ends_with(kSwapSuffix) ? offset_in(name) : std::nullopt;
      if (offset && *offset >= first_cleaned) doomed.push_back(name);
    }
    return remove_all(doomed);
  }

  Result<void> complete_swaps() {
    Names swaps;
    for (const auto& name : names_) {
      if (name.ends_with(kSwapSuffix)) swaps.push_back(name);
    }
    if (swaps.empty()) return {};
    // Their names may not be durable yet, and the originals are about to go.
    if (auto done = directory_.sync(); !done) return done;
    for (const auto& name : swaps) {
      if (!is_log_swap(name)) continue;
      if (auto done = remove_originals_of(name); !done) return done;
    }
    // What replaces them must not be there beside them after a power cut.
    if (auto done = directory_.sync(); !done) return done;
    for (const auto& name : swaps) {
      const auto final_name = name.substr(0, name.size() - kSwapSuffix.size());
      // An index whose log has its final name already belongs to it, unless that has one: then the
      // compaction was being undone.
      const bool known = std::find(names_.begin(), names_.end(), final_name) != names_.end();
      if (!is_log_swap(name) && known) {
        if (auto removed = remove(name); !removed) return removed;
        continue;
      }
      if (auto done = directory_.rename(name, final_name); !done) return done;
      std::erase(names_, name);
      std::erase(names_, final_name);
      names_.push_back(final_name);
    }
    return directory_.sync();
  }

  static bool is_log_swap(const std::string& name) {
    return name.ends_with(std::string(kLogSuffix) + std::string(kSwapSuffix));
  }

  // The swap is whole, or it would still be called cleaned: it replaces every segment whose base
  // offset it spans.
  Result<void> remove_originals_of(const std::string& swap) {
    const auto base = offset_in(swap);
    if (!base) return {};
    auto file = directory_.open(swap, base::OpenMode::read);
    if (!file) return file.error();
    auto size = (*file)->size();
    if (!size) return size.error();
    Offset end = *base + 1;
    BatchScanner batches(**file, 0, *size, ReadMode::may_sleep);
    for (;;) {
      auto batch = batches.next();
      if (!batch) return batch.error();
      if (!*batch) break;
      end = std::max(end, (*batch)->last_offset + 1);
    }
    Names originals;
    for (const auto& name : names_) {
      const auto offset = parse_segment_file_name(name, kLogSuffix);
      if (!offset || *offset < *base || *offset >= end) continue;
      for (const auto suffix : {kLogSuffix, kIndexSuffix, kTimeIndexSuffix, kTxnIndexSuffix}) {
        const auto original = segment_file_name(*offset, suffix);
        if (std::find(names_.begin(), names_.end(), original) != names_.end()) {
          originals.push_back(original);
        }
      }
    }
    return remove_all(originals);
  }

  Result<void> remove_orphans() {
    Names orphans;
    for (const auto& name : names_) {
      for (const auto suffix : {kIndexSuffix, kTimeIndexSuffix, kTxnIndexSuffix}) {
        const auto offset = parse_segment_file_name(name, suffix);
        if (!offset) continue;
        const auto log = segment_file_name(*offset, kLogSuffix);
        if (std::find(names_.begin(), names_.end(), log) == names_.end()) orphans.push_back(name);
      }
    }
    // That the segment has gone must be durable before what it needs, if it comes back, goes too.
    const bool aborted = std::any_of(orphans.begin(), orphans.end(), [](const auto& name) {
      return name.ends_with(kTxnIndexSuffix);
    });
    if (aborted) {
      if (auto done = directory_.sync(); !done) return done;
    }
    return remove_all(orphans);
  }

  base::Directory& directory_;
  const base::Logger& logger_;
  Names names_;
};

}  // namespace

Result<void> clean_up_leftovers(base::Directory& directory, const base::Logger& logger) {
  return Cleaner(directory, logger).run();
}

std::string name_to_keep_as(const base::Directory& directory, std::string_view file) {
  const auto name = std::string(file).append(kCutSuffix);
  auto free = name;
  for (int i = 2; directory.exists(free); ++i) free = name + "." + std::to_string(i);
  return free;
}

}  // namespace ottla::broker
