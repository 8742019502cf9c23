#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "tests/fuzz/fuzz_target.h"

// Runs a fuzz target without libFuzzer:
//   TARGET [rounds [seed]]     the seeds, each prefix of each, then `rounds` mutations of them
//   TARGET --file FILE         one input, as libFuzzer leaves it behind
//   TARGET --canary            succeeds if the target dies of the canary
//   TARGET --write-corpus DIR  the seeds as files, for libFuzzer to start from
namespace ottla::fuzz {
namespace {

// From memory of exactly its size, so that a sanitizer sees a step beyond it.
void run(const std::string& input) {
  const std::vector<std::uint8_t> bytes(input.begin(), input.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

std::string mutated(std::string input, base::Random& random) {
  for (auto n = 1 + random.below(6); n > 0 && !input.empty(); --n) {
    const auto at = random.below(input.size());
    switch (random.below(5)) {
      case 0:
        input[at] = static_cast<char>(random.next());
        break;
      case 1:
        input[at] = static_cast<char>(input[at] ^ (1 << random.below(8)));
        break;
      case 2:
        input.erase(at, 1 + random.below(8));
        break;
      case 3:
        input.insert(at, 1 + random.below(8), static_cast<char>(random.next()));
        break;
      default:
        input.replace(at, 4, random.one_in(2) ? "\xff\xff\xff\x7f" : "\x7f\xff\xff\xff");
    }
  }
  return input;
}

void smoke(std::uint64_t rounds, std::uint64_t seed) {
  const auto good = seeds();
  run("");
  for (const auto& input : good) {
    for (std::size_t size = 0; size <= input.size(); size += 1 + size / 256) {
      run(input.substr(0, size));
    }
    run(input);
  }
  base::Random random(seed);
  for (std::uint64_t i = 0; i < rounds; ++i) run(mutated(good[random.below(good.size())], random));
  std::printf("%llu rounds from seed %llu\n", static_cast<unsigned long long>(rounds),
              static_cast<unsigned long long>(seed));
}

std::string contents(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_corpus(const std::string& directory) {
  std::size_t number = 0;
  for (const auto& seed : seeds()) {
    std::ofstream(directory + "/seed-" + std::to_string(number++), std::ios::binary) << seed;
  }
}

// The process ends here, and well, when the target aborts.
int run_canary() {
  setenv("OTTLA_FUZZ_CANARY", "1", 1);
  std::signal(SIGABRT, [](int) { std::_Exit(EXIT_SUCCESS); });
  run(std::string(kCanary));
  std::puts("the target survived the canary: it tests nothing");
  return EXIT_FAILURE;
}

int main(int count, char** arguments) {
  const std::string_view first = count > 1 ? arguments[1] : "";
  if (first == "--canary") return run_canary();
  if (first == "--file" && count > 2) {
    run(contents(arguments[2]));
  } else if (first == "--write-corpus" && count > 2) {
    write_corpus(arguments[2]);
  } else {
    smoke(count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 20'000,
          count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 1);
  }
  return 0;
}

}  // namespace
}  // namespace ottla::fuzz

int main(int count, char** arguments) {
  return ottla::fuzz::main(count, arguments);
}
