#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "ottla/bytes.h"
#include "ottla/compression.h"
#include "ottla/result.h"

// The codecs behind compression.h, one file each: arguments have been checked.
namespace ottla::protocol::codecs {

Result<void> gzip_compress(int level, BytesView in, std::string& out);
Result<void> gzip_decompress(BytesView in, std::size_t limit, std::string& out);

Result<void> snappy_compress(BytesView in, std::string& out);
Result<void> snappy_decompress(BytesView in, std::size_t limit, std::string& out);

Result<void> lz4_compress(int level, BytesView in, std::string& out);
Result<void> lz4_decompress(BytesView in, std::size_t limit, std::string& out);

Result<void> zstd_compress(int level, BytesView in, std::string& out);
Result<void> zstd_decompress(BytesView in, std::size_t limit, std::string& out);

Error malformed(Compression codec, std::string_view reason);
Error over_limit(Compression codec, std::size_t limit);

// Output that grows as it is filled and ends at a limit.
class BoundedOutput {
 public:
  // Starts with some bytes for each byte of input, as most batches need.
  BoundedOutput(std::string& out, std::size_t input_size, std::size_t limit);

  // Where to write, and how many bytes there are. Both are good until `advance`.
  char* at() { return out_.data() + used_; }
  std::size_t room() const { return out_.size() - used_; }
  void advance(std::size_t written) { used_ += written; }

  // Makes room for more; false if the limit is reached.
  bool grow();

  // Makes room for `size` bytes that are certain to come; false if they go beyond the limit.
  bool reserve(std::size_t size);

  // Cuts the output to what was written.
  void finish() { out_.resize(used_); }

 private:
  std::string& out_;
  std::size_t used_ = 0;
  std::size_t limit_;
};

}  // namespace ottla::protocol::codecs
