#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <set>

#include "broker/log/log_manager.h"
#include "protocol/record/record_batch.h"
#include "tests/unit/log/file_tree.h"
#include "tests/unit/log/log_fixture.h"

// Every byte of every file of a small log directory is changed, and every file is cut at every
// length. Each must be found out, or do no harm, or be in the table of the bytes that Kafka's
// format leaves without a checksum. Never is a changed record served.
namespace ottla::broker {
namespace {

const TopicPartition kPartition{"topic", 0};

FileTree read_tree(base::Directory& root) {
  FileTree tree;
  const auto entries = root.list();
  for (const auto& entry : *entries) {
    if (!entry.is_directory) {
      tree[entry.name] = root.read_file(entry.name).value();
      continue;
    }
    auto below = root.open_directory(entry.name).value();
    const auto files = below->list();
    for (const auto& file : *files) {
      tree[entry.name + "/" + file.name] = below->read_file(file.name).value();
    }
  }
  return tree;
}

// All that a log says of itself.
struct Picture {
  struct Record {
    std::string key, value;
    WallMillis timestamp;
    bool operator==(const Record&) const = default;
  };
  std::map<std::int64_t, Record> records;
  std::map<std::int64_t, std::int32_t> epochs;  // by base offset, as batches say
  std::map<WallMillis, std::int64_t> by_timestamp;
  std::int64_t log_start = -1;
  std::int64_t log_end = -1;
  std::int32_t latest_epoch = -1;
  std::string topic_id;
  std::size_t producers = 0;
  bool operator==(const Picture&) const = default;
};

constexpr WallMillis kFirstTimestamp = 1'700'000'000'000;
constexpr int kBatches = 14;

// One process on a directory: what it saw, and whether anybody complained.
class Process {
 public:
  explicit Process(std::shared_ptr<base::Directory> root) : root_(std::move(root)) {}

  void run() {
    auto opened = LogDirectory::open(root_, {}, random_);
    if (!opened) return complain();
    LogManager manager(loop_, std::move(*opened), random_, logger());
    manager.load([](LogManager::Found&) { return config(); },
                 [this](Result<void> done) {
                   if (!done) complain();
                 });
    loop_.run();
    auto* log = manager.find(kPartition);
    if (log == nullptr) return complain();
    look_at(*log);
    loop_.drop_everything();
  }

  static LogConfig config() {
    LogConfig made;
    made.segment_bytes = 420;
    made.index_interval_bytes = 80;
    made.retention_ms = -1;
    return made;
  }

  Picture seen;
  bool complained = false;

 private:
  void complain() { complained = true; }

  base::Logger logger() {
    return base::Logger([this](LogLevel, std::string_view, std::string_view) { complain(); },
                        LogLevel::warn, "log");
  }

  void look_at(UnifiedLog& log) {
    seen.log_start = log.log_start_offset().value;
    seen.log_end = log.log_end_offset().value;
    seen.latest_epoch = log.latest_epoch().value_or(kNoLeaderEpoch).value;
    seen.topic_id = log.topic_id().to_string();
    seen.producers = log.producer_count();
    // In one sweep, and from every offset by itself.
    read_from(log, log.log_start_offset(), 1 << 20, kNoBound);
    for (auto at = log.log_start_offset(); at < std::min(log.log_end_offset(), Offset(100));
         at = at + 1) {
      read_from(log, at, 150, at + 4);
    }
    for (int i = 0; i < kBatches; ++i) find(log, kFirstTimestamp + i * 10);
  }

  void read_from(UnifiedLog& log, Offset from, std::size_t max_bytes, Offset bound) {
    const auto first = from;
    while (from < std::min(log.log_end_offset(), bound)) {
      auto read = LogFixture::read_from(loop_, log, from, bound, max_bytes, true);
      if (!read) return complain();
      if (read->size == 0) return;
      protocol::BatchIterator batches(bytes_of(*read));
      const auto before = from;
      const auto bytes = bytes_of(*read);
      from = take(bytes, first, bound);
      if (from <= before) return;
      if (bound != kNoBound) return;
    }
  }

  std::string bytes_of(const LogRead& read) {
    std::string bytes(read.size, '\0');
    std::size_t done = 0;
    for (const auto& range : read.ranges) {
      auto count = range.file->read_at(range.position, {bytes.data() + done, range.length});
      if (!count || *count != range.length) complain();
      done += range.length;
    }
    return bytes;
  }

