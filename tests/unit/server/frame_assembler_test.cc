#include "broker/server/frame_assembler.h"

#include <gtest/gtest.h>

#include <memory>
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
  const auto error_of = [](std::string bytes,
                           SecurityProtocol protocol = SecurityProtocol::plaintext) {
    ByteBudget budget(0);
    FrameAssembler reader(1000, budget, protocol);
    BytesView input = bytes;
    const auto state = reader.feed(input);
    return state ? std::string("accepted") : state.error().message();
  };
  EXPECT_NE(error_of("GET / HTTP/1.1\r\n").find("HTTP"), std::string::npos);
  const std::string tls("\x16\x03\x01\x02\x00", 5);
  EXPECT_NE(error_of(tls).find("TLS handshake; the listener is PLAINTEXT, "), std::string::npos);
  EXPECT_NE(error_of(tls, SecurityProtocol::sasl_plaintext).find("must be SASL_PLAINTEXT too"),
            std::string::npos);
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
  EXPECT_LE(reader.tail().size(), std::size_t{4 << 10});
  EXPECT_LE(budget.used(), std::size_t{4 << 10});
}

std::string prefix_of(std::int32_t size) {
  std::string prefix(4, '\0');
  base::store_be(prefix.data(), size);
  return prefix;
}

TEST(FrameAssembler, frames_that_are_announced_and_do_not_come_hold_nobody_back) {
  ByteBudget budget(256 << 20);
  std::vector<std::unique_ptr<FrameAssembler>> silent;
  for (int i = 0; i < 3; ++i) {
    auto& reader =
        *silent.emplace_back(std::make_unique<FrameAssembler>(std::size_t{100 << 20}, budget));
    const auto bytes = prefix_of(100 << 20);
    BytesView input = bytes;
    ASSERT_EQ(*reader.feed(input), FrameAssembler::State::need_bytes);
  }
  FrameAssembler other(1 << 20, budget);
  const std::string bytes = framed(std::string(1 << 20, 'x'));
  BytesView input = bytes;
  EXPECT_EQ(*other.feed(input), FrameAssembler::State::frame);
}

TEST(FrameAssembler, of_begun_frames_that_spend_the_budget_one_is_finished_after_the_other) {
  constexpr std::size_t size = 1 << 20;
  ByteBudget budget(256 << 10);
  FrameAssembler first(size, budget);
  FrameAssembler second(size, budget);
  const std::string bytes = framed(std::string(size, 'x'));
  BytesView to_first = bytes;
  BytesView to_second = bytes;
  BytesView head = to_second.substr(0, 1000);  // both begin
  to_second.remove_prefix(1000);
  ASSERT_EQ(*second.feed(head), FrameAssembler::State::need_bytes);
  ASSERT_EQ(*first.feed(to_first), FrameAssembler::State::frame);
  ASSERT_EQ(*second.feed(to_second), FrameAssembler::State::need_room);
  EXPECT_TRUE(second.tail().empty());
  bool resumed = false;
  budget.wait(size, [&] { resumed = true; });
  { const auto frame = first.take(); }
  EXPECT_TRUE(resumed);
  ASSERT_EQ(*second.feed(to_second), FrameAssembler::State::frame);
  EXPECT_EQ(second.take().bytes.view(), std::string(size, 'x'));
  EXPECT_EQ(budget.used(), 0U);
}

TEST(FrameAssembler, a_frame_may_outlive_the_budget_it_is_charged_to) {
  auto budget = std::make_unique<ByteBudget>(100);
  Frame kept;
  {
    FrameAssembler reader(1000, *budget);
    const std::string bytes = framed(std::string(150, 'x'));
    BytesView input = bytes;
    ASSERT_EQ(*reader.feed(input), FrameAssembler::State::frame);
    kept = reader.take();
  }
  bool resumed = false;
  budget->wait(1000, [&] { resumed = true; });
  budget.reset();
  kept = {};
  EXPECT_FALSE(resumed);
}

