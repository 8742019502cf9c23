#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>

#include "interceptors/sealing.h"
#include "ottla/interceptors/encryption.h"

namespace ottla::interceptors {

// The keys of a ring. Any thread.
class KeyRing::Impl {
 public:
  Result<void> add(std::string id, BytesView key);
  Result<void> use(std::string_view id);
  Result<void> remove(std::string_view id);

  // The key that is encrypted with, and its name; nothing in an empty ring.
  std::optional<std::pair<std::string, SecretKey>> current() const;
  std::string current_id() const;
  std::optional<SecretKey> find(std::string_view id) const;
  // Grows when a key is removed: what was derived from it is of no use, though its name come again.
  std::uint64_t removals() const { return removals_.load(std::memory_order_acquire); }

 private:
  mutable std::shared_mutex mutex_;
  // Guarded by mutex_.
  std::map<std::string, SecretKey, std::less<>> keys_;
  std::string current_;
  std::atomic<std::uint64_t> removals_{0};
};

}  // namespace ottla::interceptors
