#include "tests/simulation/end_to_end/lossy_door.h"

namespace ottla::simulation {

LossyDoor::LossyDoor(SimNode& node, SimNode& broker, const Rates& rates)
    : node_(node), broker_(broker), rates_(rates), random_(node.simulation().random().next()) {}

void LossyDoor::start() {
  node_.start([this](SimNode& node) {
    return std::make_shared<FrameProxy>(node, broker_.name(),
                                        [this](const PassingFrame&) { return on_frame(); });
  });
}

Passage LossyDoor::on_frame() {
  if (rates_.lost_one_in != 0 && random_.one_in(rates_.lost_one_in)) {
    ++lost_;
    return {.fate = Passage::Fate::never};
  }
  if (rates_.late_one_in != 0 && random_.one_in(rates_.late_one_in)) {
    ++late_;
    return {.after = Duration(random_.between(0, rates_.latest.count()))};
  }
  return {};
}

}  // namespace ottla::simulation
