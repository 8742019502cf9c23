#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <map>
#include <string>

#include "ottla/partitioner.h"

// A million keys go where the Java producer puts them: tests/protocol/golden/key_partitions.txt,
// made by tests/interop/golden, where PartitionCases.java says how.
namespace ottla {
namespace {

class Keys {
 public:
  std::string next() {
    std::string key((step() >> 33) % 64, '\0');
    for (auto& byte : key) byte = static_cast<char>(step() >> 56);
    return key;
  }

 private:
  std::uint64_t step() { return state_ = state_ * 6364136223846793005U + 1442695040888963407U; }
  std::uint64_t state_ = 1;
};

std::map<int, std::uint64_t> golden_digests() {
  std::ifstream file(OTTLA_SOURCE_DIR "/tests/protocol/golden/key_partitions.txt");
  std::string comment;
  std::getline(file, comment);
  std::map<int, std::uint64_t> digests;
  int keys = 0;
  std::uint64_t digest = 0;
  while (file >> keys >> digest) digests[keys] = digest;
  return digests;
}

TEST(KeyPartitions, are_those_of_the_java_producer_for_a_million_keys) {
  const auto expected = golden_digests();
  ASSERT_EQ(expected.size(), 20U);
  Keys keys;
  std::uint64_t digest = 0;
  for (int number = 1; number <= 1'000'000; ++number) {
    const auto key = keys.next();
    for (const std::int32_t count : {1, 2, 3, 7, 12, 100, 1'000'003}) {
      digest = digest * 31 + static_cast<std::uint64_t>(partition_for_key(key, count));
    }
    if (number % 50'000 != 0) continue;
    ASSERT_EQ(digest, expected.at(number)) << "up to key " << number;
  }
}

}  // namespace
}  // namespace ottla