  // As a consumer does: what has a wrong checksum is not taken.
  Offset take(const std::string& bytes, Offset first, Offset bound) {
    Offset next{0};
    bool at_first = true;
    protocol::BatchIterator batches(bytes);
    for (protocol::RecordBatchView batch; batches.next(batch);) {
      if (!batch.verify_crc()) return complain(), Offset(0);
      // Of a log without gaps the first batch holds what was asked for, and nothing reaches beyond
      // the bound: the rules of UnifiedLog::read.
      if (bound != kNoBound) {
        EXPECT_LT(batch.last_offset(), bound);
      }
      if (at_first && batch.base_offset() > first && bound != kNoBound) seen.topic_id += "gap";
      at_first = false;
      seen.epochs[batch.base_offset().value] = batch.partition_leader_epoch().value;
      protocol::RecordReader reader(batch, batch.records());
      for (protocol::RecordView record; reader.next(record);) {
        seen.records[record.offset.value] = {std::string(record.key.value_or("")),
                                             std::string(record.value.value_or("")),
                                             record.timestamp};
      }
      next = batch.next_offset();
    }
    if (!batches.status()) complain();
    return next;
  }

  void find(UnifiedLog& log, WallMillis timestamp) {
    log.find_offset_for_timestamp(timestamp, [&](Result<TimestampedOffset> found) {
      if (!found) return complain();
      seen.by_timestamp[timestamp] = found->offset.value;
    });
    loop_.run();
  }

  std::shared_ptr<base::Directory> root_;
  base::Random random_{3};
  ManualLoop loop_;
};

// A directory that was closed cleanly, with every kind of file in it.
FileTree make_tree() {
  std::shared_ptr<base::Directory> root = base::make_memory_directory();
  base::Random random(5);
  ManualLoop loop;
  LogDirectory::Options options;
  options.cluster_id = "XTCD0-0dSp6yZVVI2v4IqQ";
  auto directory = LogDirectory::open(root, options, random);
  LogManager manager(loop, std::move(*directory), random, {});
  manager.load([](LogManager::Found&) { return LogConfig(); }, [](Result<void>) {});
  loop.run();
  auto* log = manager.create_log(kPartition, kTopicId, Process::config()).value();
  for (int i = 0; i < kBatches; ++i) {
    auto batch = batch_of({{"value " + std::to_string(i), kFirstTimestamp + i * 10},
                           {"second " + std::to_string(i), kFirstTimestamp + i * 10 - 3}},
                          producer(i % 3, 0, i / 3 * 2));
    EXPECT_TRUE(log->append_as_leader(batch, LeaderEpoch(1 + i / 5)));
    log->flush_soon();
    loop.run();
  }
  EXPECT_TRUE(log->advance_log_start_offset(Offset(3)));
  Result<void> closed = ErrorCode::timed_out;
  manager.close(7, [&](Result<void> done) { closed = std::move(done); });
  loop.run();
  EXPECT_TRUE(closed);
  return read_tree(*root);
}

Picture picture_of(const FileTree& tree) {
  Process process(write_tree(tree));
  process.run();
  EXPECT_FALSE(process.complained);
  return process.seen;
}

// What the byte at `position` of the file means.
std::string field_of(const std::string& path, const std::string& bytes, std::size_t position) {
  namespace layout = protocol::batch_layout;
  const auto dot = path.rfind('.');
  const auto name = path.substr(path.rfind('/') + 1);
  const auto suffix = dot == std::string::npos ? name : path.substr(dot);
  if (suffix == ".index") return position % 8 < 4 ? ".index offset" : ".index position";
  if (suffix == ".timeindex")
    return position % 12 < 8 ? ".timeindex timestamp" : ".timeindex offset";
  if (suffix != ".log") return name.ends_with(".snapshot") ? ".snapshot" : name;
  protocol::BatchIterator batches(bytes);
  std::size_t start = 0;
  for (protocol::RecordBatchView batch; batches.next(batch); start = batches.position()) {
    if (position >= batches.position()) continue;
    const auto at = position - start;
    if (at < layout::kBatchLength) return ".log base offset";
    if (at < layout::kLeaderEpoch) return ".log batch length";
    if (at < layout::kMagic) return ".log leader epoch";
    return at < layout::kCrc ? ".log magic" : ".log under the checksum";
  }
  return ".log end";
}

// The bytes that may do harm unseen, and what limits it.
const std::map<std::string, std::string> kUndetectable{
    {".log base offset", "recovery and index must agree with it; offsets never go back"},
    {".log base offset, cut before it", "the end of the log must not lie below its recovery point"},
    {".timeindex timestamp, cut before it", "as above"},
    {".log leader epoch", "the leader's answers come from leader-epoch-checkpoint, not from it"},
    {".timeindex timestamp", "look-ups ask the batch; only the age of the segment is believed"},
    {"leader-epoch-checkpoint", "both columns rise, and are cut to the log's ends"},
    {"recovery-point-offset-checkpoint", "the end of the log must be whole batches all the same"},
    {"log-start-offset-checkpoint", "cut to the ends of the log; bytes are not touched"},
    {"partition.metadata", "the topic id must be one that the metadata knows"},
    {"meta.properties", "cluster and node must be the configured ones"},
};

bool was_written(const Picture::Record& record) {
  for (int i = 0; i < kBatches; ++i) {
    const auto timestamp = kFirstTimestamp + i * 10;
    if (record == Picture::Record{"key", "value " + std::to_string(i), timestamp} ||
        record == Picture::Record{"key", "second " + std::to_string(i), timestamp - 3}) {
      return true;
    }
  }
  return false;
}

struct Verdict {
  std::size_t detected = 0;
  std::size_t harmless = 0;
  std::size_t unseen = 0;
};

class Rot {
 public:
  explicit Rot(FileTree tree) : tree_(std::move(tree)), right_(picture_of(tree_)) {}

