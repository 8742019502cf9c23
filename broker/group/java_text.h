#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

// Texts as Java has them: numbers that clients and files of Apache Kafka depend on.
namespace ottla::broker {

// String.hashCode of a text in UTF-8; what is no UTF-8 counts as U+FFFD, byte by byte.
std::int32_t java_hash_code(std::string_view text);

// String.length: UTF-16 units.
std::size_t java_length(std::string_view text);

// The partition of an internal topic that holds a group or a transactional id. `partitions` > 0.
std::int32_t partition_by_java_hash(std::string_view key, std::int32_t partitions);

}  // namespace ottla::broker
