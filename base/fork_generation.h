#pragma once

#include <cstdint>

namespace ottla::base {

// How many forks lie between the first call in this line of processes and now: differs in a child
// from what it was in its parent, where threads, and locks that they held, were left behind. Costs
// one load. Any thread.
std::uint32_t fork_generation();

}  // namespace ottla::base
