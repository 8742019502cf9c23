#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "base/assert.h"
#include "broker/log/segment_swap.h"
#include "broker/log/unified_log.h"

namespace ottla::broker {
namespace {

constexpr auto kAskAgain = std::chrono::milliseconds(50);
constexpr auto kSwapAgain = std::chrono::seconds(1);  // after a want of space

}  // namespace

// One replacement on its way: it waits until nobody opens files by the names that will change.
struct UnifiedLog::Replacement {
  SegmentSwap swap;
  OnReplaced done;
  std::shared_ptr<const char> old_pictures;  // held by those taken before its originals were open
  bool renaming = false;
};

void UnifiedLog::replace_segments(SegmentSwap swap, OnReplaced done) {
  OTTLA_ASSERT(!replacement_, "one replacement at a time");
  replacement_ = std::make_shared<Replacement>(Replacement{std::move(swap), std::move(done)});
  if (const auto first = first_original()) {
    for (std::size_t i = 0; i < replacement_->swap.originals.size(); ++i) {
      segments_[*first + i].adopt(replacement_->swap.originals[i]);
    }
  }
  // Pictures that are taken from here on have the originals open, whatever they are called.
  replacement_->old_pictures = std::exchange(pictures_, std::make_shared<const char>('\0'));
  try_replacement();
}

// Where the originals are among the segments; none if some have gone.
std::optional<std::size_t> UnifiedLog::first_original() const {
  const auto& originals = replacement_->swap.originals;
  const auto first =
      std::find_if(segments_.begin(), segments_.end(), [&](const LogSegment& segment) {
        return segment.base_offset() == originals.front().base_offset();
      });
  const auto left = static_cast<std::size_t>(segments_.end() - first);
  if (left <= originals.size()) return {};
  for (std::size_t i = 0; i < originals.size(); ++i) {
    if (first[static_cast<std::ptrdiff_t>(i)].base_offset() != originals[i].base_offset()) {
      return {};
    }
  }
  return static_cast<std::size_t>(first - segments_.begin());
}

void UnifiedLog::try_replacement() {
  auto replacement = replacement_;
  if (!replacement || replacement->renaming) return;
  if (closed_ || offline_ || !first_original()) {
    return end_replacement(ErrorCode::not_found);
  }
  if (deleting_ || replacement->old_pictures.use_count() > 1) {
    loop_.call_at(loop_.now() + kAskAgain, lifetime_.guard([this, replacement] {
      if (replacement_ == replacement) try_replacement();
    }));
    return;
  }
  replacement->renaming = true;
  rename_for_replacement(std::make_shared<SwapProgress>());
}

void UnifiedLog::rename_for_replacement(const std::shared_ptr<SwapProgress>& progress) {
  std::vector<Offset> bases;
  for (const auto& one : replacement_->swap.originals) bases.push_back(one.base_offset());
  auto result = std::make_shared<Result<void>>();
  const bool sync = config_.effective_durability() != Durability::memory;
  loop_.offload([result, progress, directory = directory_, bases = std::move(bases),
                 sync] { *result = swap_files(*directory, bases, sync, *progress); },
                lifetime_.guard([this, result, progress] {
                  unlink_later(std::exchange(progress->deleted, {}));
                  const bool full = !*result && result->error().code() == ErrorCode::no_space;
                  if (!full || closed_ || offline_) return end_replacement(std::move(*result));
                  // There is no room for a name: what was unlinked may make some.
                  loop_.call_at(loop_.now() + kSwapAgain, lifetime_.guard([this, progress] {
                    rename_for_replacement(progress);
                  }));
                }));
}

void UnifiedLog::end_replacement(Result<void> result) {
  auto replacement = std::exchange(replacement_, nullptr);
  const bool renamed = replacement->renaming;
  if (renamed && result) {
    put_in_place(replacement->swap);
  } else if (renamed) {
    // Which names the files have is not known any more; the next start puts it right.
    flush_.fail(Error(ErrorCode::io_error, result.error().message(), result.error().context()));
  }
  if (closed_ && on_closed_ && renamed && !advancing_) finish();
  replacement->done(std::move(result));
}

void UnifiedLog::put_in_place(const SegmentSwap& swap) {
  auto cleaned = swap.replacement;
  WallMillis created = 0;
  for (const auto& original : swap.originals) created = std::max(created, original.created());
  LogSegment segment(directory_, cleaned.base_offset(), cleaned.size(),
                     cleaned.offset_index().file().size(), cleaned.time_index().file().size(),
                     created, {}, cleaned.transaction_index().file().size());
  segment.adopt(cleaned);
  const auto bases = [&](Offset base) {
    return std::any_of(
        swap.originals.begin(), swap.originals.end(),
        [base](const LogSegment& original) { return original.base_offset() == base; });
  };
  const auto first = std::find_if(segments_.begin(), segments_.end(),
                                  [&](const LogSegment& one) { return bases(one.base_offset()); });
  *first = std::move(segment);
  segments_.erase(std::remove_if(first + 1, segments_.end(),
                                 [&](const LogSegment& one) { return bases(one.base_offset()); }),
                  segments_.end());
}

void UnifiedLog::give_up_replacement() {
  if (replacement_ && !replacement_->renaming) end_replacement(ErrorCode::closed);
}

bool UnifiedLog::renaming_segments() const {
  return replacement_ && replacement_->renaming;
}

}  // namespace ottla::broker
