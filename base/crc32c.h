#pragma once

#include <cstddef>
#include <cstdint>

#include "ottla/bytes.h"

namespace ottla::base {

// CRC-32C (Castagnoli), the checksum of Kafka's record batches. Runs at about the speed of memory
// where the processor has instructions for it (SSE 4.2, PCLMUL), and at half a byte a cycle
// elsewhere.
std::uint32_t crc32c(BytesView bytes);

// The checksum of A followed by `bytes`, given that of A:
// crc32c_extend(crc32c(a), b) == crc32c(a + b).
std::uint32_t crc32c_extend(std::uint32_t crc, BytesView bytes);

// The checksum of A followed by B, given those of both and the size of B: some hundred nanoseconds,
// whatever the size. crc32c_join(crc32c(a), crc32c(b), b.size()) == crc32c(a + b).
std::uint32_t crc32c_join(std::uint32_t first, std::uint32_t second, std::size_t second_size);

namespace detail {
// The same by tables alone, whatever the processor offers.
std::uint32_t crc32c_extend_by_table(std::uint32_t crc, BytesView bytes);
}  // namespace detail

}  // namespace ottla::base
