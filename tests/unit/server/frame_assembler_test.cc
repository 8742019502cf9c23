#include "broker/server/frame_assembler.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/endian.h"
#include "base/random.h"

namespace ottla::broker {
namespace {

std::string framed(const std::string& body) {
  std::string bytes(4, '\0');
  base::store_be(bytes.data(), static_cast<std::int32_t>(body.size()));
  return bytes + body;
}

// Feeds `bytes` in pieces of seeded sizes and returns the frames' contents.
std::vector<std::string> read_in_pieces(FrameAssembler& reader, BytesView bytes,
                                        base::Random random) {
  std::vector<std::string> frames;
  while (!bytes.empty()) {
    auto piece = bytes.substr(0, 1 + random.below(300'000));
    bytes.remove_prefix(piece.size());
    while (true) {
      const auto state = reader.feed(piece);
      EXPECT_TRUE(state.has_value());
      if (*state != FrameAssembler::State::frame) break;
      frames.emplace_back(reader.take().bytes.view());
    }
  }
  return frames;
}

TEST(FrameAssembler, finds_the_same_frames_however_the_bytes_arrive) {
  const std::vector<std::string> sent = {"a", "", std::string(70'000, 'b'),
                                         std::string(1'000'000, 'c'), "last"};
  std::string bytes;
  for (const auto& body : sent) bytes += framed(body);
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    ByteBudget budget(0);
    FrameAssembler reader(2'000'000, budget);
    EXPECT_EQ(read_in_pieces(reader, bytes, base::Random(seed)), sent);
    EXPECT_EQ(budget.used(), 0U);
  }
}

TEST(FrameAssembler, stores_the_rest_of_a_large_frame_directly) {
  ByteBudget budget(0);
  FrameAssembler reader(1 << 20, budget);
  const std::string bytes = framed(std::string(200'000, 'x'));
  BytesView head = BytesView(bytes).substr(0, 10);
  ASSERT_EQ(*reader.feed(head), FrameAssembler::State::need_bytes);
  std::size_t at = 10;
  auto state = FrameAssembler::State::need_bytes;
  while (state != FrameAssembler::State::frame) {
    const auto tail = reader.tail();
    ASSERT_FALSE(tail.empty());
    bytes.copy(tail.data(), tail.size(), at);
    at += tail.size();
    state = reader.stored(tail.size());
  }
  EXPECT_EQ(at, bytes.size());
  EXPECT_EQ(reader.take().bytes.view(), std::string(200'000, 'x'));
}

TEST(FrameAssembler, says_what_is_wrong_with_bytes_that_are_not_kafka) {
  const auto error_of = [](std::string bytes) {
    ByteBudget budget(0);
    FrameAssembler reader(1000, budget);
    BytesView input = bytes;
    const auto state = reader.feed(input);
    return state ? std::string("accepted") : state.error().message();
  };
  EXPECT_NE(error_of("GET / HTTP/1.1\r\n").find("HTTP"), std::string::npos);
  EXPECT_NE(error_of(std::string("\x16\x03\x01\x02\x00", 5)).find("TLS"), std::string::npos);
  EXPECT_NE(error_of("\xff\xff\xff\xff").find("negative size -1"), std::string::npos);
  EXPECT_NE(error_of(framed(std::string(1001, 'x'))).find("socket.request.max.bytes is 1000"),
            std::string::npos);
}

TEST(FrameAssembler, an_announced_frame_takes_no_memory_before_its_bytes_come) {
  ByteBudget budget(0);
  FrameAssembler reader(100 << 20, budget);
  std::string prefix(4, '\0');
  base::store_be(prefix.data(), std::int32_t{100 << 20});
  BytesView input = prefix;
  ASSERT_EQ(*reader.feed(input), FrameAssembler::State::need_bytes);
  EXPECT_LE(reader.tail().size(), std::size_t{64 << 10});
}

TEST(FrameAssembler, waits_for_room_in_the_budget_and_goes_on) {
  ByteBudget budget(100);
  FrameAssembler first(1000, budget);
  FrameAssembler second(1000, budget);
  const std::string bytes = framed(std::string(150, 'x'));
  BytesView input = bytes;
  ASSERT_EQ(*first.feed(input), FrameAssembler::State::frame);  // one frame may overdraw
  BytesView other = bytes;
  ASSERT_EQ(*second.feed(other), FrameAssembler::State::need_room);
  bool resumed = false;
  budget.wait([&] { resumed = true; });
  { const auto frame = first.take(); }
  EXPECT_TRUE(resumed);
  EXPECT_EQ(*second.feed(other), FrameAssembler::State::frame);
  EXPECT_EQ(second.take().bytes.size(), 150U);
}

}  // namespace
}  // namespace ottla::broker
