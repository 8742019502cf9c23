#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/siphash.h"
#include "broker/log/log_types.h"
#include "ottla/bytes.h"

namespace ottla::broker {

// The newest offset of each key of the dirty part of a log, in bounded memory: 24 bytes a key, of
// which a hash of 128 bits stands for the key. The hash has a secret, so nobody can make keys that
// collide. One thread.
class KeyOffsetMap {
 public:
  static constexpr std::size_t kBytesPerSlot = 24;

  struct Limits {
    std::uint64_t memory = 128 << 20;  // bytes, at most
    double load_factor = 0.9;          // part of the slots that may be taken
  };

  // Takes no more memory than `most_keys` need.
  KeyOffsetMap(const Limits& limits, std::uint64_t most_keys, const base::Hash128& secret);

  // Notes that `key` has a record at `offset`, which is above all that were noted. False if there
  // is no room for another key.
  [[nodiscard]] bool put(BytesView key, Offset offset);

  std::optional<Offset> find(BytesView key) const;

  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }

 private:
  struct Slot {
    base::Hash128 hash;
    std::int64_t offset = -1;  // -1: free
  };
  std::size_t slot_of(const base::Hash128& hash) const;

  base::Hash128 secret_;
  std::vector<Slot> slots_;
  std::size_t capacity_;
  std::size_t size_ = 0;
};

}  // namespace ottla::broker
