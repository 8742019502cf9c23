#include "tests/unit/log/storage_life.h"

#include <algorithm>
#include <utility>

#include "protocol/record/control_record.h"
#include "tests/unit/log/read_committed.h"

namespace ottla::broker {

StorageLife::StorageLife(simulation::SimDisk& on) : disk(on) {
  config.retention_ms = -1;
  config.index_interval_bytes = 100;
  config.segment_bytes = 700;
}

bool StorageLife::start() {
  failure.reset();
  ++epoch_;
  std::shared_ptr<base::Directory> root = disk.open("/data");
  auto opened = LogDirectory::open(root, {}, random);
  if (!opened) {
    failure = opened.error();
    return false;
  }
  LogManagerOptions options;
  options.recovery_point_bytes = 200;
  manager = std::make_unique<LogManager>(loop, std::move(*opened), base::Random(random.next()),
                                         lines.logger(), options);
  Result<void> loaded = ErrorCode::timed_out;
  manager->load(
      [this](LogManager::Found& found) -> std::optional<LogConfig> {
        EXPECT_TRUE(found.topic_id == kTopicId || found.topic_id.is_zero());
        found.topic_id = kTopicId;
        const auto known = configs_.find(found.partition);
        return known == configs_.end() ? config : known->second;
      },
      [&](Result<void> done) { loaded = std::move(done); });
  loop.run();
  if (loaded || disk.crashed()) return loaded.has_value();
  failure = loaded.error();
  forget_process();
  return false;
}

bool StorageLife::close() {
  if (!manager) return false;
  Result<void> closed = ErrorCode::timed_out;
  manager->close(1, [&](Result<void> done) { closed = std::move(done); });
  loop.run();
  if (!closed) {
    failure = closed.error();
    forget_process();
    return false;
  }
  for (const auto* of : manager->logs()) {
    auto& model = models[of->partition()];
    model.acknowledged = static_cast<std::int64_t>(model.records.size());
  }
  forget_process();
  return true;
}

void StorageLife::forget_process() {
  loop.drop_everything();
  manager.reset();
  loop.drop_everything();
}

UnifiedLog* StorageLife::log(const TopicPartition& at) {
  return manager ? manager->find(at) : nullptr;
}

bool StorageLife::append(const TopicPartition& at, int count, std::size_t value_size) {
  if (disk.crashed() || !manager || manager->offline()) return false;
  auto* to = log(at);
  if (to == nullptr) {
    auto made = manager->create_log(at, kTopicId, config);
    if (!made) return false;
    configs_[at] = config;
    models[at].deletion_asked = false;
    to = *made;
  }
  auto& model = models[at];
  auto builder = protocol::RecordBatchBuilder::growing();
  std::vector<PartitionModel::Record> records;
  for (int i = 0; i < count; ++i) {
    PartitionModel::Record record{"k" + std::to_string(next_value_ % 7), {}};
    if (next_value_ % 11 != 10) {
      record.value = std::to_string(next_value_) + std::string(value_size, '.');
    }
    ++next_value_;
    std::optional<BytesView> value;
    if (record.value) value = *record.value;
    EXPECT_TRUE(builder.append(loop.wall_now(), BytesView(record.key), value));
    records.push_back(std::move(record));
  }
  const auto id = next_producer_++;
  std::string batch(builder.close_sealed(producer(id, 0, 0)));
  const auto offset = static_cast<std::int64_t>(model.records.size());
  if (!append_batch(at, batch, records)) return false;
  model.last_producer = id;
  model.last_batch = std::move(batch);
  model.last_first_offset = offset;
  return true;
}

bool StorageLife::append_batch(const TopicPartition& at, std::string batch,
                               const std::vector<PartitionModel::Record>& records,
                               AppendOrigin origin) {
  auto& model = models[at];
  auto appended = log(at)->append_as_leader(batch, LeaderEpoch(epoch_), origin);
  if (!appended) {
    failure = appended.error();
    // It may have been written all the same.
    const bool unsure = disk.crashed() || manager->offline();
    if (unsure) model.records.insert(model.records.end(), records.begin(), records.end());
    return false;
  }
  EXPECT_EQ(appended->first_offset.value, static_cast<std::int64_t>(model.records.size())) << at;
  model.records.insert(model.records.end(), records.begin(), records.end());
  return true;
}

bool StorageLife::append_in_transaction(const TopicPartition& at, std::int64_t id) {
  const PartitionModel::Record record{"k" + std::to_string(next_value_ % 7),
                                      std::to_string(next_value_), id};
  ++next_value_;
  auto batch = batch_of({{*record.value, loop.wall_now(), record.key}}, producer(id, 0, 0), true);
  return append_batch(at, std::move(batch), {record});
}

void StorageLife::transact(const TopicPartition& at, bool commit) {
  // Its log is there, made by what was appended before.
  if (disk.crashed() || !manager || manager->offline() || log(at) == nullptr) return;
  const auto id = next_producer_++;
  if (!append_in_transaction(at, id) || !append(at, 1)) return;
  auto marker = protocol::end_transaction_batch({commit, 0}, ProducerId(id), ProducerEpoch(0),
                                                loop.wall_now());
  append_batch(at, std::move(marker),
               {{.key = {}, .value = {}, .transaction = id, .commits = commit}},
               AppendOrigin::coordinator);
}

void StorageLife::flush(const TopicPartition& at) {
  if (auto* to = log(at)) to->flush_soon();
  run();
}

void StorageLife::run(base::Duration by) {
  loop.advance(by);
  note_acknowledged();
}

void StorageLife::raise_log_start(const TopicPartition& at, std::int64_t to) {
  auto* of = log(at);
  if (of == nullptr) return;
  const auto offset = std::min(of->high_watermark(), Offset(to));
  if (!of->advance_log_start_offset(offset)) return;
  models[at].log_start = std::max(models[at].log_start, offset.value);
  of->delete_old_segments();
  manager->checkpoint_log_start_offsets();
  run();
}

void StorageLife::retain(const TopicPartition& at, std::int64_t bytes) {
  auto* of = log(at);
  if (of == nullptr) return;
  const auto kept = of->config();
  auto shorter = kept;
  shorter.retention_bytes = bytes;
  of->update_config(shorter);
  of->delete_old_segments();
  models[at].log_start = std::max(models[at].log_start, of->log_start_offset().value);
  of->update_config(kept);
  run();
}

void StorageLife::delete_log(const TopicPartition& at) {
  if (log(at) == nullptr) return;
  models[at].deletion_asked = true;
  (void)manager->delete_log(at);
  run();
}

void StorageLife::resend_last(const TopicPartition& at) {
  auto* to = log(at);
  auto& model = models[at];
  if (to == nullptr || model.last_batch.empty()) return;
  const bool there = model.last_first_offset < to->log_end_offset().value;
  std::string batch = model.last_batch;
  if (!there || model.last_first_offset < to->log_start_offset().value) return;
  auto answer = to->append_as_leader(batch, LeaderEpoch(epoch_));
  ASSERT_TRUE(answer) << answer.error();
  EXPECT_TRUE(answer->duplicate) << at;
  EXPECT_EQ(answer->first_offset.value, model.last_first_offset) << at;
}

void StorageLife::note_acknowledged() {
  if (!manager) return;
  for (auto* of : manager->logs()) {
    auto& model = models[of->partition()];
    if (!manager->offline()) {
      EXPECT_GE(of->high_watermark().value, model.acknowledged) << of->partition();
    }
    model.acknowledged = std::max(model.acknowledged, of->high_watermark().value);
    model.log_start = std::max(model.log_start, of->log_start_offset().value);
  }
}

void StorageLife::check_after_start() {
  for (auto& [at, model] : models) {
    auto* of = log(at);
    if (of == nullptr) {
      if (faulty) continue;
      if (!model.deletion_asked) {
        EXPECT_EQ(model.acknowledged, 0) << at;
      }
      model = PartitionModel();
      continue;
    }
    const auto end = of->log_end_offset().value;
    if (model.deletion_asked && end == 0) model = PartitionModel();
    ASSERT_GE(end, model.acknowledged) << at;
    ASSERT_LE(end, static_cast<std::int64_t>(model.records.size())) << at;
    if (!manager->offline()) {
      EXPECT_EQ(of->high_watermark().value, end) << at;
    }
    EXPECT_LE(of->log_start_offset().value, model.log_start) << at;
    model.records.resize(static_cast<std::size_t>(end));
    if (!manager->offline()) model.acknowledged = end;
    model.log_start = of->log_start_offset().value;
  }
}

void StorageLife::check_records() {
  if (!manager) return;
  for (auto* of : manager->logs()) check_log(*of, models[of->partition()]);
}

void StorageLife::check_log(UnifiedLog& of, const PartitionModel& model) {
  ASSERT_EQ(of.log_end_offset().value, static_cast<std::int64_t>(model.records.size()))
      << of.partition();
  std::vector<bool> seen(model.records.size(), false);
  auto next = of.log_start_offset();
  while (next < of.log_end_offset()) {
    auto read = LogFixture::read_from(loop, of, next, kNoBound, 500, true);
    ASSERT_TRUE(read) << read.error();
    if (read->size == 0) break;
    const auto before = next;
    next = check_bytes(LogFixture::bytes_of(*read), next, model, seen);
    ASSERT_GT(next, before) << of.partition();
  }
  check_committed(of, model);
  // A record may be missing only if it was compacted away: a later one has its key, or it is a
  // tombstone, or it was aborted.
  const auto ends = model.ends();
  const auto committed = [&](const PartitionModel::Record& record) {
    const auto end = ends.find(record.transaction);
    return record.transaction < 0 || (end != ends.end() && end->second);
  };
  std::map<std::string, std::size_t> newest;
  for (std::size_t i = 0; i < model.records.size(); ++i) {
    if (committed(model.records[i])) newest[model.records[i].key] = i;
  }
  for (auto i = static_cast<std::size_t>(of.log_start_offset().value); i < seen.size(); ++i) {
    if (seen[i]) continue;
    const bool may_go =
        of.config().cleanup_compact && (newest[model.records[i].key] != i ||
                                        !model.records[i].value || !committed(model.records[i]));
    EXPECT_TRUE(may_go) << of.partition() << " has no record at offset " << i;
  }
}

// Who reads committed records is given what was committed, or was in no transaction.
void StorageLife::check_committed(UnifiedLog& of, const PartitionModel& model) {
  CommittedReader reader;
  const auto end = of.last_stable_offset();
  for (auto next = of.log_start_offset(); next < end;) {
    auto read = LogFixture::read_from(loop, of, next, end, 500, true);
    ASSERT_TRUE(read) << read.error();
    if (read->size == 0) break;
    const auto bytes = LogFixture::bytes_of(*read);
    reader.on_read(bytes, *read);
    protocol::BatchIterator batches(bytes);
    for (protocol::RecordBatchView batch; batches.next(batch);) next = batch.next_offset();
  }
  const auto ends = model.ends();
  for (const auto& [offset, handed_out] : reader.handed_out()) {
    const auto& record = model.records[static_cast<std::size_t>(offset)];
    const auto found = ends.find(record.transaction);
    if (record.transaction >= 0) {
      ASSERT_TRUE(found != ends.end()) << of.partition() << " shows an open one at " << offset;
    }
    EXPECT_EQ(handed_out, record.transaction < 0 || found->second)
        << of.partition() << " at " << offset;
  }
}

Offset StorageLife::check_bytes(const std::string& bytes, Offset next, const PartitionModel& model,
                                std::vector<bool>& seen) {
  protocol::BatchIterator batches(bytes);
  for (protocol::RecordBatchView batch; batches.next(batch);) {
    EXPECT_TRUE(batch.verify_crc());
    EXPECT_GE(batch.last_offset(), next);
    protocol::RecordReader reader(batch, batch.records());
    for (protocol::RecordView record; reader.next(record);) {
      const auto i = static_cast<std::size_t>(record.offset.value);
      EXPECT_LT(i, model.records.size());
      if (i >= model.records.size()) continue;
      seen[i] = true;
      EXPECT_EQ(batch.is_control(), model.records[i].commits.has_value()) << i;
      if (batch.is_control()) continue;
      EXPECT_EQ(record.key.value_or(""), model.records[i].key) << i;
      EXPECT_EQ(record.value.has_value(), model.records[i].value.has_value());
      EXPECT_EQ(record.value.value_or(""), model.records[i].value.value_or(""));
    }
    EXPECT_TRUE(reader.status());
    next = batch.next_offset();
  }
  EXPECT_TRUE(batches.status());
  EXPECT_FALSE(batches.truncated());
  return next;
}

}  // namespace ottla::broker
