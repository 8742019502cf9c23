#include "broker/server/byte_budget.h"

#include "base/assert.h"

namespace ottla::broker {

ByteBudget::Charge ByteBudget::try_charge(std::size_t bytes) {
  if (limit_ != 0 && used_ >= limit_) return {};
  used_ += bytes;
  return Charge(*this, bytes);
}

void ByteBudget::give_back(std::size_t bytes) {
  OTTLA_ASSERT(bytes <= used_, "more bytes given back than were charged");
  used_ -= bytes;
  while (!waiting_.empty() && (limit_ == 0 || used_ < limit_)) {
    auto resume = std::move(waiting_.front());
    waiting_.pop_front();
    resume();
  }
}

}  // namespace ottla::broker
