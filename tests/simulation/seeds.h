#pragma once

#include <cstdint>
#include <functional>

namespace ottla::simulation {

// Runs `run` with each of `count` seeds, within one TEST; stops at the first seed with a failure
// and prints one line with the seed and the command that runs it again. A crash prints it too.
// Builds with sanitizers run one seed in twenty. The environment may say OTTLA_SEED=N (that seed
// alone), OTTLA_SEEDS_TIMES=N (so many times as many seeds), or OTTLA_SEEDS_FROM=N (those from N
// on: many seeds can be shared out among processes).
void for_each_seed(std::uint64_t count, const std::function<void(std::uint64_t seed)>& run);

// The same for tests that try each of `count` points once, which more seeds would only repeat:
// OTTLA_SEEDS_TIMES does not count.
void for_each_point(std::uint64_t count, const std::function<void(std::uint64_t point)>& run);

// Runs `run` with steps 1, 2 and so on until it answers that it did not come to that step, or a
// check fails, which prints the line that runs the step again; in each of `worlds`, from 1. Builds
// with sanitizers run one step in twenty. OTTLA_SEEDS_TIMES=N: in so many times as many worlds.
void for_each_step(std::uint64_t worlds,
                   const std::function<bool(std::uint64_t world, std::uint64_t step)>& run);

// How many of `count` seeds make `found` true: for planted bugs, which must be found by some. With
// OTTLA_SEED=N that seed alone is run, and counts for all.
std::uint64_t count_seeds(std::uint64_t count,
                          const std::function<bool(std::uint64_t seed)>& found);

}  // namespace ottla::simulation
