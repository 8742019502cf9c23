#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "broker/log/log_manager.h"
#include "tests/simulation/seeds.h"
#include "tests/simulation/sim_disk.h"
#include "tests/unit/log/log_fixture.h"

// Random lives of a log directory on a disk that forgets what was not synced, against a model that
// is a vector of values per partition.
namespace ottla::broker {
namespace {

struct Model {
  std::vector<std::string> values;  // by offset
  std::int64_t acknowledged = 0;    // below it nothing may be lost
  std::int64_t log_start = 0;
};

class Life {
 public:
  explicit Life(std::uint64_t seed) : random_(seed), disk_(seed * 31 + 7) {
    config_.segment_bytes = random_.between(1000, 4000);
    config_.index_interval_bytes = random_.between(1, 600);
    config_.retention_ms = -1;
    start();
  }

  void step() {
    switch (random_.below(16)) {
      case 0:
        return restart_clean();
      case 1:
        return crash(false);
      case 2:
        return crash(true);
      case 3:
        if (auto* log = any_log()) log->advance_recovery_point();
        return;
      case 4:
        return raise_log_start();
      case 5:
        loop_.advance(std::chrono::seconds(random_.between(0, 61)));
        return note_acknowledged();
      case 6:
      case 7:
        if (loop_.works() > 0) loop_.run_one_work();
        return note_acknowledged();
      case 8:
        return check_everything();
      default:
        return append();
    }
  }

  void finish() {
    check_everything();
    restart_clean();
    check_everything();
  }

  void print_lines() const {
    for (const auto& line : lines_.lines) std::cerr << line << "\n";
  }

 private:
  static TopicPartition partition(std::uint64_t i) { return {"t", static_cast<std::int32_t>(i)}; }

  UnifiedLog* any_log() { return manager_->find(partition(random_.below(3))); }

  void start() {
    std::shared_ptr<base::Directory> root = disk_.open("/data");
    auto opened = LogDirectory::open(root, {}, random_);
    ASSERT_TRUE(opened) << opened.error();
    LogManagerOptions options;
    options.recovery_point_bytes = 200;
    options.flush.sync_file_system_above = random_.below(3);
    manager_ = std::make_unique<LogManager>(loop_, std::move(*opened), base::Random(random_.next()),
                                            lines_.logger(), options);
    Result<void> loaded = ErrorCode::timed_out;
    manager_->load(
        [this](LogManager::Found& found) {
          EXPECT_TRUE(found.topic_id == kTopicId || found.topic_id.is_zero());
          found.topic_id = kTopicId;
          return config_;
        },
        [&](Result<void> done) { loaded = std::move(done); });
    loop_.run();
    ASSERT_TRUE(loaded) << loaded.error();
    for (auto& [at, model] : models_) compare_after_start(at, model);
  }

  // What is there after a start is what was there, but for an unacknowledged end.
  void compare_after_start(const TopicPartition& at, Model& model) {
    auto* log = manager_->find(at);
    const auto end = log == nullptr ? 0 : log->log_end_offset().value;
    ASSERT_GE(end, model.acknowledged) << at;
    ASSERT_LE(end, static_cast<std::int64_t>(model.values.size())) << at;
    model.values.resize(static_cast<std::size_t>(end));
    if (log == nullptr) return;
    EXPECT_EQ(log->high_watermark().value, end);
    // Whether a raise of the log start has lasted is up to the checkpoint.
    EXPECT_LE(log->log_start_offset().value, model.log_start);
    model.log_start = log->log_start_offset().value;
    model.acknowledged = end;
  }

  void append() {
    const auto at = partition(random_.below(3));
    auto* log = manager_->find(at);
    if (log == nullptr) log = manager_->create_log(at, kTopicId, config_).value();
    auto& model = models_[at];
    std::vector<TestRecord> records(random_.below(4) + 1);
    for (auto& record : records) {
      record.value = std::to_string(next_value_++) + std::string(random_.below(200), '.');
      record.timestamp = loop_.wall_now() - random_.between(0, 1000);
    }
    auto batch = batch_of(records, producer(next_producer_, 0, next_sequence_));
    const std::string again = batch;
    auto done = log->append_as_leader(batch, LeaderEpoch(epoch_));
    ASSERT_TRUE(done) << done.error();
    EXPECT_EQ(done->first_offset.value, static_cast<std::int64_t>(model.values.size()));
    EXPECT_FALSE(done->duplicate);
    for (const auto& record : records) model.values.push_back(record.value);
    if (random_.one_in(4)) resend(*log, again, *done);
    ++next_producer_;
    if (random_.one_in(2)) log->flush_soon();
  }

