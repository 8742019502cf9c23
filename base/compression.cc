#include "ottla/compression.h"

#include <array>
#include <cstddef>
#include <ostream>

namespace ottla {
namespace {

constexpr std::array<std::string_view, 5> kCodecNames = {"none", "gzip", "snappy", "lz4", "zstd"};

}  // namespace

std::string_view to_string(Compression compression) {
  return kCodecNames[static_cast<std::size_t>(compression)];
}

std::ostream& operator<<(std::ostream& out, Compression compression) {
  return out << to_string(compression);
}

std::optional<Compression> parse_compression(std::string_view name) {
  for (std::size_t i = 0; i < kCodecNames.size(); ++i) {
    if (kCodecNames[i] == name) return static_cast<Compression>(i);
  }
  return std::nullopt;
}

}  // namespace ottla
