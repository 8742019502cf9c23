#include "interceptors/key_ring.h"

#include <mutex>

namespace ottla::interceptors {
namespace {

constexpr std::size_t kMostId = 100;

Error unknown_key(std::string_view id) {
  return Error(ErrorCode::not_found, "the ring has no key '" + std::string(id) + "'");
}

}  // namespace

Result<void> KeyRing::Impl::add(std::string id, BytesView key) {
  if (id.empty() || id.size() > kMostId) {
    return Error(ErrorCode::invalid_argument, "the name of a key has 1 to 100 bytes");
  }
  if (key.size() != kKeySize) {
    return Error(ErrorCode::invalid_argument, "key '" + id + "' has " + std::to_string(key.size()) +
                                                  " bytes; those of AES-256 have 32");
  }
  const std::unique_lock lock(mutex_);
  if (keys_.contains(id)) {
    return Error(ErrorCode::already_in_use, "the ring has a key '" + id + "' already");
  }
  if (current_.empty()) current_ = id;
  keys_.emplace(std::move(id), SecretKey(key));
  return {};
}

Result<void> KeyRing::Impl::use(std::string_view id) {
  const std::unique_lock lock(mutex_);
  if (!keys_.contains(id)) return unknown_key(id);
  current_ = id;
  return {};
}

Result<void> KeyRing::Impl::remove(std::string_view id) {
  const std::unique_lock lock(mutex_);
  const auto found = keys_.find(id);
  if (found == keys_.end()) return unknown_key(id);
  if (id == current_) {
    return Error(ErrorCode::already_in_use,
                 "key '" + current_ + "' is encrypted with: use another one first");
  }
  keys_.erase(found);
  removals_.fetch_add(1, std::memory_order_release);
  return {};
}

std::optional<std::pair<std::string, SecretKey>> KeyRing::Impl::current() const {
  const std::shared_lock lock(mutex_);
  const auto found = keys_.find(current_);
  if (found == keys_.end()) return std::nullopt;
  return std::pair(found->first, found->second);
}

std::string KeyRing::Impl::current_id() const {
  const std::shared_lock lock(mutex_);
  return current_;
}

std::optional<SecretKey> KeyRing::Impl::find(std::string_view id) const {
  const std::shared_lock lock(mutex_);
  const auto found = keys_.find(id);
  if (found == keys_.end()) return std::nullopt;
  return found->second;
}

KeyRing::KeyRing() : impl_(std::make_unique<Impl>()) {}
KeyRing::~KeyRing() = default;

Result<void> KeyRing::add(std::string id, BytesView key) {
  return impl_->add(std::move(id), key);
}

Result<void> KeyRing::use(std::string_view id) {
  return impl_->use(id);
}

Result<void> KeyRing::remove(std::string_view id) {
  return impl_->remove(id);
}

}  // namespace ottla::interceptors
