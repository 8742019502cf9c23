#include <lz4frame.h>
#include <lz4hc.h>

#include <algorithm>
#include <memory>

#include "base/assert.h"
#include "protocol/compression/codecs.h"

namespace ottla::protocol::codecs {
namespace {

struct FreeLz4 {
  void operator()(LZ4F_dctx* context) const { LZ4F_freeDecompressionContext(context); }
};
using Context = std::unique_ptr<LZ4F_dctx, FreeLz4>;

Context make_context() {
  LZ4F_dctx* context = nullptr;
  const auto status = LZ4F_createDecompressionContext(&context, LZ4F_VERSION);
  OTTLA_ASSERT(!LZ4F_isError(status), "there is memory for a small context");
  return Context(context);
}

// Kafka's level 9 is its default and names the fast compressor, all others the slow one.
int library_level(int level) {
  return level == 9 ? 0 : std::max(level, LZ4HC_CLEVEL_MIN);
}

}  // namespace

Result<void> lz4_compress(int level, BytesView in, std::string& out) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.blockSizeID = LZ4F_max64KB;
  preferences.frameInfo.blockMode = LZ4F_blockIndependent;
  preferences.compressionLevel = library_level(level);
  out.resize(LZ4F_compressFrameBound(in.size(), &preferences));
  const auto size = LZ4F_compressFrame(out.data(), out.size(), in.data(), in.size(), &preferences);
  OTTLA_ASSERT(!LZ4F_isError(size), "LZ4F_compressFrameBound is an upper bound");
  out.resize(size);
  return {};
}

// Not one context a thread: a context keeps buffers as large as the largest frame header asked
// for. Frames may follow one another.
Result<void> lz4_decompress(BytesView in, std::size_t limit, std::string& out) {
  const auto context = make_context();
  BoundedOutput output(out, in.size(), limit);
  char beyond = 0;  // Where a frame that has reached the limit may only write nothing.
  std::size_t wanted = 1;
  while (!in.empty() || wanted != 0) {
    const bool full = output.room() == 0 && !output.grow();
    std::size_t written = full ? 1 : output.room();
    const auto room = written;
    std::size_t read = in.size();
    wanted = LZ4F_decompress(context.get(), full ? &beyond : output.at(), &written, in.data(),
                             &read, nullptr);
    if (LZ4F_isError(wanted)) return malformed(Compression::lz4, LZ4F_getErrorName(wanted));
    if (full && written > 0) return over_limit(Compression::lz4, limit);
    if (!full) output.advance(written);
    in.remove_prefix(read);
    if (wanted != 0 && in.empty() && written < room) {
      return malformed(Compression::lz4, "it is cut short");
    }
  }
  output.finish();
  return {};
}

}  // namespace ottla::protocol::codecs