  static void resend(UnifiedLog& log, std::string batch, const AppendInfo& first) {
    auto answer = log.append_as_leader(batch, LeaderEpoch(99));
    ASSERT_TRUE(answer) << answer.error();
    EXPECT_TRUE(answer->duplicate);
    EXPECT_EQ(answer->first_offset, first.first_offset);
    EXPECT_EQ(answer->last_offset, first.last_offset);
  }

  void raise_log_start() {
    auto* log = any_log();
    if (log == nullptr) return;
    auto& model = models_[log->partition()];
    const auto to = random_.between(model.log_start, log->high_watermark().value);
    ASSERT_TRUE(log->advance_log_start_offset(Offset(to)));
    model.log_start = to;
    log->delete_old_segments();
    if (random_.one_in(2)) manager_->checkpoint_log_start_offsets();
  }

  void note_acknowledged() {
    for (auto* log : manager_->logs()) {
      auto& model = models_[log->partition()];
      EXPECT_GE(log->high_watermark().value, model.acknowledged);
      model.acknowledged = log->high_watermark().value;
    }
  }

  void restart_clean() {
    Result<void> closed = ErrorCode::timed_out;
    manager_->close(1, [&](Result<void> done) { closed = std::move(done); });
    loop_.run();
    ASSERT_TRUE(closed) << closed.error();
    for (auto& [at, model] : models_) {
      model.acknowledged = static_cast<std::int64_t>(model.values.size());
    }
    manager_.reset();
    loop_.drop_everything();
    if (random_.one_in(2)) disk_.power_cut();
    ++epoch_;
    start();
  }

  void crash(bool power) {
    note_acknowledged();
    loop_.drop_everything();
    if (power) {
      disk_.power_cut();
    } else {
      disk_.process_crash();
      for (auto& [at, model] : models_) {
        model.acknowledged = static_cast<std::int64_t>(model.values.size());
      }
    }
    manager_.reset();
    loop_.drop_everything();
    ++epoch_;
    start();
  }

  void check_everything() {
    for (auto* log : manager_->logs()) check(*log, models_[log->partition()]);
  }

  void check(UnifiedLog& log, const Model& model) {
    ASSERT_EQ(log.log_end_offset().value, static_cast<std::int64_t>(model.values.size()));
    ASSERT_EQ(log.log_start_offset().value, model.log_start);
    auto next = log.log_start_offset();
    while (next < log.log_end_offset()) {
      auto read = LogFixture::read_from(loop_, log, next, kNoBound, 1 + random_.below(2000), true);
      ASSERT_TRUE(read) << read.error();
      ASSERT_GT(read->size, 0u);
      next = check_bytes(LogFixture::bytes_of(*read), next, model);
    }
  }

  static Offset check_bytes(const std::string& bytes, Offset next, const Model& model) {
    protocol::BatchIterator batches(bytes);
    for (protocol::RecordBatchView batch; batches.next(batch);) {
      EXPECT_TRUE(batch.verify_crc());
      EXPECT_LE(batch.base_offset(), next);
      protocol::RecordReader reader(batch, batch.records());
      for (protocol::RecordView record; reader.next(record);) {
        const auto i = static_cast<std::size_t>(record.offset.value);
        EXPECT_LT(i, model.values.size());
        if (i < model.values.size()) {
          EXPECT_EQ(*record.value, model.values[i]);
        }
      }
      next = batch.next_offset();
    }
    EXPECT_FALSE(batches.truncated());
    return next;
  }

  base::Random random_;
  simulation::SimDisk disk_;
  ManualLoop loop_;
  LogLines lines_;
  LogConfig config_;
  std::unique_ptr<LogManager> manager_;
  std::map<TopicPartition, Model> models_;
  std::int32_t epoch_ = 1;
  std::int64_t next_producer_ = 1;
  std::int32_t next_sequence_ = 0;
  std::int64_t next_value_ = 0;
};

TEST(LogModel, loses_nothing_acknowledged_and_invents_nothing_in_random_lives) {
  simulation::for_each_seed(400, [](std::uint64_t seed) {
    Life life(seed);
    for (int i = 0; i < 60 && !::testing::Test::HasFailure(); ++i) life.step();
    if (!::testing::Test::HasFailure()) life.finish();
    if (::testing::Test::HasFailure()) life.print_lines();
  });
}

}  // namespace
}  // namespace ottla::broker
