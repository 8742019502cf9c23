#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/assignor.h"

// Kafka's assignors behind the factories of ottla/assignor.h.
namespace ottla::client {

std::unique_ptr<ConsumerPartitionAssignor> make_range_assignor();
std::unique_ptr<ConsumerPartitionAssignor> make_round_robin_assignor();
std::unique_ptr<ConsumerPartitionAssignor> make_sticky_assignor();
std::unique_ptr<ConsumerPartitionAssignor> make_cooperative_sticky_assignor();

}  // namespace ottla::client
