#include "tests/unit/log/log_model.h"

#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "broker/log/log_manager.h"
#include "protocol/record/control_record.h"
#include "tests/simulation/seeds.h"
#include "tests/simulation/sim_disk.h"
#include "tests/unit/log/log_fixture.h"
#include "tests/unit/log/read_committed.h"

// Random lives of a log directory on a disk that forgets what was not synced, against a model that
// is a list of records per partition. OTTLA_SEEDS_TIMES=50 makes it 100,000 lives.
namespace ottla::broker {
namespace {

using Entry = LogModel::Entry;

class Life {
 public:
  explicit Life(std::uint64_t seed) : random_(seed), disk_(seed * 31 + 7) {
    config_.segment_bytes = random_.between(1000, 4000);
    config_.index_interval_bytes = random_.between(1, 600);
    config_.retention_ms = -1;
    config_.min_cleanable_dirty_ratio = random_.fraction() * 0.5;
    config_.delete_retention_ms = random_.between(0, 100'000);
    options_.recovery_point_bytes = 200;
    options_.checkpoint_interval = std::chrono::seconds(random_.between(1, 20));
    options_.cleaner.backoff = std::chrono::seconds(random_.between(1, 10));
    options_.cleaner.map_limits.memory = 24 * static_cast<std::uint64_t>(random_.between(6, 40));
    options_.cleaner.buffer_bytes = random_.below(3000);
    if (random_.one_in(4)) options_.cleaner.max_bytes_per_second = 2000;
    start();
  }

  void step() {
    switch (random_.below(21)) {
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
        return random_.one_in(2) ? raise_log_start() : retain();
      case 5:
      case 6:
        loop_.advance(std::chrono::seconds(random_.between(0, 61)));
        return note_acknowledged();
      case 7:
      case 8:
        if (loop_.works() > 0) loop_.run_one_work();
        return note_acknowledged();
      case 9:
        return check_everything();
      case 10:
        return random_.one_in(4) ? delete_one() : end_transaction();
      case 11:
        return append_in_part();
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
  std::uint64_t truncations() const { return truncations_; }
  std::uint64_t cleanings() const { return cleanings_ + manager_->cleaner().cleanings(); }

 private:
  // The last two are compacted, the last is deleted, too.
  static TopicPartition partition(std::uint64_t i) { return {"t", static_cast<std::int32_t>(i)}; }
  LogConfig config_of(const TopicPartition& at) const {
    auto config = config_;
    config.cleanup_compact = at.partition >= 2;
    config.cleanup_delete = at.partition != 2;
    return config;
  }

  UnifiedLog* any_log() { return manager_->find(partition(random_.below(4))); }

  void start() {
    std::shared_ptr<base::Directory> root = disk_.open("/data");
    auto opened = LogDirectory::open(root, {}, random_);
    ASSERT_TRUE(opened) << opened.error();
    options_.flush.sync_file_system_above = random_.below(3);
    manager_ = std::make_unique<LogManager>(loop_, std::move(*opened), base::Random(random_.next()),
                                            lines_.logger(), options_);
    Result<void> loaded = ErrorCode::timed_out;
    manager_->load(
        [this](LogManager::Found& found) {
          EXPECT_TRUE(found.topic_id == kTopicId || found.topic_id.is_zero());
          found.topic_id = kTopicId;
          return config_of(found.partition);
        },
        [&](Result<void> done) { loaded = std::move(done); });
    loop_.run();
    ASSERT_TRUE(loaded) << loaded.error();
    for (auto& [at, model] : models_) compare_after_start(at, model);
  }

  // What is there after a start is what was there, but for an unacknowledged end.
  void compare_after_start(const TopicPartition& at, LogModel& model) {
    auto* log = manager_->find(at);
    const auto end = log == nullptr ? 0 : log->log_end_offset().value;
    ASSERT_GE(end, model.acknowledged) << at;
    if (log != nullptr) recall_refused(*log, model);
    ASSERT_LE(end, static_cast<std::int64_t>(model.entries.size())) << at;
    model.entries.resize(static_cast<std::size_t>(end));
    if (log == nullptr) {
      model = {};
      return;
    }
    EXPECT_EQ(log->high_watermark().value, end);
    // Whether a raise of the log start has lasted is up to the checkpoint.
    EXPECT_LE(log->log_start_offset().value, model.log_start);
    model.log_start = log->log_start_offset().value;
    model.acknowledged = end;
    check_sequences(*log, model);
  }

  // Who was refused was told that nobody knows (KAFKA_STORAGE_ERROR): it may be what the log ends
  // with, in the place of what was not acknowledged either.
  void recall_refused(UnifiedLog& log, LogModel& model) {
    std::erase_if(model.refused,
                  [&](const auto& refused) { return refused.base < model.acknowledged; });
    for (const auto& refused : model.refused) {
      const auto end = refused.base + static_cast<std::int64_t>(refused.entries.size());
      if (log.log_end_offset().value != end) continue;
      auto read = LogFixture::read_from(loop_, log, Offset(refused.base), kNoBound, 1, true);
      ASSERT_TRUE(read) << read.error();
      if (LogFixture::bytes_of(*read) != refused.batch) continue;
      model.entries.resize(static_cast<std::size_t>(refused.base));
      model.entries.insert(model.entries.end(), refused.entries.begin(), refused.entries.end());
    }
  }

  // Compaction leaves what a producer's next sequence is checked against.
  static void check_sequences(const UnifiedLog& log, const LogModel& model) {
    if (model.log_start > 0) return;
    for (const auto& [id, sequence] : model.last_sequences()) {
      const auto* known = log.producers().find(ProducerId(id));
      ASSERT_NE(known, nullptr) << log.partition() << " producer " << id;
      EXPECT_EQ(known->last_sequence().value, sequence) << log.partition() << " producer " << id;
    }
  }

  UnifiedLog& log_of(const TopicPartition& at) {
    auto* log = manager_->find(at);
    return log != nullptr ? *log : *manager_->create_log(at, kTopicId, config_of(at)).value();
  }

  struct Made {
    std::string batch;
    std::vector<Entry> entries;
  };

  Made make_batch(const LogModel& model) {
    Made made;
    const auto id = random_.between(1, 4);
    const auto last = model.last_sequences();
    const auto known = last.find(id);
    auto sequence = known == last.end() ? 0 : known->second + 1;
    const auto first = sequence;
    const bool transactional = random_.one_in(4) || model.has_open_transaction(id);
    auto builder = protocol::RecordBatchBuilder::growing();
    for (auto left = random_.below(4) + 1; left > 0; --left) {
      Entry entry{Entry::Kind::record, "k" + std::to_string(random_.below(8)), {}, id, sequence++,
                  transactional};
      if (!random_.one_in(6)) {
        entry.value = std::to_string(next_value_++) + std::string(random_.below(200), '.');
      }
      std::optional<BytesView> value;
      if (entry.value) value = *entry.value;
      const auto timestamp = loop_.wall_now() - random_.between(0, 1000);
      EXPECT_TRUE(builder.append(timestamp, BytesView(entry.key), value));
      made.entries.push_back(std::move(entry));
    }
    const auto codec = random_.one_in(3) ? Compression::gzip : Compression::none;
    char* bytes = builder.close(codec, protocol_level(codec)).value();
    protocol::seal(bytes, producer(id, 0, first), transactional);
    made.batch.assign(bytes, builder.size_in_bytes());
    return made;
  }

  void append() {
    const auto at = partition(random_.below(4));
    auto& log = log_of(at);
    auto& model = models_[at];
    auto made = make_batch(model);
    model.entries.insert(model.entries.end(), made.entries.begin(), made.entries.end());
    const std::string again = made.batch;
    auto done = log.append_as_leader(made.batch, LeaderEpoch(epoch_));
    ASSERT_TRUE(done) << done.error();
    EXPECT_EQ(done->last_offset.value + 1, static_cast<std::int64_t>(model.entries.size()));
    EXPECT_FALSE(done->duplicate);
    if (random_.one_in(4)) resend(log, again, *done);
    if (random_.one_in(2)) log.flush_soon();
  }

  // The disk takes a part of a batch and is full: the log is truncated to what it was.
  void append_in_part() {
    const auto at = partition(random_.below(4));
    auto& log = log_of(at);
    auto& model = models_[at];
    auto made = make_batch(model);
    disk_.inject({.call = simulation::DiskCall::write,
                  .code = ErrorCode::no_space,
                  .times = 1,
                  .path_contains = ".log"});
    const auto done = log.append_as_leader(made.batch, LeaderEpoch(epoch_));
    disk_.clear_faults();
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code(), ErrorCode::kafka_storage_error) << done.error();
    EXPECT_FALSE(log.offline());
    EXPECT_EQ(log.log_end_offset().value, static_cast<std::int64_t>(model.entries.size()));
    model.refused.push_back(
        {log.log_end_offset().value, std::move(made.batch), std::move(made.entries)});
    ++truncations_;
  }

  static int protocol_level(Compression codec) { return codec == Compression::gzip ? 1 : 0; }

  static void resend(UnifiedLog& log, std::string batch, const AppendInfo& first) {
    auto answer = log.append_as_leader(batch, LeaderEpoch(99));
    ASSERT_TRUE(answer) << answer.error();
    EXPECT_TRUE(answer->duplicate);
    EXPECT_EQ(answer->first_offset, first.first_offset);
    EXPECT_EQ(answer->last_offset, first.last_offset);
  }

  void end_transaction() {
    auto* log = any_log();
    if (log == nullptr) return;
    auto& model = models_[log->partition()];
    const auto id = random_.between(1, 4);
    if (!model.has_open_transaction(id)) return;
    const bool committed = random_.one_in(2);
    auto marker = protocol::end_transaction_batch({committed, 1}, ProducerId(id), ProducerEpoch(0),
                                                  loop_.wall_now());
    auto done = log->append_as_leader(marker, LeaderEpoch(epoch_), AppendOrigin::coordinator);
    ASSERT_TRUE(done) << done.error();
    model.entries.push_back({committed ? Entry::Kind::commit : Entry::Kind::abort, {}, {}, id});
    if (random_.one_in(2)) log->flush_soon();
  }

  void raise_log_start() {
    auto* log = any_log();
    if (log == nullptr) return;
    auto& model = models_[log->partition()];
    const auto to = random_.between(model.log_start, log->high_watermark().value);
    ASSERT_TRUE(log->advance_log_start_offset(Offset(to)));
    log->delete_old_segments();
    model.log_start = log->log_start_offset().value;
    if (random_.one_in(2)) manager_->checkpoint_log_start_offsets();
  }

  void retain() {
    auto* log = any_log();
    if (log == nullptr) return;
    auto config = log->config();
    config.retention_bytes = static_cast<std::int64_t>(random_.below(8000));
    log->update_config(config);
    log->delete_old_segments();
    models_[log->partition()].log_start = log->log_start_offset().value;
    config.retention_bytes = -1;
    log->update_config(config);
  }

  // Only what nobody works on: what a crash makes of a deletion is another test's business.
  void delete_one() {
    loop_.run();
    auto* log = any_log();
    if (log == nullptr) return;
    const auto at = log->partition();
    ASSERT_TRUE(manager_->delete_log(at));
    loop_.run();
    models_.erase(at);
  }

  void note_acknowledged() {
    for (auto* log : manager_->logs()) {
      auto& model = models_[log->partition()];
      EXPECT_GE(log->high_watermark().value, model.acknowledged);
      model.acknowledged = log->high_watermark().value;
    }
  }

  void acknowledge_all() {
    for (auto& [at, model] : models_) {
      model.acknowledged = static_cast<std::int64_t>(model.entries.size());
    }
  }

  void next_life() {
    cleanings_ += manager_->cleaner().cleanings();
    manager_.reset();
    loop_.drop_everything();
    ++epoch_;
  }

  void restart_clean() {
    Result<void> closed = ErrorCode::timed_out;
    manager_->close(1, [&](Result<void> done) { closed = std::move(done); });
    loop_.run();
    ASSERT_TRUE(closed) << closed.error();
    acknowledge_all();
    next_life();
    if (random_.one_in(2)) disk_.power_cut();
    start();
  }

  void crash(bool power) {
    note_acknowledged();
    loop_.drop_everything();
    if (power) {
      disk_.power_cut();
    } else {
      disk_.process_crash();
      acknowledge_all();
    }
    next_life();
    start();
  }

  void check_everything() {
    for (auto* log : manager_->logs()) check(*log, models_[log->partition()]);
  }

  void check(UnifiedLog& log, const LogModel& model) {
    ASSERT_EQ(log.log_end_offset().value, static_cast<std::int64_t>(model.entries.size()));
    ASSERT_EQ(log.log_start_offset().value, model.log_start);
    std::vector<bool> seen(model.entries.size(), false);
    auto next = log.log_start_offset();
    while (next < log.log_end_offset()) {
      auto read = LogFixture::read_from(loop_, log, next, kNoBound, 1 + random_.below(2000), true);
      ASSERT_TRUE(read) << read.error();
      if (read->size == 0) break;
      next = check_bytes(LogFixture::bytes_of(*read), next, model, seen);
    }
    const bool compacted = log.config().cleanup_compact;
    const auto may_go = model.dispensable();
    for (auto i = static_cast<std::size_t>(model.log_start); i < seen.size(); ++i) {
      if (seen[i]) continue;
      EXPECT_TRUE(compacted && may_go[i]) << log.partition() << " has nothing at offset " << i;
    }
    check_committed(log, model);
  }

  // Who reads committed records from anywhere on is given them, and no other.
  void check_committed(UnifiedLog& log, const LogModel& model) {
    const auto end = log.last_stable_offset();
    const auto fates = model.fates();
    CommittedReader reader;
    auto next = log.log_start_offset();
    if (next < end) next = Offset(random_.between(next.value, end.value));
    while (next < end) {
      auto read = LogFixture::read_from(loop_, log, next, end, 1 + random_.below(2000), true);
      ASSERT_TRUE(read) << read.error();
      if (read->size == 0) break;
      const auto bytes = LogFixture::bytes_of(*read);
      reader.on_read(bytes, *read);
      protocol::BatchIterator batches(bytes);
      for (protocol::RecordBatchView batch; batches.next(batch);) next = batch.next_offset();
    }
    for (const auto& [offset, handed_out] : reader.handed_out()) {
      const auto fate = fates[static_cast<std::size_t>(offset)];
      EXPECT_EQ(handed_out, fate == LogModel::Fate::committed)
          << log.partition() << " offset " << offset;
      EXPECT_NE(fate, LogModel::Fate::open) << log.partition() << " offset " << offset;
    }
  }

  static Offset check_bytes(const std::string& bytes, Offset next, const LogModel& model,
                            std::vector<bool>& seen) {
    protocol::BatchIterator batches(bytes);
    for (protocol::RecordBatchView batch; batches.next(batch);) {
      EXPECT_TRUE(batch.verify_crc());
      EXPECT_GE(batch.last_offset(), next);
      std::string buffer;
      const auto records = protocol::uncompressed_records(batch, 1 << 20, buffer);
      EXPECT_TRUE(records);
      protocol::RecordReader reader(batch, *records);
      for (protocol::RecordView record; reader.next(record);) {
        const auto i = static_cast<std::size_t>(record.offset.value);
        EXPECT_LT(i, model.entries.size());
        if (i >= model.entries.size()) continue;
        seen[i] = true;
        const auto& entry = model.entries[i];
        EXPECT_EQ(batch.is_control(), entry.kind != Entry::Kind::record);
        if (batch.is_control()) continue;
        EXPECT_EQ(record.key.value_or(""), entry.key);
        EXPECT_EQ(record.value.has_value(), entry.value.has_value());
        EXPECT_EQ(record.value.value_or(""), entry.value.value_or(""));
      }
      EXPECT_TRUE(reader.status());
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
  LogManagerOptions options_;
  std::unique_ptr<LogManager> manager_;
  std::map<TopicPartition, LogModel> models_;
  std::int32_t epoch_ = 1;
  std::int64_t next_value_ = 0;
  std::uint64_t cleanings_ = 0;
  std::uint64_t truncations_ = 0;
};

TEST(LogModel, loses_nothing_acknowledged_and_invents_nothing_in_random_lives) {
  std::uint64_t lives = 0;
  std::uint64_t cleanings = 0;
  std::uint64_t truncations = 0;
  simulation::for_each_seed(2000, [&](std::uint64_t seed) {
    Life life(seed);
    for (int i = 0; i < 100 && !::testing::Test::HasFailure(); ++i) life.step();
    if (!::testing::Test::HasFailure()) life.finish();
    if (::testing::Test::HasFailure()) life.print_lines();
    ++lives;
    cleanings += life.cleanings();
    truncations += life.truncations();
  });
  // Enough of them see compaction and truncation at work.
  if (lives >= 100) {
    EXPECT_GT(cleanings, lives / 20);
    EXPECT_GT(truncations, lives);
  }
}

}  // namespace
}  // namespace ottla::broker