TEST(FrameAssembler, large_frames_leave_a_reserve_to_small_ones) {
  ByteBudget budget(1 << 20);
  FrameAssembler large(2 << 20, budget);
  const std::string bytes = framed(std::string((1 << 20) + 1, 'x'));
  BytesView input = bytes;
  ASSERT_EQ(*large.feed(input), FrameAssembler::State::frame);
  const std::string small = framed("small");
  FrameAssembler other(2 << 20, budget);
  BytesView small_input = small;
  EXPECT_EQ(*other.feed(small_input), FrameAssembler::State::frame);
  FrameAssembler another(2 << 20, budget);
  BytesView large_input = bytes;
  EXPECT_EQ(*another.feed(large_input), FrameAssembler::State::need_room);
}

// As many as once spent the budget and its reserve with four bytes each.
TEST(FrameAssembler, thousands_of_announced_frames_leave_room_for_one_that_comes) {
  ByteBudget budget(256 << 20);
  std::vector<std::unique_ptr<FrameAssembler>> silent;
  const auto prefix = prefix_of(64 << 10);
  for (int i = 0; i < 4608; ++i) {
    auto& reader =
        *silent.emplace_back(std::make_unique<FrameAssembler>(std::size_t{64 << 10}, budget));
    BytesView input = prefix;
    ASSERT_EQ(*reader.feed(input), FrameAssembler::State::need_bytes);
  }
  EXPECT_LE(budget.used(), std::size_t{4608} * (4 << 10));
  FrameAssembler other(64 << 10, budget);
  const std::string bytes = framed(std::string(64 << 10, 'x'));
  BytesView input = bytes;
  EXPECT_EQ(*other.feed(input), FrameAssembler::State::frame);
}

TEST(FrameAssembler, a_small_frame_grows_into_the_reserve) {
  ByteBudget budget(1 << 20);
  FrameAssembler small(2 << 20, budget);
  FrameAssembler overdrawing(2 << 20, budget);
  const std::string small_bytes = framed(std::string(60'000, 's'));
  BytesView rest = small_bytes;
  BytesView head = rest.substr(0, 100);
  rest.remove_prefix(100);
  ASSERT_EQ(*small.feed(head), FrameAssembler::State::need_bytes);
  const std::string large_bytes = framed(std::string((1 << 20) + 1, 'x'));
  BytesView large_input = large_bytes;
  ASSERT_EQ(*overdrawing.feed(large_input), FrameAssembler::State::frame);
  EXPECT_EQ(*small.feed(rest), FrameAssembler::State::frame);
}

TEST(FrameAssembler, a_small_frame_that_has_begun_goes_on_when_the_overdraft_is_given_back) {
  constexpr std::size_t size = 32 << 10;
  ByteBudget budget(8 << 10);
  FrameAssembler first(size, budget);
  FrameAssembler second(size, budget);
  const std::string bytes = framed(std::string(size, 'x'));
  BytesView to_first = bytes;
  BytesView to_second = bytes;
  BytesView first_head = to_first.substr(0, 100);
  to_first.remove_prefix(100);
  ASSERT_EQ(*first.feed(first_head), FrameAssembler::State::need_bytes);
  BytesView head = to_second.substr(0, 10'000);  // as much as the budget and its reserve
  to_second.remove_prefix(10'000);
  ASSERT_EQ(*second.feed(head), FrameAssembler::State::need_bytes);
  ASSERT_EQ(*first.feed(to_first), FrameAssembler::State::frame);
  ASSERT_EQ(*second.feed(to_second), FrameAssembler::State::need_room);
  bool resumed = false;
  budget.wait(size, [&] { resumed = true; });
  { const auto frame = first.take(); }
  EXPECT_TRUE(resumed);
  EXPECT_EQ(*second.feed(to_second), FrameAssembler::State::frame);
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
  budget.wait(150, [&] { resumed = true; });
  { const auto frame = first.take(); }
  EXPECT_TRUE(resumed);
  EXPECT_EQ(*second.feed(other), FrameAssembler::State::frame);
  EXPECT_EQ(second.take().bytes.size(), 150U);
}

}  // namespace
}  // namespace ottla::broker
