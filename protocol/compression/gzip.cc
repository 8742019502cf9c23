#include <zlib.h>

#include <algorithm>
#include <limits>

#include "base/assert.h"
#include "protocol/compression/codecs.h"

namespace ottla::protocol::codecs {
namespace {

constexpr int kWindowBits = 15 + 16;  // 16 asks for gzip's header and trailer.
constexpr int kMemoryLevel = 8;

// zlib never writes through next_in.
Bytef* input(const char* bytes) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes));  // NOLINT
}

// A thread's compressor; setting one up costs more than compressing a small batch.
class Deflater {
 public:
  Deflater() = default;
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;
  ~Deflater() { end(); }

  z_stream& start(int level) {
    if (ready_ && level == level_) {
      deflateReset(&stream_);
      return stream_;
    }
    end();
    stream_ = {};
    const int status =
        deflateInit2(&stream_, level, Z_DEFLATED, kWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY);
    OTTLA_ASSERT(status == Z_OK, "zlib takes these parameters and there is memory");
    ready_ = true;
    level_ = level;
    return stream_;
  }

 private:
  void end() {
    if (ready_) deflateEnd(&stream_);
    ready_ = false;
  }

  z_stream stream_{};
  bool ready_ = false;
  int level_ = 0;
};

class Inflater {
 public:
  Inflater() {
    const int status = inflateInit2(&stream_, kWindowBits);
    OTTLA_ASSERT(status == Z_OK, "zlib takes these parameters and there is memory");
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream_); }

  z_stream& start() {
    inflateReset(&stream_);
    return stream_;
  }

 private:
  z_stream stream_{};
};

}  // namespace

Result<void> gzip_compress(int level, BytesView in, std::string& out) {
  static thread_local Deflater deflater;
  z_stream& stream = deflater.start(level);
  out.resize(deflateBound(&stream, static_cast<uLong>(in.size())));
  stream.next_in = input(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int status = deflate(&stream, Z_FINISH);
  OTTLA_ASSERT(status == Z_STREAM_END, "deflateBound is an upper bound");
  out.resize(stream.total_out);
  return {};
}

// A gzip stream is one member after another.
Result<void> gzip_decompress(BytesView in, std::size_t limit, std::string& out) {
  static thread_local Inflater inflater;
  z_stream& stream = inflater.start();
  BoundedOutput output(out, in.size(), limit);
  stream.next_in = input(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  char beyond = 0;  // Where a stream that has reached the limit may only write nothing.
  for (;;) {
    const bool full = output.room() == 0 && !output.grow();
    constexpr std::size_t kMost = std::numeric_limits<uInt>::max();
    const auto room = static_cast<uInt>(full ? 1 : std::min(output.room(), kMost));
    stream.next_out = reinterpret_cast<Bytef*>(full ? &beyond : output.at());
    stream.avail_out = room;
    const int status = inflate(&stream, Z_NO_FLUSH);
    const auto written = room - stream.avail_out;
    if (full && written > 0) return over_limit(Compression::gzip, limit);
    if (!full) output.advance(written);
    if (status == Z_STREAM_END) {
      if (stream.avail_in == 0) break;
      inflateReset(&stream);
    } else if (status == Z_BUF_ERROR || (status == Z_OK && written < room)) {
      return malformed(Compression::gzip, "it is cut short");
    } else if (status != Z_OK) {
      return malformed(Compression::gzip, stream.msg != nullptr ? stream.msg : "it is damaged");
    }
  }
  output.finish();
  return {};
}

}  // namespace ottla::protocol::codecs
