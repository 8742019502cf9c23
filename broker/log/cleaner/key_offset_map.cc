#include "broker/log/cleaner/key_offset_map.h"

#include <algorithm>

namespace ottla::broker {
namespace {

std::size_t slots_for(const KeyOffsetMap::Limits& limits, std::uint64_t most_keys) {
  const auto most = std::max<std::uint64_t>(limits.memory / KeyOffsetMap::kBytesPerSlot, 2);
  const double wanted = static_cast<double>(most_keys) / limits.load_factor + 2;
  return wanted >= static_cast<double>(most) ? most : static_cast<std::size_t>(wanted);
}

}  // namespace

KeyOffsetMap::KeyOffsetMap(const Limits& limits, std::uint64_t most_keys,
                           const base::Hash128& secret)
    : secret_(secret), slots_(slots_for(limits, most_keys)) {
  const auto loaded =
      static_cast<std::size_t>(static_cast<double>(slots_.size()) * limits.load_factor);
  // One slot stays free, or a search would not end.
  capacity_ = std::clamp<std::size_t>(loaded, 1, slots_.size() - 1);
}

// The one that has the hash, or the free one where it belongs.
std::size_t KeyOffsetMap::slot_of(const base::Hash128& hash) const {
  auto at = static_cast<std::size_t>(hash.low % slots_.size());
  while (slots_[at].offset >= 0 && slots_[at].hash != hash) at = (at + 1) % slots_.size();
  return at;
}

bool KeyOffsetMap::put(BytesView key, Offset offset) {
  const auto hash = base::siphash128(secret_, key);
  auto& slot = slots_[slot_of(hash)];
  if (slot.offset < 0) {
    if (size_ == capacity_) return false;
    ++size_;
  }
  slot = {hash, offset.value};
  return true;
}

std::optional<Offset> KeyOffsetMap::find(BytesView key) const {
  const auto& slot = slots_[slot_of(base::siphash128(secret_, key))];
  if (slot.offset < 0) return {};
  return Offset(slot.offset);
}

}  // namespace ottla::broker
