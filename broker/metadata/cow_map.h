#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace ottla::broker {

// Hashes std::string and std::string_view alike, so that look-ups need no copy of the key.
struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>()(text);
  }
};

// A map whose copies share what they have in common: copying it copies one pointer; the first
// change after a copy duplicates 1/64 of the entries. Values are shared and never changed in place.
// A reader may use one copy on its thread while a writer changes another.
template <class Key, class Value, class Hash = std::hash<Key>>
class CowMap {
 public:
  using Shared = std::shared_ptr<const Value>;

  // Null if there is none; valid while this copy of the map, or the value, is kept.
  template <class K>
  const Shared* find(const K& key) const {
    if (!root_) return nullptr;
    const auto& shard = (*root_)[shard_of(key)];
    if (!shard) return nullptr;
    const auto found = shard->find(key);
    return found == shard->end() ? nullptr : &found->second;
  }

  void set(const Key& key, Shared value) {
    auto& shard = writable_shard(shard_of(key));
    if (shard.insert_or_assign(key, std::move(value)).second) ++size_;
  }

  // False if there was none.
  bool erase(const Key& key) {
    if (find(key) == nullptr) return false;
    writable_shard(shard_of(key)).erase(key);
    --size_;
    return true;
  }

  // Calls f(key, value) for every entry, in no order.
  template <class F>
  void for_each(F f) const {
    if (!root_) return;
    for (const auto& shard : *root_) {
      if (!shard) continue;
      for (const auto& [key, value] : *shard) f(key, value);
    }
  }

  // Whether f(key, value) is true for an entry; looks no further than the first.
  template <class F>
  bool any_of(F f) const {
    if (!root_) return false;
    for (const auto& shard : *root_) {
      if (!shard) continue;
      for (const auto& [key, value] : *shard) {
        if (f(key, value)) return true;
      }
    }
    return false;
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  static constexpr std::size_t kShards = 64;
  using Shard = std::unordered_map<Key, Shared, Hash, std::equal_to<>>;
  using Root = std::array<std::shared_ptr<Shard>, kShards>;

  template <class K>
  static std::size_t shard_of(const K& key) {
    // The shard's own table uses the low bits.
    return (Hash()(key) * 0x9e3779b97f4a7c15ULL) >> 58;
  }

  // The only owner may write in place; anyone else gets a copy first.
  Shard& writable_shard(std::size_t index) {
    if (!root_) {
      root_ = std::make_shared<Root>();
    } else if (root_.use_count() > 1) {
      root_ = std::make_shared<Root>(*root_);
    }
    auto& shard = (*root_)[index];
    if (!shard) {
      shard = std::make_shared<Shard>();
    } else if (shard.use_count() > 1) {
      shard = std::make_shared<Shard>(*shard);
    }
    return *shard;
  }

  std::shared_ptr<Root> root_;
  std::size_t size_ = 0;
};

}  // namespace ottla::broker
