#pragma once

#include "ottla/bytes.h"

namespace ottla::base {

// Bytes as OpenSSL reads them.
inline const unsigned char* octets(BytesView bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace ottla::base
