#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

#include "c/call.h"
#include "ottla/consumer_group.h"
#include "ottla/headers.h"
#include "ottla/result.h"

// Structs that say their own size: a program may have been compiled with fewer members than there
// are now, or with more.
namespace ottla::c {

// `given` over `otherwise`, as far as it goes. Errors: invalid_argument.
template <class T>
Result<T> read_sized(const T* given, T otherwise, std::string_view name, std::size_t least) {
  if (given == nullptr) return null_error(name);
  if (given->struct_size < least) {
    return Error(ErrorCode::invalid_argument,
                 std::string(name) + ".struct_size is " + std::to_string(given->struct_size) +
                     "; it must be the size of the struct, at least " + std::to_string(least));
  }
  std::memcpy(&otherwise, given, std::min(given->struct_size, sizeof(T)));
  return otherwise;
}

// `full` into `out`, as far as that goes. Errors: invalid_argument.
template <class T>
Result<void> write_sized(T full, T* out, std::string_view name, std::size_t least) {
  const auto checked = read_sized<T>(out, full, name, least);
  if (!checked) return checked.error();
  full.struct_size = out->struct_size;
  std::memcpy(out, &full, std::min(out->struct_size, sizeof(T)));
  return {};
}

// Kafka's null for NULL.
inline Result<BytesView> bytes_of(const void* data, std::size_t size, std::string_view name) {
  if (data == nullptr && size > 0) return null_error(name);
  return data == nullptr ? kNull : BytesView(static_cast<const char*>(data), size);
}

// Null for NULL.
inline const void* data_of(BytesView bytes) {
  return is_null(bytes) ? nullptr : bytes.data();
}

Result<CommittedOffsets> offsets_of(const ottla_offset* offsets, std::size_t count);
Result<std::vector<TopicPartition>> partitions_of(const ottla_topic_partition* partitions,
                                                  std::size_t count);

}  // namespace ottla::c
