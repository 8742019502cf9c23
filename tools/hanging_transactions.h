#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ottla/admin.h"

namespace ottla::tools {

// A transaction that is open in a partition.
struct OpenTransaction {
  TopicPartition partition;
  ProducerState producer;
};

// Where to look for hanging ones.
struct SearchScope {
  std::optional<std::int32_t> broker;     // on its replicas, and as it sees them
  std::optional<std::string> topic;       // none: in all, Kafka's own too
  std::optional<std::int32_t> partition;  // of the topic; none: in all
  // What a transaction that is younger has still before it is not looked at.
  std::chrono::milliseconds longest_timeout{};
};

// Those that are open for longer than the scope says though the coordinator does not have the
// partition in the producer's transaction, or does not know the producer: nobody will end them.
// Sorted by partition. Error: the first that a call gives, saying which.
Result<std::vector<OpenTransaction>> find_hanging(Admin& admin, const SearchScope& scope);

}  // namespace ottla::tools
