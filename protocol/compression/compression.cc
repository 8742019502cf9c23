#include "protocol/compression/compression.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "protocol/compression/codecs.h"

namespace ottla::protocol {
namespace {

constexpr std::size_t kMaxInput = std::numeric_limits<std::int32_t>::max();

struct LevelRange {
  int min;
  int max;
  int standard;
};

// Kafka's compression.{gzip,lz4,zstd}.level.
constexpr LevelRange kGzipLevels{1, 9, -1};
constexpr LevelRange kLz4Levels{1, 17, 9};
constexpr LevelRange kZstdLevels{-131072, 22, 3};
constexpr LevelRange kNoLevels{std::numeric_limits<int>::min(), std::numeric_limits<int>::max(), 0};

constexpr LevelRange levels_of(Compression codec) {
  switch (codec) {
    case Compression::gzip:
      return kGzipLevels;
    case Compression::lz4:
      return kLz4Levels;
    case Compression::zstd:
      return kZstdLevels;
    case Compression::none:
    case Compression::snappy:
      break;
  }
  return kNoLevels;
}

}  // namespace

int default_level(Compression codec) {
  return levels_of(codec).standard;
}

Result<void> check_level(Compression codec, int level) {
  const auto range = levels_of(codec);
  if (level == range.standard || (level >= range.min && level <= range.max)) return {};
  return Error(ErrorCode::invalid_argument,
               std::string(to_string(codec)) + " has no compression level " +
                   std::to_string(level) + "; use " + std::to_string(range.min) + " to " +
                   std::to_string(range.max) + ", or " + std::to_string(range.standard) +
                   " for the default");
}

Result<void> compress(Compression codec, int level, BytesView in, std::string& out) {
  if (auto checked = check_level(codec, level); !checked) return checked;
  if (in.size() > kMaxInput) {
    return Error(ErrorCode::invalid_argument, "more than 2 GiB cannot be compressed at once");
  }
  switch (codec) {
    case Compression::gzip:
      return codecs::gzip_compress(level, in, out);
    case Compression::snappy:
      return codecs::snappy_compress(in, out);
    case Compression::lz4:
      return codecs::lz4_compress(level, in, out);
    case Compression::zstd:
      return codecs::zstd_compress(level, in, out);
    case Compression::none:
      break;
  }
  out.assign(in);
  return {};
}

Result<void> decompress(Compression codec, BytesView in, std::size_t limit, std::string& out) {
  if (in.size() > kMaxInput) return codecs::malformed(codec, "it has more than 2 GiB");
  switch (codec) {
    case Compression::gzip:
      return codecs::gzip_decompress(in, limit, out);
    case Compression::snappy:
      return codecs::snappy_decompress(in, limit, out);
    case Compression::lz4:
      return codecs::lz4_decompress(in, limit, out);
    case Compression::zstd:
      return codecs::zstd_decompress(in, limit, out);
    case Compression::none:
      break;
  }
  if (in.size() > limit) return codecs::over_limit(codec, limit);
  out.assign(in);
  return {};
}

namespace codecs {

Error malformed(Compression codec, std::string_view reason) {
  return Error(ErrorCode::corrupt_message,
               "the " + std::string(to_string(codec)) +
                   " data cannot be decompressed: " + std::string(reason));
}

Error over_limit(Compression codec, std::size_t limit) {
  return Error(ErrorCode::message_too_large,
               "the " + std::string(to_string(codec)) + " data holds more than the " +
                   std::to_string(limit) + " bytes allowed once decompressed");
}

BoundedOutput::BoundedOutput(std::string& out, std::size_t input_size, std::size_t limit)
    : out_(out), limit_(limit) {
  out_.resize(std::min(limit, 4 * input_size + 256));
}

bool BoundedOutput::grow() {
  if (out_.size() >= limit_) return false;
  out_.resize(std::min(limit_, std::max<std::size_t>(2 * out_.size(), 1024)));
  return true;
}

bool BoundedOutput::reserve(std::size_t size) {
  if (size > limit_ - used_) return false;
  if (size > room()) out_.resize(std::min(limit_, std::max(2 * out_.size(), used_ + size)));
  return true;
}

}  // namespace codecs
}  // namespace ottla::protocol
