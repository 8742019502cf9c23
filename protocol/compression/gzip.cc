#include <libdeflate.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/assert.h"
#include "protocol/compression/codecs.h"

namespace ottla::protocol::codecs {
namespace {

// Of zlib, which Kafka's level -1 means.
constexpr int kDefaultLevel = 6;

struct Free {
  void operator()(libdeflate_compressor* codec) const { libdeflate_free_compressor(codec); }
  void operator()(libdeflate_decompressor* codec) const { libdeflate_free_decompressor(codec); }
};

// A thread's compressor; setting one up costs more than compressing a small batch.
class Compressor {
 public:
  libdeflate_compressor* at(int level) {
    if (compressor_ == nullptr || level != level_) {
      compressor_.reset(libdeflate_alloc_compressor(level));
      OTTLA_ASSERT(compressor_ != nullptr, "libdeflate has this level and there is memory");
      level_ = level;
    }
    return compressor_.get();
  }

 private:
  std::unique_ptr<libdeflate_compressor, Free> compressor_;
  int level_ = 0;
};

// The size that the last member says it has, modulo 4 GiB; 0 if it says none that is likely.
std::size_t size_hint(BytesView in) {
  constexpr std::size_t least = 18;  // of a member's header and trailer
  constexpr std::size_t most_likely_ratio = 32;
  if (in.size() < least) return 0;
  std::uint32_t said = 0;  // little-endian, as is this machine
  std::memcpy(&said, in.data() + in.size() - sizeof said, sizeof said);
  return said <= in.size() * most_likely_ratio ? said : 0;
}

}  // namespace

Result<void> gzip_compress(int level, BytesView in, std::string& out) {
  static thread_local Compressor compressors;
  auto* const compressor = compressors.at(level < 0 ? kDefaultLevel : level);
  out.resize(libdeflate_gzip_compress_bound(compressor, in.size()));
  const auto size =
      libdeflate_gzip_compress(compressor, in.data(), in.size(), out.data(), out.size());
  OTTLA_ASSERT(size > 0, "the bound is one");
  out.resize(size);
  return {};
}

// A gzip stream is one member after another. A member that does not fit is read again from its
// beginning with twice the room.
Result<void> gzip_decompress(BytesView in, std::size_t limit, std::string& out) {
  static thread_local const std::unique_ptr<libdeflate_decompressor, Free> decompressor(
      libdeflate_alloc_decompressor());
  OTTLA_ASSERT(decompressor != nullptr, "there is memory");
  BoundedOutput output(out, in.size(), limit);
  output.reserve(std::min(size_hint(in), limit));
  do {
    std::size_t taken = 0;
    std::size_t written = 0;
    const auto status = libdeflate_gzip_decompress_ex(decompressor.get(), in.data(), in.size(),
                                                      output.at(), output.room(), &taken, &written);
    if (status == LIBDEFLATE_SUCCESS) {
      output.advance(written);
      in.remove_prefix(taken);
    } else if (status != LIBDEFLATE_INSUFFICIENT_SPACE) {
      return malformed(Compression::gzip, "it is damaged or cut short");
    } else if (!output.grow()) {
      return over_limit(Compression::gzip, limit);
    }
  } while (!in.empty());
  output.finish();
  return {};
}

}  // namespace ottla::protocol::codecs
