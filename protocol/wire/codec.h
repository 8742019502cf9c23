#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "ottla/result.h"
#include "protocol/wire/api.h"
#include "protocol/wire/writer.h"

namespace ottla::protocol {

// Requests and responses of protocol/messages.
template <class M>
concept Message = requires {
  { M::api } -> std::convertible_to<Api>;
  { M::side } -> std::convertible_to<Side>;
};

template <class M>
concept RequestMessage = Message<M> && M::side == Side::request;
template <class M>
concept ResponseMessage = Message<M> && M::side == Side::response;

// An encoded frame: `bytes`, into which the bytes of `external` belong at the places noted, in the
// order in which their `Records` fields stand in the message; most frames have none. The frame's
// own size field counts them in.
struct EncodedFrame {
  base::SharedBuffer bytes;
  std::vector<ExternalRecords> external;
};

// The visits of one message type, compiled once, in the .cc of its API (codec_impl.h).
template <class M>
struct Codec {
  // `prefix`, then the body. Fails with unsupported_version if the message cannot be said in this
  // version, and with message_too_large for a length that no frame can carry.
  static Result<EncodedFrame> encode(const M& message, std::int16_t version, BytesView prefix);
  static Result<M> decode(BytesView body, std::int16_t version);
};

// A message from the bytes of its body, all of which it must take. Strings and records borrow from
// `body`. Allocates at most 32 times the body, whatever it says. Fails with corrupt_data, or with
// unsupported_version outside the API's range; the text names API, version, field and byte.
template <Message M>
Result<M> decode(BytesView body, std::int16_t version) {
  return Codec<M>::decode(body, version);
}

// The body alone, without a header or a size.
template <Message M>
Result<EncodedFrame> encode_body(const M& message, std::int16_t version) {
  return Codec<M>::encode(message, version, {});
}

}  // namespace ottla::protocol
