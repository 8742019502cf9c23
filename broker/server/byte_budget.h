#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "base/task.h"

namespace ottla::broker {

// The bytes that the request frames of one loop may take together (queued.max.request.bytes). A
// frame is charged whole before the first byte of it is stored; while the budget is spent, the
// connections that want a frame wait here in line and read nothing. One frame may overdraw it, so
// that a frame larger than the budget is served, alone. Loop's thread only.
class ByteBudget {
 public:
  // Gives its bytes back when destroyed.
  class Charge {
   public:
    Charge() = default;
    Charge(ByteBudget& budget, std::size_t bytes) : budget_(&budget), bytes_(bytes) {}
    Charge(Charge&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), bytes_(other.bytes_) {}
    Charge& operator=(Charge&& other) noexcept {
      if (this == &other) return *this;
      release();
      budget_ = std::exchange(other.budget_, nullptr);
      bytes_ = other.bytes_;
      return *this;
    }
    ~Charge() { release(); }
    void release() {
      if (budget_ != nullptr) std::exchange(budget_, nullptr)->give_back(bytes_);
    }
    explicit operator bool() const { return budget_ != nullptr; }

   private:
    ByteBudget* budget_ = nullptr;
    std::size_t bytes_ = 0;
  };

  // `limit` 0: unlimited.
  explicit ByteBudget(std::size_t limit) : limit_(limit) {}

  // An empty charge: nothing left now.
  Charge try_charge(std::size_t bytes);

  // Calls `resume` once, when there is room again. The caller guards it with its lifetime.
  void wait(base::Task resume) { waiting_.push_back(std::move(resume)); }

  std::size_t used() const { return used_; }

 private:
  void give_back(std::size_t bytes);

  const std::size_t limit_;
  std::size_t used_ = 0;
  std::deque<base::Task> waiting_;
};

}  // namespace ottla::broker
