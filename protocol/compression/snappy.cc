#include <snappy.h>

#include <algorithm>

#include "base/endian.h"
#include "protocol/compression/codecs.h"

namespace ottla::protocol::codecs {
namespace {

// The framing of the Java library: this, then blocks, each after its length.
constexpr BytesView kMagic("\x82SNAPPY\0", 8);
constexpr std::size_t kHeaderSize = 16;
constexpr std::int32_t kVersion = 1;
constexpr std::size_t kBlockSize = 32 * 1024;
// The densest element makes 64 bytes of 3.
constexpr std::size_t kMaxRatio = 22;

Result<void> append_block(BytesView block, std::size_t limit, BoundedOutput& output) {
  std::size_t size = 0;
  if (!snappy::GetUncompressedLength(block.data(), block.size(), &size)) {
    return malformed(Compression::snappy, "a block does not state its length");
  }
  if (size > kMaxRatio * block.size()) {
    return malformed(Compression::snappy, "a block states a length that it cannot have");
  }
  if (!output.reserve(size)) return over_limit(Compression::snappy, limit);
  if (!snappy::RawUncompress(block.data(), block.size(), output.at())) {
    return malformed(Compression::snappy, "a block is damaged");
  }
  output.advance(size);
  return {};
}

// Streams may follow one another, each with its header.
Result<void> append_framed(BytesView in, std::size_t limit, BoundedOutput& output) {
  while (!in.empty()) {
    if (in.starts_with(kMagic)) {
      if (in.size() < kHeaderSize) return malformed(Compression::snappy, "its header is cut short");
      in.remove_prefix(kHeaderSize);
      continue;
    }
    if (in.size() < 4) return malformed(Compression::snappy, "a block length is cut short");
    const auto length = base::load_be<std::int32_t>(in.data());
    in.remove_prefix(4);
    if (length < 0 || static_cast<std::size_t>(length) > in.size()) {
      return malformed(Compression::snappy, "a block is longer than the data");
    }
    const auto size = static_cast<std::size_t>(length);
    if (auto appended = append_block(in.substr(0, size), limit, output); !appended) {
      return appended;
    }
    in.remove_prefix(size);
  }
  return {};
}

}  // namespace

Result<void> snappy_compress(BytesView in, std::string& out) {
  const auto blocks = (in.size() + kBlockSize - 1) / kBlockSize;
  out.resize(kHeaderSize + blocks * (4 + snappy::MaxCompressedLength(kBlockSize)));
  char* at = std::copy(kMagic.begin(), kMagic.end(), out.data());
  base::store_be(at, kVersion);
  base::store_be(at + 4, kVersion);
  at += 8;
  while (!in.empty()) {
    const auto block = in.substr(0, kBlockSize);
    std::size_t size = 0;
    snappy::RawCompress(block.data(), block.size(), at + 4, &size);
    base::store_be(at, static_cast<std::int32_t>(size));
    at += 4 + size;
    in.remove_prefix(block.size());
  }
  out.resize(static_cast<std::size_t>(at - out.data()));
  return {};
}

Result<void> snappy_decompress(BytesView in, std::size_t limit, std::string& out) {
  BoundedOutput output(out, in.size(), limit);
  auto done =
      in.starts_with(kMagic) ? append_framed(in, limit, output) : append_block(in, limit, output);
  output.finish();
  return done;
}

}  // namespace ottla::protocol::codecs
