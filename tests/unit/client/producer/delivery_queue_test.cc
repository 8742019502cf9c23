#include "client/producer/delivery_queue.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <limits>
#include <memory>

#include "ottla/record.h"

namespace ottla::client {
namespace {

const Result<RecordMetadata> kStored = RecordMetadata();

class DeliveryCallbackTest : public testing::Test {
 protected:
  std::shared_ptr<int> called_ = std::make_shared<int>(0);
};

TEST_F(DeliveryCallbackTest, takes_what_cannot_be_copied) {
  auto own = std::make_unique<int>(7);
  DeliveryCallback callback = [called = called_, own = std::move(own)](const auto& result) {
    *called += result ? *own : 0;
  };
  auto moved = std::move(callback);
  moved(kStored);
  EXPECT_EQ(*called_, 7);
}

TEST_F(DeliveryCallbackTest, takes_what_is_larger_than_its_place_and_frees_it) {
  {
    std::array<int, 40> large{};
    large.back() = 3;
    DeliveryCallback callback = [called = called_, large](const auto&) { *called += large.back(); };
    DeliveryCallback other;
    other = std::move(callback);
    other(kStored);
    EXPECT_EQ(called_.use_count(), 2);
  }
  EXPECT_EQ(*called_, 3);
  EXPECT_EQ(called_.use_count(), 1);
}

TEST_F(DeliveryCallbackTest, is_empty_where_there_is_nothing_to_call) {
  using Function = std::function<void(const Result<RecordMetadata>&)>;
  void (*none)(const Result<RecordMetadata>&) = nullptr;
  EXPECT_FALSE(DeliveryCallback());
  EXPECT_FALSE(DeliveryCallback(nullptr));
  EXPECT_FALSE(DeliveryCallback(Function()));
  EXPECT_FALSE(DeliveryCallback(none));
  EXPECT_TRUE(DeliveryCallback(Function([](const auto&) {})));
  EXPECT_TRUE(DeliveryCallback([](const auto&) {}));
}

class DeliveryQueueTest : public testing::Test {
 protected:
  void push(std::uint32_t index, std::int64_t stamp) {
    queue_.push({index, stamp}, [this, index](const auto&) { called_.push_back(index); });
  }
  std::vector<std::uint32_t> call_all() {
    for (; !queue_.empty(); queue_.pop_front()) queue_.call_front(kStored);
    return std::exchange(called_, {});
  }

  DeliveryQueue queue_;
  std::vector<std::uint32_t> called_;
};

TEST_F(DeliveryQueueTest, calls_in_the_order_of_the_records_over_many_chunks) {
  std::vector<std::uint32_t> all;
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    push(i * 2, 1'000 + i);
    all.push_back(i * 2);
  }
  EXPECT_EQ(call_all(), all);
}

TEST_F(DeliveryQueueTest, keeps_places_and_timestamps_near_and_far) {
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  const std::vector<std::int64_t> stamps = {5, 4,    5 + (1LL << 31), 6LL << 31, -7,
                                            0, most, least,           5};
  for (std::uint32_t i = 0; i < stamps.size(); ++i) push(i + 3, stamps[i]);
  for (std::uint32_t i = 0; i < stamps.size(); ++i, queue_.pop_front()) {
    EXPECT_EQ(queue_.front_key().index, i + 3);
    EXPECT_EQ(queue_.front_key().stamp, stamps[i]);
  }
  EXPECT_TRUE(queue_.empty());
}

TEST_F(DeliveryQueueTest, takes_sixteen_bytes_and_the_capture) {
  for (std::uint32_t i = 0; i < 100; ++i) {
    queue_.push({i, 1'700'000'000'000 + i}, [this](const auto&) { called_.push_back(0); });
  }
  EXPECT_EQ(queue_.bytes(), 100 * (16 + sizeof(void*)));
}

TEST_F(DeliveryQueueTest, goes_on_when_it_was_emptied_and_when_what_was_reserved_is_too_small) {
  queue_.reserve(8);
  for (int round = 0; round < 3; ++round) {
    push(1, round);
    push(2, round);
    EXPECT_EQ(call_all(), (std::vector<std::uint32_t>{1, 2}));
  }
}

TEST_F(DeliveryQueueTest, a_callback_may_be_taken_out) {
  push(4, 0);
  push(5, 0);
  auto first = queue_.take_front();
  EXPECT_EQ(queue_.front_key().index, 5U);
  first(kStored);
  EXPECT_EQ(call_all(), (std::vector<std::uint32_t>{4, 5}));
}

TEST_F(DeliveryQueueTest, frees_what_was_not_called) {
  const auto held = std::make_shared<int>(0);
  const std::array<char, 100> large{};
  {
    DeliveryQueue left;
    left.push({0, 0}, [held](const auto&) {});
    left.push({1, 0}, [held, large](const auto&) { EXPECT_EQ(large.front(), 0); });
    DeliveryQueue moved = std::move(left);
    EXPECT_EQ(held.use_count(), 3);
    left.push({0, 0}, [held](const auto&) {});
    moved = std::move(left);
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace ottla::client
