#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Orders that the Java client's answers hang on, for texts in UTF-8.
namespace ottla::client {

// String.hashCode(); what is not UTF-8 counts as U+FFFD.
std::int32_t java_hash(std::string_view text);

// String.compareTo() < 0: by UTF-16 code units, which differs from bytes beyond U+FFFF.
bool java_less(std::string_view left, std::string_view right);

// The places of `keys` in the order in which a HashMap<String, ...> that they were put into one
// after the other is iterated: by bucket, and within a bucket as they came.
std::vector<std::size_t> java_hash_map_order(const std::vector<std::string_view>& keys);

}  // namespace ottla::client
