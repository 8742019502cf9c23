#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/endian.h"
#include "ottla/bytes.h"
#include "ottla/result.h"
#include "protocol/wire/codec_impl.h"

// For .cc files: bodies behind two bytes that say which version, or which type, they are. Records
// of internal topics and what members of groups tell each other are of this kind.
namespace ottla::protocol {

inline constexpr std::size_t kPrefixSize = sizeof(std::int16_t);

struct Prefixed {
  std::int16_t prefix = 0;
  BytesView body;
};

inline Result<Prefixed> split_prefix(BytesView bytes, std::string_view what) {
  if (bytes.size() < kPrefixSize) {
    return Error(ErrorCode::corrupt_data, std::string(what) + ": ends within its first two bytes");
  }
  return Prefixed{base::load_be<std::int16_t>(bytes.data()), bytes.substr(kPrefixSize)};
}

template <class M>
Result<std::string> encode_prefixed(const M& message, std::int16_t version, std::int16_t prefix) {
  char head[kPrefixSize];
  base::store_be(head, prefix);
  auto encoded = Codec<M>::encode(message, version, BytesView(head, kPrefixSize));
  if (!encoded) return encoded.error();
  return std::string(encoded->bytes.view());
}

}  // namespace ottla::protocol
