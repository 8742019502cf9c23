#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "base/crc32c.h"
#include "broker/log/unified_log.h"
#include "protocol/record/record_batch_builder.h"
#include "tests/unit/log/manual_loop.h"

// The way of a batch of 1 KiB records into the log, as far as the operating system's cache, and
// what no log can do without: a checksum and a write of the same bytes. Both write 512 MiB into a
// file and begin anew; files are made under $OTTLA_BENCH_DIR, else in /tmp.
namespace {

using namespace ottla;          // NOLINT: a benchmark
using namespace ottla::broker;  // NOLINT: a benchmark

constexpr std::int64_t kFileBytes = 512 << 20;

class Folder {
 public:
  Folder() {
    const char* parent = ::getenv("OTTLA_BENCH_DIR");
    path = std::string(parent == nullptr ? "/tmp" : parent) + "/ottla-bench-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) std::abort();
  }
  ~Folder() { std::filesystem::remove_all(path); }

  std::string path;
};

std::string make_batch(std::size_t bytes) {
  const std::string value(1024, 'v');
  auto builder = protocol::RecordBatchBuilder::growing();
  while (builder.size_if_appended(std::nullopt, value) <= bytes) {
    if (!builder.append(1'700'000'000'000, std::nullopt, value)) std::abort();
  }
  return std::string(builder.close_sealed());
}

struct LogInFolder {
  LogInFolder()
      : root(base::open_posix_directory(folder.path).value()),
        flush(loop, root, logger),
        log(new_log({{"topic", 0}, {1, 1}, root}, config()), {&loop, &flush, &open_logs, logger}) {}

  static LogConfig config() {
    LogConfig config;
    config.durability = Durability::os;
    config.max_message_bytes = 2 << 20;
    config.message_timestamp_after_max_ms = config.message_timestamp_before_max_ms;
    return config;
  }

  Folder folder;
  ManualLoop loop;
  base::Logger logger;
  std::shared_ptr<base::Directory> root;
  FlushScheduler flush;
  OpenLogs open_logs;
  UnifiedLog log;
};

void append(benchmark::State& state) {
  auto batch = make_batch(static_cast<std::size_t>(state.range(0)));
  std::optional<LogInFolder> log(std::in_place);
  std::int64_t written = 0;
  for (auto _ : state) {
    // The last append wrote its offsets into it.
    protocol::stamp_offsets(batch.data(), Offset(0), protocol::kNoLeaderEpoch);
    const auto appended = log->log.append_as_leader(batch, LeaderEpoch(1));
    if (!appended) return state.SkipWithError(appended.error().to_string().c_str());
    log->loop.run_tasks();
    written += static_cast<std::int64_t>(batch.size());
    if (written % kFileBytes < static_cast<std::int64_t>(batch.size())) {
      state.PauseTiming();
      log.emplace();
      state.ResumeTiming();
    }
  }
  state.SetBytesProcessed(written);
}
BENCHMARK(append)->Arg(1 << 20)->Arg(16 << 10);

void checksum_and_write(benchmark::State& state) {
  const auto batch = make_batch(static_cast<std::size_t>(state.range(0)));
  const Folder folder;
  const auto name = folder.path + "/file";
  const int file = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  std::int64_t written = 0;
  std::int64_t position = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(base::crc32c(batch));
    const iovec part{const_cast<char*>(batch.data()), batch.size()};
    if (::pwritev(file, &part, 1, position) < 0) return state.SkipWithError("write");
    written += static_cast<std::int64_t>(batch.size());
    position += static_cast<std::int64_t>(batch.size());
    if (position >= kFileBytes) {
      state.PauseTiming();
      if (::ftruncate(file, 0) != 0) return state.SkipWithError("truncate");
      position = 0;
      state.ResumeTiming();
    }
  }
  ::close(file);
  state.SetBytesProcessed(written);
}
BENCHMARK(checksum_and_write)->Arg(1 << 20)->Arg(16 << 10);

}  // namespace
