#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/task.h"

namespace ottla::broker {

// The bytes that the request frames of one loop may take together (queued.max.request.bytes). What
// is charged is memory, before it is allocated: a frame that is announced and does not come costs
// next to nothing. While the budget is spent, connections that want memory wait here in line and
// read nothing. One charge at a time may grow beyond the limit, so that among frames that have all
// begun one can always be finished, and a frame larger than the budget is served. A reserve is for
// small frames alone: whoever sends large ones cannot stop those who send small ones. Loop's thread
// only.
class ByteBudget {
 public:
  // A frame up to this size is small.
  static constexpr std::size_t kSmall = 64 << 10;

  // Gives its bytes back when destroyed.
  class Charge {
   public:
    Charge() = default;
    Charge(ByteBudget& budget, std::size_t bytes) : budget_(&budget), bytes_(bytes) {}
    Charge(Charge&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)),
          bytes_(other.bytes_),
          overdraws_(other.overdraws_) {}
    Charge& operator=(Charge&& other) noexcept {
      if (this == &other) return *this;
      release();
      budget_ = std::exchange(other.budget_, nullptr);
      bytes_ = other.bytes_;
      overdraws_ = other.overdraws_;
      return *this;
    }
    ~Charge() { release(); }
    void release() {
      if (budget_ != nullptr) std::exchange(budget_, nullptr)->give_back(bytes_, overdraws_);
    }
    // Makes it `bytes` altogether, which is more than it was. False: nothing is left now.
    bool try_grow(std::size_t bytes);
    explicit operator bool() const { return budget_ != nullptr; }

   private:
    ByteBudget* budget_ = nullptr;
    std::size_t bytes_ = 0;
    bool overdraws_ = false;
  };

  // `limit` 0: unlimited.
  explicit ByteBudget(std::size_t limit) : limit_(limit) {}

  // For a frame of `frame` bytes, of which `bytes` are wanted now. An empty charge: nothing is left
  // now. What begins may overdraw by its first bytes.
  Charge try_charge(std::size_t bytes, std::size_t frame);

  // Calls `resume` once, when there may be room again for a frame of `frame` bytes. The caller
  // guards it with its lifetime.
  void wait(std::size_t frame, base::Task resume) {
    (frame <= kSmall ? small_waiting_ : waiting_).push_back(std::move(resume));
  }

  std::size_t used() const { return used_; }

 private:
  bool has_room(std::size_t reserve = 0) const { return limit_ == 0 || used_ < limit_ + reserve; }
  void give_back(std::size_t bytes, bool overdrew);

  const std::size_t limit_;
  std::size_t used_ = 0;
  bool overdrawn_ = false;  // a charge grows beyond the limit
  std::vector<base::Task> small_waiting_;
  std::vector<base::Task> waiting_;
};

}  // namespace ottla::broker
