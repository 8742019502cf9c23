#include "client/producer/buffer_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace ottla::client {
namespace {

using namespace std::chrono_literals;
using Clock = BufferPool::Clock;

TEST(BufferPool, hands_out_what_it_has_and_not_more) {
  BufferPool pool(1000, 100, [] {});
  auto first = pool.allocate(600, std::nullopt);
  ASSERT_TRUE(first);
  EXPECT_EQ((*first)->size(), 600U);
  EXPECT_EQ(pool.available(), 400U);
  EXPECT_EQ(pool.allocate(401, std::nullopt).error().code(), ErrorCode::would_block);
  auto second = pool.allocate(400, std::nullopt);
  ASSERT_TRUE(second);
  first->reset();
  EXPECT_EQ(pool.available(), 600U);
  EXPECT_EQ(pool.allocate(1001, std::nullopt).error().code(), ErrorCode::record_too_large);
}

TEST(BufferPool, uses_blocks_of_the_usual_size_again) {
  BufferPool pool(1000, 100, [] {});
  auto block = pool.allocate(100, std::nullopt).value();
  auto* const address = block->data();
  block.reset();
  EXPECT_EQ(pool.available(), 1000U);
  EXPECT_EQ(pool.allocate(100, std::nullopt).value()->data(), address);
}

TEST(BufferPool, memory_that_two_share_is_back_with_the_last_of_them) {
  BufferPool pool(100, 100, [] {});
  auto batch = pool.allocate(100, std::nullopt).value();
  auto network = batch;
  batch.reset();
  EXPECT_EQ(pool.available(), 0U);
  EXPECT_EQ(pool.allocate(1, std::nullopt).error().code(), ErrorCode::would_block);
  network.reset();
  EXPECT_EQ(pool.available(), 100U);
}

TEST(BufferPool, one_that_waits_too_long_hears_so_and_leaves_the_line) {
  int exhausted = 0;
  BufferPool pool(100, 100, [&] { ++exhausted; });
  auto all = pool.allocate(100, std::nullopt).value();
  const auto waited = pool.allocate(1, Clock::now() + 5ms);
  EXPECT_EQ(waited.error().code(), ErrorCode::buffer_exhausted);
  EXPECT_EQ(exhausted, 1);
  EXPECT_FALSE(pool.exhausted());
  all.reset();
  EXPECT_TRUE(pool.allocate(100, std::nullopt));
}

TEST(BufferPool, serves_those_who_wait_in_their_turn_whatever_the_sizes) {
  std::atomic<int> waiting = 0;
  BufferPool pool(1000, 100, [&] { ++waiting; });
  auto held = pool.allocate(900, std::nullopt).value();
  std::atomic<int> served = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    // The first wants much, the others what would be there already.
    threads.emplace_back([&, i] {
      EXPECT_TRUE(pool.allocate(i == 0 ? 800 : 50, Clock::now() + 1min));
      ++served;
    });
    // Somebody who overtook the first would never come here.
    while (waiting <= i) std::this_thread::yield();
  }
  EXPECT_TRUE(pool.exhausted());
  EXPECT_EQ(pool.allocate(50, std::nullopt).error().code(), ErrorCode::would_block)
      << "nobody overtakes those who wait";
  EXPECT_EQ(served, 0);
  held.reset();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(pool.available(), 1000U);
}

TEST(BufferPool, closing_ends_every_wait) {
  std::atomic<bool> waiting = false;
  BufferPool pool(100, 100, [&] { waiting = true; });
  auto all = pool.allocate(100, std::nullopt).value();
  ErrorCode code = ErrorCode::none;
  std::thread other([&] { code = pool.allocate(1, Clock::now() + 1min).error().code(); });
  while (!waiting) std::this_thread::yield();
  pool.close();
  other.join();
  EXPECT_EQ(code, ErrorCode::closed);
  EXPECT_EQ(pool.allocate(1, std::nullopt).error().code(), ErrorCode::closed);
  all.reset();
}

TEST(BufferPool, memory_may_outlive_it) {
  std::shared_ptr<BatchMemory> late;
  {
    BufferPool pool(100, 100, [] {});
    late = pool.allocate(100, std::nullopt).value();
  }
  late->data()[99] = 'x';
  late.reset();
}

TEST(BufferPool, loses_nothing_among_many_threads) {
  BufferPool pool(1000, 100, [] {});
  std::vector<std::thread> threads;
  std::atomic<int> served = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 500; ++round) {
        const auto size = static_cast<std::size_t>(50 + (round * 37 + i * 91) % 600);
        auto memory = pool.allocate(size, Clock::now() + 1min);
        ASSERT_TRUE(memory);
        (*memory)->data()[size - 1] = static_cast<char>(i);
        ++served;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(served, 2000);
  EXPECT_EQ(pool.available(), 1000U);
  EXPECT_FALSE(pool.exhausted());
}

}  // namespace
}  // namespace ottla::client
