#include "base/buffer_pool.h"

#include <gtest/gtest.h>

#include <cstring>
#include <optional>
#include <thread>
#include <vector>

#include "base/counters.h"

namespace ottla::base {
namespace {

TEST(BufferPool, a_returned_block_serves_the_next_taker_of_its_class) {
  BufferPool pool(1 << 20);
  auto buffer = pool.take(5000);
  EXPECT_EQ(buffer.size(), 5000u);
  const char* block = buffer.data();
  buffer = {};
  EXPECT_EQ(pool.idle_bytes(), 8192u);
  auto other_class = pool.take(9000);
  EXPECT_NE(other_class.data(), block);
  auto same_class = pool.take(8192);
  EXPECT_EQ(same_class.data(), block);
  EXPECT_EQ(pool.idle_bytes(), 0u);
}

TEST(BufferPool, the_last_owner_returns_the_block) {
  BufferPool pool(1 << 20);
  auto buffer = pool.take(1024);
  auto slice = std::make_optional(Slice::of(buffer));
  buffer = {};
  EXPECT_EQ(pool.idle_bytes(), 0u);
  auto moved = *slice;
  slice.reset();
  EXPECT_EQ(pool.idle_bytes(), 0u);
  moved = {};
  EXPECT_EQ(pool.idle_bytes(), 1024u);
}

TEST(BufferPool, keeps_at_most_its_limit) {
  BufferPool pool(10'000);
  {
    std::vector<SharedBuffer> many;
    for (int i = 0; i < 20; ++i) many.push_back(pool.take(1000));
  }
  EXPECT_EQ(pool.idle_bytes(), 9 * 1024u);
}

TEST(BufferPool, may_be_destroyed_before_its_buffers) {
  std::optional<BufferPool> pool(1 << 20);
  auto buffer = pool->take(100);
  pool->take(100);
  pool.reset();
  std::memset(buffer.data(), 'x', buffer.size());
  EXPECT_EQ(buffer.view(), std::string(100, 'x'));
}

TEST(BufferPool, sizes_at_the_edges_are_served) {
  BufferPool pool(1 << 20);
  EXPECT_EQ(pool.take(0).size(), 0u);
  EXPECT_EQ(pool.take(1).size(), 1u);
  EXPECT_EQ(pool.take((std::size_t{64} << 20) + 1).size(), (std::size_t{64} << 20) + 1);
  EXPECT_EQ(pool.idle_bytes(), 1024u);
}

TEST(BufferPool, threads_share_it) {
  BufferPool pool(1 << 20);
  Counter wrong;
  std::vector<std::thread> threads;
  for (char mark = 'a'; mark < 'e'; ++mark) {
    threads.emplace_back([&, mark] {
      for (std::size_t i = 0; i < 500; ++i) {
        auto buffer = pool.take(1 + i * 7);
        std::memset(buffer.data(), mark, buffer.size());
        for (const char c : buffer.view()) {
          if (c != mark) wrong.add();
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong.value(), 0u);
  EXPECT_LE(pool.idle_bytes(), std::size_t{1} << 20);
}

}  // namespace
}  // namespace ottla::base