  void try_with(const std::string& path, std::string bytes, const std::string& field) {
    FileTree changed = tree_;
    changed[path] = std::move(bytes);
    Process process(write_tree(changed));
    process.run();
    for (const auto& [offset, record] : process.seen.records) {
      EXPECT_TRUE(was_written(record)) << path << " " << field << ": a changed record was served";
    }
    auto& verdict = verdicts_[field];
    if (process.complained) {
      ++verdict.detected;
    } else if (process.seen == right_) {
      ++verdict.harmless;
    } else {
      ++verdict.unseen;
      EXPECT_EQ(kUndetectable.count(field), 1u) << path << ": " << field << " did harm, unseen";
    }
  }

  void print(const std::string& title) const {
    std::cout << title << "\n  detected harmless unseen\n";
    for (const auto& [field, verdict] : verdicts_) {
      std::printf("  %8zu %8zu %6zu  %s", verdict.detected, verdict.harmless, verdict.unseen,
                  field.c_str());
      const auto limit = kUndetectable.find(field);
      const bool show = verdict.unseen > 0 && limit != kUndetectable.end();
      std::printf("%s\n", show ? (": " + limit->second).c_str() : "");
    }
  }

  const FileTree& tree() const { return tree_; }

 private:
  FileTree tree_;
  Picture right_;
  std::map<std::string, Verdict> verdicts_;
};

void flip_every_byte(Rot& rot) {
  std::size_t total = 0;
  for (const auto& [path, bytes] : rot.tree()) {
    total += bytes.size();
    for (std::size_t at = 0; at < bytes.size() && !::testing::Test::HasFailure(); ++at) {
      SCOPED_TRACE(path + " byte " + std::to_string(at));
      auto changed = bytes;
      changed[at] = static_cast<char>(changed[at] ^ (1 << (at * 5 % 8)));
      rot.try_with(path, std::move(changed), field_of(path, bytes, at));
    }
  }
  EXPECT_GT(total, 2000u);
  EXPECT_LT(total, 32u << 10);
}

void cut_at_every_length(Rot& rot) {
  for (const auto& [path, bytes] : rot.tree()) {
    for (std::size_t size = 0; size < bytes.size() && !::testing::Test::HasFailure(); ++size) {
      SCOPED_TRACE(path + " cut at " + std::to_string(size));
      const auto field = field_of(path, bytes, size);
      const bool whole = field != field_of(path, bytes, size == 0 ? 0 : size - 1) || size == 0;
      rot.try_with(path, bytes.substr(0, size),
                   whole ? field + ", cut before it" : field + ", cut in it");
    }
  }
}

FileTree unclean(FileTree tree) {
  tree.erase(".kafka_cleanshutdown");
  return tree;
}

TEST(BitRot, of_one_bit_after_a_clean_stop_is_found_or_harmless_or_in_the_table) {
  Rot rot(make_tree());
  flip_every_byte(rot);
  rot.print("One bit of every byte, after a clean stop:");
}

TEST(BitRot, of_one_bit_after_a_crash_is_found_or_harmless_or_in_the_table) {
  Rot rot(unclean(make_tree()));
  flip_every_byte(rot);
  rot.print("One bit of every byte, after a crash:");
}

TEST(BitRot, files_that_are_cut_short_are_found_or_harmless) {
  Rot rot(make_tree());
  cut_at_every_length(rot);
  rot.print("Every length, after a clean stop:");
  Rot crashed(unclean(make_tree()));
  cut_at_every_length(crashed);
  crashed.print("Every length, after a crash:");
}

}  // namespace
}  // namespace ottla::broker
