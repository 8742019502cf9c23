#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>

#include "tests/simulation/simulation.h"

namespace ottla::simulation {

// Does it on the loop of a node that runs, and waits until it is done.
inline void on_loop(Simulation& simulation, SimNode& node, const std::function<void()>& act) {
  bool done = false;
  node.loop().post([&] {
    act();
    done = true;
  });
  ASSERT_TRUE(simulation.run_until([&] { return done; }, std::chrono::seconds(1)));
}

}  // namespace ottla::simulation
