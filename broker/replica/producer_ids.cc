#include "broker/replica/producer_ids.h"

#include <utility>

namespace ottla::broker {

void ProducerIds::next(OnId done) {
  waiting_.push_back(std::move(done));
  if (!asking_) ask();
}

void ProducerIds::ask() {
  while (block_.count > 0 && !waiting_.empty()) {
    const auto id = block_.first;
    ++block_.first;
    --block_.count;
    auto done = std::move(waiting_.front());
    waiting_.pop_front();
    done(id);
  }
  if (waiting_.empty()) return;
  asking_ = true;
  controller_.allocate_producer_ids(
      lifetime_.guard([this](Result<ProducerIdBlock> block) { answer(std::move(block)); }));
}

void ProducerIds::answer(Result<ProducerIdBlock> block) {
  asking_ = false;
  if (block) {
    block_ = *block;
    return ask();
  }
  for (auto& done : std::exchange(waiting_, {})) done(block.error());
}

}  // namespace ottla::broker
