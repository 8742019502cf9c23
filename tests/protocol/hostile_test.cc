#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/endian.h"
#include "protocol/messages/all.h"
#include "tests/protocol/allocation_count.h"
#include "tests/protocol/randomize.h"

// Frames that lie. Whatever they say, decoding ends in a message or an error, within its memory.
namespace ottla::protocol {
namespace {

constexpr std::size_t allowance(std::size_t frame) {
  return 32 * frame + 64 * 1024;
}

// Decodes and checks the bound; answers what it took.
template <class M>
std::size_t decode_within_bounds(BytesView frame, std::int16_t version) {
  const std::size_t before = bytes_allocated();
  const bool decoded = decode<M>(frame, version).has_value();
  const std::size_t taken = bytes_allocated() - before;
  EXPECT_LE(taken, allowance(frame.size()))
      << M::api.name << " " << name(M::side) << " v" << version << (decoded ? "" : " (refused)");
  return taken;
}

template <class Visit>
void for_each_version(Visit&& visit) {
  AllApis::for_each_message([&]<class M>() {
    for (std::int16_t version = M::api.min; version <= M::api.max; ++version) {
      visit.template operator()<M>(version);
    }
  });
}

template <class M>
std::string random_body(std::int16_t version, base::Random& random) {
  StringArena strings;
  M message;
  Randomize(version, M::api.flexible(version), random, strings).fill(message);
  return std::string(encode_body(message, version).value().bytes.view());
}

TEST(HostileFrames, of_one_byte_repeated_stay_within_the_bound) {
  for_each_version([]<class M>(std::int16_t version) {
    for (const std::size_t size : {64U, 5000U, 100000U}) {
      for (int byte = 0; byte<256; byte += size> 64 ? 5 : 1) {
        decode_within_bounds<M>(std::string(size, static_cast<char>(byte)), version);
      }
    }
  });
}

TEST(HostileFrames, with_any_length_or_count_replaced_stay_within_the_bound) {
  base::Random random(5);
  for_each_version([&]<class M>(std::int16_t version) {
    const std::string body = random_body<M>(version, random);
    for (std::size_t at = 0; at < body.size(); ++at) {
      for (const std::uint32_t lie : {0x7fffffffU, 0xffffffffU, 0x80000000U, 0x0000ffffU, 0x100U}) {
        std::string frame = body + std::string(4, '\0');
        base::store_be(frame.data() + at, lie);
        decode_within_bounds<M>(frame, version);
      }
      std::string frame = body;
      frame.replace(at, 1, "\xff\xff\xff\xff\x0f");
      decode_within_bounds<M>(frame, version);
    }
  });
}

TEST(HostileFrames, of_random_bytes_stay_within_the_bound) {
  base::Random random(6);
  for_each_version([&]<class M>(std::int16_t version) {
    for (int i = 0; i < 50; ++i) {
      std::string frame(random.below(3000), '\0');
      for (char& byte : frame) byte = static_cast<char>(random.next() >> 11);
      decode_within_bounds<M>(frame, version);
    }
  });
}

// The costliest legal frame: as many elements as there is room for.
TEST(HostileFrames, full_of_the_smallest_elements_stay_within_the_bound) {
  // Throttle time, no brokers, no cluster id, controller id.
  std::string frame("\0\0\0\0\1\0\0\0\0\0", 10);
  const std::uint32_t topics = 9000;
  char count[5];
  frame.append(count, static_cast<std::size_t>(base::write_uvarint(count, topics + 1) - count));
  for (std::uint32_t i = 0; i < topics; ++i) frame += std::string("\0\0\1\0\1\0\0\0\0\0", 10);
  frame += std::string(4 + 1, '\0');
  const auto decoded = decode<MetadataResponse>(frame, 9);
  ASSERT_TRUE(decoded) << decoded.error();
  EXPECT_EQ(decoded->topics.size(), topics);
  const std::size_t taken = decode_within_bounds<MetadataResponse>(frame, 9);
  EXPECT_GT(taken, frame.size());
}

TEST(HostileFrames, that_promise_more_elements_than_bytes_allocate_nothing_for_them) {
  const auto error =
      decode<ProduceRequest>(std::string("\0\xff\xff\0\0\0\0\xff\xff\xff\xff\7", 12), 9);
  ASSERT_FALSE(error);
  EXPECT_EQ(error.error().message(),
            "Produce request v9: topicData: has 2147483646 elements of at least 3 bytes, where 0 "
            "bytes can be theirs (byte 12 of 12)");
  EXPECT_LT(decode_within_bounds<ProduceRequest>(
                std::string("\0\xff\xff\0\0\0\0\xff\xff\xff\xff\7", 12), 9),
            2048U);
}

// Two levels of arrays may not both count on the same bytes.
TEST(HostileFrames, cannot_promise_the_same_bytes_twice) {
  std::string frame = std::string("\0\xff\xff\0\0\0\0", 7);
  char count[5];
  const auto append_count = [&](std::uint32_t n) {
    frame.append(count, static_cast<std::size_t>(base::write_uvarint(count, n + 1) - count));
  };
  append_count(3000);
  frame += '\1';
  append_count(1400);
  frame += std::string(9000, '\0');
  const auto refused = decode<ProduceRequest>(frame, 9);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("topicData[0].partitionData: has 1400 elements"),
            std::string::npos)
      << refused.error();
}

}  // namespace
}  // namespace ottla::protocol
