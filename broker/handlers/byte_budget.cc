#include "broker/handlers/byte_budget.h"

#include "base/assert.h"

namespace ottla::broker {
namespace {

// Of the limit, on top of it.
constexpr std::size_t kReservePart = 8;

}  // namespace

ByteBudget::Charge ByteBudget::try_charge(std::size_t bytes, std::size_t frame) {
  if (!has_room(frame <= kSmall ? limit_ / kReservePart : 0)) return {};
  used_ += bytes;
  return Charge(*this, bytes);
}

bool ByteBudget::Charge::try_grow(std::size_t bytes) {
  OTTLA_ASSERT(budget_ != nullptr && bytes >= bytes_, "a charge only grows");
  if (!budget_->has_room() && !overdraws_) {
    if (budget_->overdrawn_) return false;
    budget_->overdrawn_ = overdraws_ = true;
  }
  budget_->used_ += bytes - bytes_;
  bytes_ = bytes;
  return true;
}

// Those who wait try again, each later, and get in line anew if it was not enough for them.
void ByteBudget::give_back(std::size_t bytes, bool overdrew) {
  OTTLA_ASSERT(bytes <= used_, "more bytes given back than were charged");
  used_ -= bytes;
  if (overdrew) overdrawn_ = false;
  if (has_room(limit_ / kReservePart)) {
    for (auto& resume : std::exchange(small_waiting_, {})) resume();
  }
  if (overdrew || has_room()) {
    for (auto& resume : std::exchange(waiting_, {})) resume();
  }
}

}  // namespace ottla::broker
