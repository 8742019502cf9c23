#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "broker/log/log_manager.h"
#include "tests/unit/log/log_fixture.h"

namespace ottla::broker {

using Values = std::vector<std::pair<std::int64_t, std::string>>;

// A broker's log directory with one compacted log, whose every second batch begins a segment.
class LogCleanerTest : public ::testing::Test {
 protected:
  LogCleanerTest() {
    config.cleanup_compact = true;
    config.cleanup_delete = false;
    config.segment_bytes = 200;
    config.index_interval_bytes = 60;
    start();
  }

  void start() {
    auto opened = LogDirectory::open(root, {}, random);
    ASSERT_TRUE(opened) << opened.error();
    manager = std::make_unique<LogManager>(loop, std::move(*opened), base::Random(1),
                                           lines.logger(), options);
    manager->load([this](LogManager::Found&) { return config; },
                  [](Result<void> done) { EXPECT_TRUE(done); });
    loop.run();
    log = manager->find(kAt);
  }

  Result<void> stop() {
    Result<void> result = ErrorCode::timed_out;
    manager->close(1, [&](Result<void> done) { result = std::move(done); });
    loop.run();
    kill();
    return result;
  }

  void kill() {
    loop.drop_everything();
    manager.reset();
    loop.drop_everything();
  }

  void restart() {
    ASSERT_TRUE(stop());
    start();
  }

  void append_batch(std::string batch, AppendOrigin origin = AppendOrigin::client) {
    if (log == nullptr) log = manager->create_log(kAt, kTopicId, config).value();
    auto done = log->append_as_leader(batch, LeaderEpoch(1), origin);
    ASSERT_TRUE(done) << done.error();
    log->flush_soon();
    loop.run();
  }

  void append(const std::string& key, const std::string& value) {
    append_batch(batch_of({{value, loop.wall_now(), key}}));
  }

  // So long that checkpoints are written and the cleaner has looked twice.
  void wait() { loop.advance(std::chrono::seconds(62)); }

  // Fills segments so that what came before is no longer in the active one.
  void push_out() {
    for (int i = 0; i < 3; ++i) append("filler " + std::to_string(fillers_++), "f");
  }

  Values values() {
    Values found;
    for (auto& value : read_all(log->log_start_offset())) {
      if (value.second != "f") found.push_back(std::move(value));
    }
    return found;
  }

  Values read_all(Offset from) {
    Values found;
    while (from < log->log_end_offset()) {
      auto read = LogFixture::read_from(loop, *log, from, kNoBound, 300, true);
      EXPECT_TRUE(read) << read.error();
      if (!read || read->size == 0) break;
      from = values_in(LogFixture::bytes_of(*read), found);
    }
    return found;
  }

  static Offset values_in(const std::string& bytes, Values& found) {
    Offset next{0};
    protocol::BatchIterator batches(bytes);
    for (protocol::RecordBatchView batch; batches.next(batch);) {
      EXPECT_TRUE(batch.verify_crc());
      next = batch.next_offset();
      if (batch.is_control()) continue;
      protocol::RecordReader reader(batch, batch.records());
      for (protocol::RecordView record; reader.next(record);) {
        found.emplace_back(record.offset.value, std::string(record.value.value_or("<null>")));
      }
    }
    EXPECT_FALSE(batches.truncated());
    return next;
  }

  std::uint64_t cleanings() const { return manager->cleaner().cleanings(); }

  std::vector<std::string> names() {
    std::vector<std::string> found;
    auto directory = root->open_directory("c-0").value();
    const auto entries = directory->list();
    for (const auto& entry : *entries) found.push_back(entry.name);
    return found;
  }

  static inline const TopicPartition kAt{"c", 0};

  base::Random random{4};
  LogLines lines;
  ManualLoop loop;
  std::shared_ptr<base::Directory> root = base::make_memory_directory();
  LogConfig config;
  LogManagerOptions options;
  std::unique_ptr<LogManager> manager;
  UnifiedLog* log = nullptr;

 private:
  int fillers_ = 0;
};

}  // namespace ottla::broker
