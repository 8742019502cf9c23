#pragma once

#include "base/buffer.h"
#include "base/random.h"
#include "tests/simulation/scripted/script.h"

namespace ottla::simulation {

struct LyingFrame {
  base::SharedBuffer bytes;
  bool then_hang_up = false;
};

// What a trick makes of an encoded response, its size included; the frame itself for tricks that
// are not about bytes.
LyingFrame lie_about_bytes(Trick trick, base::SharedBuffer frame, base::Random& random);

// What a trick makes of a response with topics and partitions: `partitions` is the member of a
// topic that holds them, `index` that of a partition with its number.
template <class Topics, class Partitions, class Index>
void lie_about_partitions(Trick trick, Topics& topics, Partitions partitions, Index index) {
  if (topics.empty()) return;
  auto& last = topics.back().*partitions;
  if (trick == Trick::missing_partition && !last.empty()) {
    last.pop_back();
    if (last.empty()) topics.pop_back();
  } else if (trick == Trick::foreign_partition && !last.empty()) {
    auto foreign = last.back();
    foreign.*index += 1'000'000;
    last.push_back(std::move(foreign));
  } else if (trick == Trick::doubled_partition && !last.empty()) {
    last.push_back(last.back());
  }
}

}  // namespace ottla::simulation
