#pragma once

#include <string>
#include <utility>

#include "base/assert.h"
#include "protocol/wire/codec.h"
#include "protocol/wire/decoder.h"

// What a .cc of protocol/messages includes to compile the visits of its messages:
// `template struct Codec<FetchRequest>;`.
namespace ottla::protocol {

// Unsupported_version, in the words of an API.
Error version_not_known(const Api& api, Side side, int version);

template <class M>
Result<EncodedFrame> Codec<M>::encode(const M& message, std::int16_t version, BytesView prefix) {
  if (!M::api.has_version(version)) return version_not_known(M::api, M::side, version);
  const bool flexible = M::api.flexible(version);
  SizeOf size(version, flexible, {});
  size.put(message);
  if (size.failure()) return size.failure().to_error(M::api, M::side, version);

  EncodedFrame frame;
  frame.bytes = base::SharedBuffer::allocate(prefix.size() + size.sink().bytes());
  BufferSink sink(frame.bytes.data(), frame.bytes.data(), frame.external);
  sink.raw(prefix);
  Encoder encoder(version, flexible, sink);
  encoder.put(message);
  OTTLA_ASSERT(encoder.sink().at() == frame.bytes.data() + frame.bytes.size(),
               "a message has the size that was measured");
  return frame;
}

template <class M>
Result<M> Codec<M>::decode(BytesView body, std::int16_t version) {
  if (!M::api.has_version(version)) return version_not_known(M::api, M::side, version);
  M message;
  Decoder<M> decoder(body, version);
  decoder.get(message);
  decoder.fail_if_bytes_are_left();
  if (decoder.failure()) return decoder.failure().to_error(M::api, M::side, version);
  return message;
}

}  // namespace ottla::protocol
