#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <memory>

#include "base/assert.h"
#include "protocol/compression/codecs.h"

namespace ottla::protocol::codecs {
namespace {

// High levels need far more; a thread gives that back.
constexpr std::size_t kMaxKeptContext = std::size_t{4} << 20;

struct FreeZstd {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

bool too_small(std::size_t status) {
  return ZSTD_isError(status) != 0 && ZSTD_getErrorCode(status) == ZSTD_error_dstSize_tooSmall;
}

}  // namespace

Result<void> zstd_compress(int level, BytesView in, std::string& out) {
  static thread_local std::unique_ptr<ZSTD_CCtx, FreeZstd> context;
  if (!context) context.reset(ZSTD_createCCtx());
  OTTLA_ASSERT(context, "there is memory for a compressor");
  out.resize(ZSTD_compressBound(in.size()));
  const auto size =
      ZSTD_compressCCtx(context.get(), out.data(), out.size(), in.data(), in.size(), level);
  if (ZSTD_sizeof_CCtx(context.get()) > kMaxKeptContext) context.reset();
  if (ZSTD_isError(size) != 0) {
    return Error(ErrorCode::buffer_exhausted,
                 std::string("zstd cannot compress: ") + ZSTD_getErrorName(size));
  }
  out.resize(size);
  return {};
}

// Whole frames are decompressed at once, since the output is then the window as well: the
// streaming interface would set aside whatever window a frame header names. What the header says
// of the size is believed up to eight times the input. When the room turns out too small, it starts
// again with four times as much, which costs a third more in the worst case. Frames may follow one
// another.
Result<void> zstd_decompress(BytesView in, std::size_t limit, std::string& out) {
  static thread_local std::unique_ptr<ZSTD_DCtx, FreeZstd> context;
  if (!context) context.reset(ZSTD_createDCtx());
  OTTLA_ASSERT(context, "there is memory for a decompressor");
  if (in.empty()) return malformed(Compression::zstd, "there is none");
  const std::size_t most_believed = 8 * in.size() + 256;
  const auto named = ZSTD_getFrameContentSize(in.data(), in.size());
  auto room = static_cast<std::size_t>(std::min<unsigned long long>(named, most_believed));
  for (;; room = std::max(4 * room, most_believed)) {
    out.resize(std::min(room, limit));
    const auto size =
        ZSTD_decompressDCtx(context.get(), out.data(), out.size(), in.data(), in.size());
    if (too_small(size)) {
      if (room >= limit) return over_limit(Compression::zstd, limit);
      continue;
    }
    if (ZSTD_isError(size) != 0) return malformed(Compression::zstd, ZSTD_getErrorName(size));
    out.resize(size);
    return {};
  }
}

}  // namespace ottla::protocol::codecs
