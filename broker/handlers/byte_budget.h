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
// 4 KiB. While the budget is spent, connections that want memory wait here in line and
// read nothing. One charge at a time may grow beyond the limit, so that among frames that have all
// begun one can always be finished, and a frame larger than the budget is served. A reserve is for
// small frames alone: whoever sends large ones cannot stop those who send small ones. Loop's thread
// only.
class ByteBudget {
  struct State;

 public:
  // A frame up to this size is small.
  static constexpr std::size_t kSmall = 64 << 10;

  // Gives its bytes back when destroyed, which may be after the budget: a request can outlive the
  // server.
  class Charge {
   public:
    Charge() = default;
    // It may grow into `reserve`.
    Charge(std::shared_ptr<State> budget, std::size_t bytes, std::size_t reserve)
        : budget_(std::move(budget)), bytes_(bytes), reserve_(reserve) {}
    Charge(Charge&& other) noexcept
        : budget_(std::move(other.budget_)),
          bytes_(other.bytes_),
          reserve_(other.reserve_),
          overdraws_(other.overdraws_) {}
    Charge& operator=(Charge&& other) noexcept {
      if (this == &other) return *this;
      release();
      budget_ = std::move(other.budget_);
      bytes_ = other.bytes_;
      reserve_ = other.reserve_;
      overdraws_ = other.overdraws_;
      return *this;
    }
    ~Charge() { release(); }
    void release() {
      if (budget_) give_back();
    }
    // Makes it `bytes` altogether, which is more than it was. False: nothing is left now.
    bool try_grow(std::size_t bytes);
    // It has grown beyond the limit, and while it lasts no other one may.
    bool overdraws() const { return overdraws_; }
    explicit operator bool() const { return budget_ != nullptr; }

   private:
    void give_back();

    std::shared_ptr<State> budget_;
    std::size_t bytes_ = 0;
    std::size_t reserve_ = 0;
    bool overdraws_ = false;
  };

  // `limit` 0: unlimited.
  explicit ByteBudget(std::size_t limit) { state_->limit = limit; }
  ~ByteBudget() {
    state_->small_waiting.clear();
    state_->waiting.clear();
  }
  ByteBudget(const ByteBudget&) = delete;
  ByteBudget& operator=(const ByteBudget&) = delete;

  // For a frame of `frame` bytes, of which `bytes` are wanted now. An empty charge: nothing is left
  // now. What begins may overdraw by its first bytes.
  Charge try_charge(std::size_t bytes, std::size_t frame);

  // Calls `resume` once, when there may be room again for a frame of `frame` bytes. The caller
  // guards it with its lifetime.
  void wait(std::size_t frame, base::Task resume) {
    (frame <= kSmall ? state_->small_waiting : state_->waiting).push_back(std::move(resume));
  }

  std::size_t used() const { return state_->used; }

 private:
  struct State {
    bool has_room(std::size_t reserve = 0) const { return limit == 0 || used < limit + reserve; }
    void give_back(std::size_t bytes, bool overdrew);

    std::size_t limit = 0;
    std::size_t used = 0;
    bool overdrawn = false;  // a charge grows beyond the limit
    std::vector<base::Task> small_waiting;
    std::vector<base::Task> waiting;
  };

  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace ottla::broker
