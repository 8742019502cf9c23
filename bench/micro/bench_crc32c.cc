#include <benchmark/benchmark.h>

#include <cstring>
#include <string>

#include "base/crc32c.h"

// CRC-32C beside what memory itself can do, at the sizes of small to full batches and of a segment.
namespace {

void sizes(benchmark::internal::Benchmark* bench) {
  for (const std::int64_t size : {100, 1 << 10, 16 << 10, 1 << 20, 64 << 20}) bench->Arg(size);
}

void count(benchmark::State& state) {
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void crc32c(benchmark::State& state) {
  const std::string bytes(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(ottla::base::crc32c(bytes));
  count(state);
}
BENCHMARK(crc32c)->Apply(sizes);

void crc32c_by_table(benchmark::State& state) {
  const std::string bytes(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) {
    benchmark::DoNotOptimize(ottla::base::detail::crc32c_extend_by_table(0, bytes));
  }
  count(state);
}
BENCHMARK(crc32c_by_table)->Apply(sizes);

void memcpy_same_size(benchmark::State& state) {
  const std::string bytes(static_cast<std::size_t>(state.range(0)), 'x');
  std::string to(bytes.size(), '\0');
  for (auto _ : state) {
    std::memcpy(to.data(), bytes.data(), bytes.size());
    benchmark::ClobberMemory();
  }
  count(state);
}
BENCHMARK(memcpy_same_size)->Apply(sizes);

}  // namespace
