#include "broker/log/leader_epoch_cache.h"

#include <algorithm>

#include "broker/log/text_lines.h"

namespace ottla::broker {

Result<LeaderEpochCache> LeaderEpochCache::parse(BytesView text) {
  TextLines lines(text);
  auto count = lines.header();
  if (!count) return count.error();
  LeaderEpochCache cache;
  for (std::size_t i = 0; i < *count; ++i) {
    auto epoch = lines.number();
    auto offset = lines.number();
    if (!epoch || !offset || !lines.end_of_line() || *epoch < 0 || *epoch > 0x7fffffff ||
        *offset < 0) {
      return lines.malformed("'epoch offset' expected");
    }
    const Entry entry{LeaderEpoch(static_cast<std::int32_t>(*epoch)), Offset(*offset)};
    if (!cache.entries_.empty() && (entry.epoch <= cache.entries_.back().epoch ||
                                    entry.start_offset < cache.entries_.back().start_offset)) {
      return lines.malformed("epochs and offsets must rise");
    }
    cache.entries_.push_back(entry);
  }
  return cache;
}

std::string LeaderEpochCache::to_text() const {
  std::string text = "0\n" + std::to_string(entries_.size()) + "\n";
  for (const auto& entry : entries_) {
    text +=
        std::to_string(entry.epoch.value) + " " + std::to_string(entry.start_offset.value) + "\n";
  }
  return text;
}

bool LeaderEpochCache::assign(LeaderEpoch epoch, Offset offset) {
  if (epoch.value < 0) return false;
  if (!entries_.empty() && entries_.back().epoch == epoch &&
      entries_.back().start_offset <= offset) {
    return false;
  }
  const Entry entry{epoch, offset};
  while (!entries_.empty() &&
         (entries_.back().epoch >= epoch || entries_.back().start_offset >= offset)) {
    entries_.pop_back();
  }
  entries_.push_back(entry);
  return true;
}

std::optional<LeaderEpoch> LeaderEpochCache::latest_epoch() const {
  if (entries_.empty()) return {};
  return entries_.back().epoch;
}

std::optional<LeaderEpoch> LeaderEpochCache::epoch_of(Offset offset) const {
  const auto above = std::upper_bound(
      entries_.begin(), entries_.end(), offset,
      [](Offset target, const Entry& entry) { return target < entry.start_offset; });
  if (above == entries_.begin()) return {};
  return std::prev(above)->epoch;
}

EpochEndOffset LeaderEpochCache::end_offset_of(LeaderEpoch epoch, Offset log_end_offset) const {
  if (epoch.value < 0 || entries_.empty() || epoch > entries_.back().epoch) return {};
  if (epoch == entries_.back().epoch) return {epoch, log_end_offset};
  const auto higher =
      std::upper_bound(entries_.begin(), entries_.end(), epoch,
                       [](LeaderEpoch target, const Entry& entry) { return target < entry.epoch; });
  if (higher == entries_.begin()) return {epoch, higher->start_offset};
  return {std::prev(higher)->epoch, higher->start_offset};
}

bool LeaderEpochCache::truncate_from_end(Offset offset) {
  const auto before = entries_.size();
  while (!entries_.empty() && entries_.back().start_offset >= offset) entries_.pop_back();
  return entries_.size() != before;
}

bool LeaderEpochCache::truncate_from_start(Offset offset) {
  const auto above = std::upper_bound(
      entries_.begin(), entries_.end(), offset,
      [](Offset target, const Entry& entry) { return target < entry.start_offset; });
  if (above == entries_.begin()) return false;
  const auto holding = std::prev(above);
  if (holding == entries_.begin() && holding->start_offset == offset) return false;
  holding->start_offset = offset;
  entries_.erase(entries_.begin(), holding);
  return true;
}

}  // namespace ottla::broker
