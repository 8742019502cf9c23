#pragma once

#include <cstdint>

#include "ottla/bytes.h"

namespace ottla::protocol {

// Record batches inside a message, one after the other, not looked into here. Decoding borrows
// them from the frame. Encoding writes `bytes`, followed by `external_size` bytes that are not in
// memory: their place is noted in EncodedFrame::external, so that a broker can send them straight
// from a file. They stay out of comparisons: what is decoded has none.
struct Records {
  BytesView bytes;
  std::uint64_t external_size = 0;

  bool operator==(const Records& other) const { return bytes == other.bytes; }
};

// A field of opaque bytes (a token, an assignment). Borrowed like the strings of a message.
struct OpaqueBytes {
  BytesView view;

  bool operator==(const OpaqueBytes&) const = default;
};

}  // namespace ottla::protocol
