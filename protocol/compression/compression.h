#pragma once

#include <cstddef>
#include <string>

#include "ottla/bytes.h"
#include "ottla/compression.h"
#include "ottla/result.h"

// The codecs of record batches, whole blocks at a time. What is written is what Kafka's own
// clients write; what is read is everything that they and others write. Any thread; where it pays,
// a thread keeps its compressor's state between calls (at most some MiB).
namespace ottla::protocol {

// The level of Kafka's defaults: gzip -1, lz4 9, zstd 3; 0 for those without levels.
int default_level(Compression codec);

// Whether the codec knows the level; invalid_argument, naming the range, if not. Codecs without
// levels take any.
Result<void> check_level(Compression codec, int level);

// Replaces `out` by the compressed form of `in`, which is less than 2 GiB. `in` and `out` do not
// overlap. `Compression::none` copies. Errors: invalid_argument (level, size).
Result<void> compress(Compression codec, int level, BytesView in, std::string& out);

// Replaces `out` by what `in` was compressed from. Safe for any input: no more than `limit` bytes
// are produced, and memory grows with what is produced (at most fourfold) or with `in`, never with
// what a header promises. Errors: corrupt_message (malformed, cut short, bytes left over);
// message_too_large (more than `limit` bytes). After an error the contents of `out` are
// unspecified.
Result<void> decompress(Compression codec, BytesView in, std::size_t limit, std::string& out);

}  // namespace ottla::protocol
