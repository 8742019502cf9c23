#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "broker/log/unified_log.h"
#include "protocol/record/record_batch_builder.h"
#include "protocol/record/record_reader.h"
#include "tests/unit/log/manual_loop.h"

namespace ottla::broker {

inline constexpr protocol::Uuid kTopicId{0x1122334455667788, 0x99aabbccddeeff00};

struct TestRecord {
  std::string value;
  WallMillis timestamp = 1'700'000'000'000;
  std::optional<std::string> key = "key";
};

inline std::string batch_of(const std::vector<TestRecord>& records,
                            const protocol::ProducerState& producer = {},
                            bool transactional = false) {
  auto builder = protocol::RecordBatchBuilder::growing();
  for (const auto& record : records) {
    std::optional<BytesView> key;
    if (record.key) key = *record.key;
    EXPECT_TRUE(builder.append(record.timestamp, key, BytesView(record.value)));
  }
  return std::string(builder.close_sealed(producer, transactional));
}

inline std::string make_batch(const std::string& value) {
  return batch_of(std::vector<TestRecord>{TestRecord{value}});
}

inline protocol::ProducerState producer(std::int64_t id, std::int16_t epoch,
                                        std::int32_t sequence) {
  return {ProducerId(id), ProducerEpoch(epoch), Sequence(sequence)};
}

// Lines that the log wrote, for tests that want to see them.
struct LogLines {
  base::Logger logger() {
    return base::Logger(
        [this](LogLevel, std::string_view, std::string_view line) { lines.emplace_back(line); },
        LogLevel::debug, "log");
  }
  bool mention(std::string_view text) const {
    for (const auto& line : lines) {
      if (line.find(text) != std::string::npos) return true;
    }
    return false;
  }
  std::vector<std::string> lines;
};

// One log in a directory, opened, crashed and opened again.
class LogFixture {
 public:
  explicit LogFixture(std::shared_ptr<base::Directory> at = base::make_memory_directory())
      : root(std::move(at)) {
    flush = std::make_unique<FlushScheduler>(loop, this->root, lines.logger());
  }

  LogLocation location() const { return {{"topic", 0}, kTopicId, root}; }

  void create() {
    log = std::make_unique<UnifiedLog>(
        new_log(location(), config),
        LogEnvironment{&loop, flush.get(), &open_logs, lines.logger()});
  }

  // Opens what is in the directory.
  Result<void> open(bool clean, Offset recovery_point = Offset(0), Offset log_start = Offset(0)) {
    LoadRequest request{location(), config,          log_start, recovery_point,
                        clean,      loop.wall_now(), loop.now()};
    auto loaded = load_log(request, lines.logger());
    if (!loaded) return loaded.error();
    log = std::make_unique<UnifiedLog>(
        std::move(*loaded), LogEnvironment{&loop, flush.get(), &open_logs, lines.logger()});
    return {};
  }

  // The process ends without a word; what it wrote is in the files.
  void crash() {
    loop.drop_everything();
    log.reset();
    flush.reset();
    loop.drop_everything();
    flush = std::make_unique<FlushScheduler>(loop, root, lines.logger());
  }

  Result<void> close() {
    Result<void> result = ErrorCode::timed_out;
    log->close([&](Result<void> done) { result = done; });
    loop.run();
    return result;
  }

  Result<AppendInfo> append(std::string batch, LeaderEpoch epoch = LeaderEpoch(1),
                            AppendOrigin origin = AppendOrigin::client) {
    return log->append_as_leader(batch, epoch, origin);
  }

  // Reads, by a worker if the loop may not.
  static Result<LogRead> read_from(ManualLoop& loop, UnifiedLog& log, Offset from, Offset bound,
                                   std::size_t max_bytes, bool at_least_one) {
    const ReadRequest request{from, bound, max_bytes, at_least_one, true};
    auto read = log.read(request);
    if (read || read.error().code() != ErrorCode::would_block) return read;
    std::optional<Result<LogRead>> answer;
    log.read_on_worker(request, [&](Result<LogRead> found) { answer = std::move(found); });
    loop.run();
    EXPECT_TRUE(answer.has_value());
    return *answer;
  }

  Result<LogRead> read(Offset from, Offset bound = kNoBound, std::size_t max_bytes = 1 << 20,
                       bool at_least_one = true) {
    return read_from(loop, *log, from, bound, max_bytes, at_least_one);
  }

  static std::string bytes_of(const LogRead& read) {
    std::string bytes;
    for (const auto& range : read.ranges) {
      std::string part(range.length, '\0');
      auto count = range.file->read_at(range.position, part);
      EXPECT_TRUE(count && *count == range.length);
      bytes += part;
    }
    EXPECT_EQ(bytes.size(), read.size);
    return bytes;
  }

  // Every value from `from` to `bound`, each batch's checksum checked, and its offsets.
  std::vector<std::pair<std::int64_t, std::string>> values(Offset from, Offset bound = kNoBound) {
    std::vector<std::pair<std::int64_t, std::string>> found;
    for (;;) {
      auto read = this->read(from, bound, 64 << 10);
      EXPECT_TRUE(read) << read.error();
      if (!read || read->size == 0) return found;
      const auto bytes = bytes_of(*read);
      protocol::BatchIterator batches(bytes);
      for (protocol::RecordBatchView batch; batches.next(batch);) {
        EXPECT_TRUE(batch.verify_crc());
        protocol::RecordReader reader(batch, batch.records());
        for (protocol::RecordView record; reader.next(record);) {
          if (record.offset >= from) {
            found.emplace_back(record.offset.value, std::string(record.value.value_or("")));
          }
        }
        from = batch.next_offset();
      }
      EXPECT_TRUE(batches.status());
      EXPECT_FALSE(batches.truncated());
    }
  }

  std::shared_ptr<base::Directory> partition_directory() {
    auto opened = root->open_directory("topic-0");
    EXPECT_TRUE(opened);
    return std::move(*opened);
  }

  LogLines lines;
  ManualLoop loop;
  std::shared_ptr<base::Directory> root;
  LogConfig config;
  std::unique_ptr<FlushScheduler> flush;
  OpenLogs open_logs;
  std::unique_ptr<UnifiedLog> log;
};

}  // namespace ottla::broker
