#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string_view>

namespace ottla {

// How the records of a batch are compressed: `compression.type` of producers and topics. The
// numbers are those of the batch's attributes. Whole batches are compressed, so larger batches
// (`batch.size`, `linger.ms`) compress better; a batch that compression would not make smaller
// travels as it is.
enum class Compression : std::uint8_t {
  none = 0,
  gzip = 1,    // small, slow; levels 1 to 9, -1 means 6
  snappy = 2,  // fast; no levels
  lz4 = 3,     // fastest; levels 1 to 17, of which 9, the default, stands for the fast compressor
  zstd = 4,    // small and fast; levels -131072 to 22, default 3
};

// Kafka's name in configurations: "none", "gzip", "snappy", "lz4", "zstd".
std::string_view to_string(Compression compression);
std::ostream& operator<<(std::ostream& out, Compression compression);

// The reverse of to_string; nothing if there is no such codec.
std::optional<Compression> parse_compression(std::string_view name);

}  // namespace ottla
