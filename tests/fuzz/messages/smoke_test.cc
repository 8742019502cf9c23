#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/fuzz/messages/targets.h"

// The fuzz targets without a fuzzer: good inputs, changed here and there by a seeded dice.
namespace ottla::fuzz {
namespace {

constexpr int kInputs = 1500;

// Numbers at which lengths and counts change their form or their meaning.
constexpr char kEdges[] = {0, 1, 2, 0x7f, static_cast<char>(0x80), static_cast<char>(0xff)};

void mutate(std::string& input, base::Random& random) {
  const std::size_t at = random.below(input.size() + 1);
  const std::size_t some = std::min<std::size_t>(random.below(8), input.size() - at);
  switch (random.below(6)) {
    case 0:
      input.insert(at, 1 + random.below(4), kEdges[random.below(std::size(kEdges))]);
      break;
    case 1:
      input.erase(at, some);
      break;
    case 2:
      input.insert(at, input.substr(at, some));
      break;
    case 3:
      if (at < input.size()) input[at] = kEdges[random.below(std::size(kEdges))];
      break;
    case 4:
      if (at < input.size()) input[at] = static_cast<char>(input[at] ^ (1 << random.below(8)));
      break;
    default:
      if (at < input.size()) input[at] = static_cast<char>(random.next());
  }
}

// What the target finds wrong within `inputs` inputs, or nothing.
std::string run(const Target& target, std::uint64_t seed, int inputs) {
  base::Random random(seed);
  for (int i = 0; i < inputs; ++i) {
    std::string input = target.sample(random);
    for (std::uint64_t changes = random.below(4); changes > 0; --changes) mutate(input, random);
    const std::string wrong = target.run(input);
    if (!wrong.empty()) return target.name + " (input " + std::to_string(i) + "): " + wrong;
  }
  return "";
}

TEST(FuzzSmoke, no_target_finds_anything) {
  EXPECT_EQ(targets().size(), 109U);
  for (const Target& target : targets()) EXPECT_EQ(run(target, 1, kInputs), "");
}

TEST(FuzzSmoke, a_planted_bug_is_found) {
  const std::string wrong = run(canary(), 1, kInputs);
  EXPECT_NE(wrong.find("was changed on the way"), std::string::npos) << wrong;
}

TEST(FuzzSmoke, targets_are_found_by_their_names) {
  EXPECT_EQ(find_target("list_offsets_response")->name, "list_offsets_response");
  EXPECT_EQ(find_target("canary"), &canary());
  EXPECT_EQ(find_target("no_such_target"), nullptr);
}

}  // namespace
}  // namespace ottla::fuzz
