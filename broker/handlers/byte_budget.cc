#include "broker/handlers/byte_budget.h"

#include <utility>

#include "base/assert.h"

namespace ottla::broker {
namespace {

// Of the limit, on top of it.
constexpr std::size_t kReservePart = 8;

}  // namespace

ByteBudget::Charge ByteBudget::try_charge(std::size_t bytes, std::size_t frame) {
  const auto reserve = frame <= kSmall ? state_->limit / kReservePart : 0;
  if (!state_->has_room(reserve)) return {};
  state_->used += bytes;
  return Charge(state_, bytes, reserve);
}

bool ByteBudget::Charge::try_grow(std::size_t bytes) {
  OTTLA_ASSERT(budget_ && bytes >= bytes_, "a charge only grows");
  if (!budget_->has_room(reserve_) && !overdraws_) {
    if (budget_->overdrawn) return false;
    budget_->overdrawn = overdraws_ = true;
  }
  budget_->used += bytes - bytes_;
  bytes_ = bytes;
  return true;
}

void ByteBudget::Charge::give_back() {
  const auto budget = std::move(budget_);
  budget->give_back(bytes_, std::exchange(overdraws_, false));
}

// Those who wait try again, each later, and get in line anew if it was not enough for them.
void ByteBudget::State::give_back(std::size_t bytes, bool overdrew) {
  OTTLA_ASSERT(bytes <= used, "more bytes given back than were charged");
  used -= bytes;
  if (overdrew) overdrawn = false;
  if (overdrew || has_room(limit / kReservePart)) {
    for (auto& resume : std::exchange(small_waiting, {})) resume();
  }
  if (overdrew || has_room()) {
    for (auto& resume : std::exchange(waiting, {})) resume();
  }
}

}  // namespace ottla::broker
