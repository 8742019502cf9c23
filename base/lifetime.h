#pragma once

#include <memory>
#include <utility>

namespace ottla::base {

// Ties callbacks to the object that owns this: once it is gone, they do nothing. Declare it as the
// last member, so that it goes first. One loop's thread only.
class Lifetime {
 public:
  Lifetime() = default;
  Lifetime(const Lifetime&) = delete;
  Lifetime& operator=(const Lifetime&) = delete;

  // `f`, wrapped to be skipped after this object's end.
  template <class F>
  auto guard(F f) const {
    return [alive = std::weak_ptr<const char>(token_), f = std::move(f)](auto&&... args) mutable {
      if (!alive.expired()) f(std::forward<decltype(args)>(args)...);
    };
  }

 private:
  std::shared_ptr<const char> token_ = std::make_shared<const char>('\0');
};

}  // namespace ottla::base
