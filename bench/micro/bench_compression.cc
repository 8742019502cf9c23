#include <benchmark/benchmark.h>

#include <string>

#include "protocol/compression/compression.h"

// A batch of 64 KiB of text-like records in each codec at its default level; rates count
// uncompressed bytes, `ratio` is compressed to uncompressed.
namespace {

using namespace ottla::protocol;  // NOLINT: a benchmark
using ottla::Compression;

std::string batch() {
  std::string made;
  std::uint64_t number = 1;
  while (made.size() < 64 << 10) {
    number = number * 6364136223846793005U + 1442695040888963407U;
    made += R"({"user":)" + std::to_string(number >> 50) + R"(,"page":"/products/)" +
            std::to_string(number >> 54) + R"(","ms":)" + std::to_string(number >> 57) + "}";
  }
  return made;
}

void finish(benchmark::State& state, const std::string& plain, const std::string& made) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(plain.size()));
  state.counters["ratio"] = static_cast<double>(made.size()) / static_cast<double>(plain.size());
  state.SetLabel(std::string(to_string(static_cast<Compression>(state.range(0)))));
}

void compress_batch(benchmark::State& state) {
  const auto codec = static_cast<Compression>(state.range(0));
  const auto plain = batch();
  std::string made;
  for (auto _ : state) compress(codec, default_level(codec), plain, made).value();
  finish(state, plain, made);
}
BENCHMARK(compress_batch)->DenseRange(1, 4);

void decompress_batch(benchmark::State& state) {
  const auto codec = static_cast<Compression>(state.range(0));
  const auto plain = batch();
  std::string made;
  compress(codec, default_level(codec), plain, made).value();
  for (auto _ : state) {
    std::string out;
    decompress(codec, made, plain.size(), out).value();
    benchmark::DoNotOptimize(out.data());
  }
  finish(state, plain, made);
}
BENCHMARK(decompress_batch)->DenseRange(1, 4);

}  // namespace
