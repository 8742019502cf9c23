#pragma once

#include <cstdint>

namespace ottla {

// How the records of a batch are compressed. The numbers are those of the batch's attributes.
enum class Compression : std::uint8_t {
  none = 0,
  gzip = 1,
  snappy = 2,
  lz4 = 3,
  zstd = 4,
};

}  // namespace ottla
