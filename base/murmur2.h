#pragma once

#include <cstdint>

#include "ottla/bytes.h"

namespace ottla::base {

// The 32-bit MurmurHash2 that Java's producer hashes record keys with, seed included; the
// partition of a key is (murmur2(key) & 0x7fffffff) % partitions.
std::int32_t murmur2(BytesView bytes);

}  // namespace ottla::base
