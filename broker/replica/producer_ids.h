#pragma once

#include <deque>

#include "base/lifetime.h"
#include "base/task.h"
#include "broker/metadata/controller.h"
#include "ottla/result.h"
#include "protocol/types.h"

namespace ottla::broker {

// Hands out producer ids from blocks of the controller's, which are durable before the first id of
// them leaves: no id is ever given twice. On one loop.
class ProducerIds {
 public:
  explicit ProducerIds(Controller& controller) : controller_(controller) {}

  using OnId = base::UniqueFunction<void(Result<ProducerId>)>;
  void next(OnId done);

 private:
  void ask();
  void answer(Result<ProducerIdBlock> block);

  Controller& controller_;
  ProducerIdBlock block_;
  std::deque<OnId> waiting_;
  bool asking_ = false;
  base::Lifetime lifetime_;
};

}  // namespace ottla::broker
