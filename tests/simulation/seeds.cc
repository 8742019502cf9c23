#include "tests/simulation/seeds.h"

#include <errno.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OTTLA_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OTTLA_SANITIZED 1
#endif
#endif

#ifdef OTTLA_SANITIZED
#include <sanitizer/common_interface_defs.h>
constexpr std::uint64_t kOneSeedIn = 20;
#else
constexpr std::uint64_t kOneSeedIn = 1;
#endif

namespace ottla::simulation {
namespace {

// What a dying process can still print: written before each seed, empty between runs.
std::array<char, 1024> dying_line;

void say_dying_line() {
  const std::string_view line(dying_line.data());
  if (!line.empty()) static_cast<void>(!::write(STDERR_FILENO, line.data(), line.size()));
}

void on_signal(int number) {
  say_dying_line();
  ::signal(number, SIG_DFL);
  ::raise(number);
}

void watch_for_death() {
#ifdef OTTLA_SANITIZED
  __sanitizer_set_death_callback(say_dying_line);
#else
  ::signal(SIGSEGV, on_signal);
#endif
  ::signal(SIGABRT, on_signal);
}

std::optional<std::uint64_t> number_from_environment(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr || *text == '\0') return std::nullopt;
  return std::strtoull(text, nullptr, 10);
}

std::string rerun_line(std::uint64_t seed) {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  return "seed " + std::to_string(seed) + " failed; again: OTTLA_SEED=" + std::to_string(seed) +
         " " + program_invocation_name + " --gtest_filter=" + test->test_suite_name() + "." +
         test->name() + "\n";
}

void prepare_dying_line(const std::string& line) {
  std::snprintf(dying_line.data(), dying_line.size(), "%s", line.c_str());
}

void run_seed(std::uint64_t seed, const std::function<void(std::uint64_t)>& run) {
  const std::string line = rerun_line(seed);
  prepare_dying_line(line);
  run(seed);
  dying_line[0] = '\0';
  if (testing::Test::HasFailure()) std::fputs(line.c_str(), stderr);
}

void run_seeds(std::uint64_t from, std::uint64_t count,
               const std::function<void(std::uint64_t)>& run) {
  watch_for_death();
  if (const auto only = number_from_environment("OTTLA_SEED")) {
    run_seed(*only, run);
    return;
  }
  const std::uint64_t seeds = (count + kOneSeedIn - 1) / kOneSeedIn;
  for (std::uint64_t seed = from; seed <= seeds && !testing::Test::HasFailure(); ++seed) {
    run_seed(seed, run);
  }
}

}  // namespace

void for_each_seed(std::uint64_t count, const std::function<void(std::uint64_t seed)>& run) {
  const auto times = number_from_environment("OTTLA_SEEDS_TIMES").value_or(1);
  run_seeds(number_from_environment("OTTLA_SEEDS_FROM").value_or(1), count * times, run);
}

void for_each_point(std::uint64_t count, const std::function<void(std::uint64_t point)>& run) {
  run_seeds(1, count, run);
}

void for_each_step(std::uint64_t worlds,
                   const std::function<bool(std::uint64_t world, std::uint64_t step)>& run) {
  constexpr std::uint64_t kOneWorld = 1'000'000;
  watch_for_death();
  const auto run_one = [&run](std::uint64_t seed) {
    bool reached = false;
    run_seed(seed, [&](std::uint64_t) { reached = run(seed / kOneWorld, seed % kOneWorld); });
    return reached && !testing::Test::HasFailure();
  };
  if (const auto only = number_from_environment("OTTLA_SEED")) {
    run_one(*only);
    return;
  }
  worlds *= number_from_environment("OTTLA_SEEDS_TIMES").value_or(1);
  for (std::uint64_t world = 1; world <= worlds && !testing::Test::HasFailure(); ++world) {
    for (std::uint64_t step = 1; run_one(world * kOneWorld + step); step += kOneSeedIn) {
    }
  }
}

std::uint64_t count_seeds(std::uint64_t count,
                          const std::function<bool(std::uint64_t seed)>& found) {
  watch_for_death();
  if (const auto only = number_from_environment("OTTLA_SEED")) return found(*only) ? count : 0;
  std::uint64_t sum = 0;
  for (std::uint64_t seed = 1; seed <= count; ++seed) {
    prepare_dying_line(rerun_line(seed));
    sum += found(seed) ? 1 : 0;
  }
  dying_line[0] = '\0';
  return sum;
}

}  // namespace ottla::simulation
