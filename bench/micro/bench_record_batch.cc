#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "protocol/record/record_batch_builder.h"
#include "protocol/record/record_reader.h"
#include "protocol/record/record_validation.h"

// What a record costs in nanoseconds on its way through a batch; the argument is the size of its
// value. Keys have 8 bytes. Batches have the producer's 16 KiB, or ten records if that is more.
namespace {

using namespace ottla::protocol;  // NOLINT: a benchmark

constexpr std::int64_t kTimestamp = 1'700'000'000'000;
constexpr std::string_view kKey = "key-1234";

struct Batch {
  explicit Batch(std::size_t value_size)
      : value(value_size, 'v'), memory(std::max<std::size_t>(16 << 10, 10 * (value_size + 40))) {}

  std::string value;
  std::vector<char> memory;

  RecordBatchBuilder fill() {
    auto builder = RecordBatchBuilder::over(memory);
    for (std::int64_t now = kTimestamp; builder.append(now, kKey, value);) ++now;
    return builder;
  }
};

void per_record(benchmark::State& state, std::int64_t records) {
  state.SetItemsProcessed(records);
  state.counters["time_per_record"] = benchmark::Counter(
      static_cast<double>(records), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void append(benchmark::State& state) {
  Batch batch(static_cast<std::size_t>(state.range(0)));
  std::int64_t records = 0;
  for (auto _ : state) records += batch.fill().record_count();
  per_record(state, records);
}
BENCHMARK(append)->Arg(10)->Arg(100)->Arg(1000);

void append_with_two_headers(benchmark::State& state) {
  Batch batch(static_cast<std::size_t>(state.range(0)));
  const RecordHeader headers[] = {{"trace", "0123456789abcdef"}, {"tenant", "acme"}};
  std::int64_t records = 0;
  for (auto _ : state) {
    auto builder = RecordBatchBuilder::over(batch.memory);
    while (builder.append(kTimestamp, kKey, batch.value, headers)) {
    }
    records += builder.record_count();
  }
  per_record(state, records);
}
BENCHMARK(append_with_two_headers)->Arg(100);

// Header, producer state and checksum of a full batch.
void close_and_seal(benchmark::State& state) {
  Batch batch(static_cast<std::size_t>(state.range(0)));
  auto builder = batch.fill();
  for (auto _ : state) {
    benchmark::DoNotOptimize(builder.close_sealed({ProducerId(1), ProducerEpoch(0), Sequence(0)}));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(builder.size_in_bytes()));
}
BENCHMARK(close_and_seal)->Arg(100);

// What a broker does with a produced batch: checksum, header, one walk over the records.
void validate(benchmark::State& state) {
  Batch batch(static_cast<std::size_t>(state.range(0)));
  auto builder = batch.fill();
  const auto bytes = builder.close_sealed();
  std::int64_t records = 0;
  for (auto _ : state) {
    const auto view = RecordBatchView::parse(bytes).value();
    const bool good = view.verify_crc() && validate_produced_header(view) &&
                      validate_records(view, view.records());
    if (!good) return state.SkipWithError("the batch is refused");
    records += view.record_count();
  }
  per_record(state, records);
}
BENCHMARK(validate)->Arg(10)->Arg(100)->Arg(1000);

void read(benchmark::State& state) {
  Batch batch(static_cast<std::size_t>(state.range(0)));
  auto builder = batch.fill();
  const auto view = RecordBatchView::parse(builder.close_sealed()).value();
  std::int64_t records = 0;
  for (auto _ : state) {
    RecordReader reader(view, view.records());
    RecordView record;
    while (reader.next(record)) benchmark::DoNotOptimize(record);
    records += view.record_count();
  }
  per_record(state, records);
}
BENCHMARK(read)->Arg(10)->Arg(100);

}  // namespace
