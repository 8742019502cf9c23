#pragma once

#include <cstdint>

namespace ottla::broker {

// Bits of Kafka's AclOperation numbers: what a principal may do. Without an authorizer that is
// everything that can be done to such a resource.
inline constexpr std::int32_t operation_bit(int operation) {
  return 1 << operation;
}

inline constexpr std::int32_t kRead = operation_bit(3);
inline constexpr std::int32_t kWrite = operation_bit(4);
inline constexpr std::int32_t kCreate = operation_bit(5);
inline constexpr std::int32_t kDelete = operation_bit(6);
inline constexpr std::int32_t kAlter = operation_bit(7);
inline constexpr std::int32_t kDescribe = operation_bit(8);
inline constexpr std::int32_t kClusterAction = operation_bit(9);
inline constexpr std::int32_t kDescribeConfigs = operation_bit(10);
inline constexpr std::int32_t kAlterConfigs = operation_bit(11);
inline constexpr std::int32_t kIdempotentWrite = operation_bit(12);

inline constexpr std::int32_t kAllTopicOperations =
    kRead | kWrite | kCreate | kDelete | kAlter | kDescribe | kDescribeConfigs | kAlterConfigs;
inline constexpr std::int32_t kAllGroupOperations =
    kRead | kDelete | kDescribe | kDescribeConfigs | kAlterConfigs;
inline constexpr std::int32_t kAllClusterOperations = kCreate | kAlter | kDescribe |
                                                      kClusterAction | kDescribeConfigs |
                                                      kAlterConfigs | kIdempotentWrite;

}  // namespace ottla::broker
