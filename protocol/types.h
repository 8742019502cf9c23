#pragma once

#include <cstdint>
#include <limits>

#include "base/strong.h"

// The numbers of Kafka's protocol that have a meaning of their own.
namespace ottla::protocol {

// The place of a record in its partition.
using Offset = base::Strong<std::int64_t, struct OffsetTag>;
// Counts the leaders a partition has had; -1: not known.
using LeaderEpoch = base::Strong<std::int32_t, struct LeaderEpochTag>;
// Names an idempotent producer; -1: none.
using ProducerId = base::Strong<std::int64_t, struct ProducerIdTag>;
// Counts the incarnations of a producer id; -1: none.
using ProducerEpoch = base::Strong<std::int16_t, struct ProducerEpochTag>;
// Numbers the records of a producer epoch in a partition, from 0, wrapping at 2^31; -1: none.
using Sequence = base::Strong<std::int32_t, struct SequenceTag>;
using BrokerId = base::Strong<std::int32_t, struct BrokerIdTag>;
// Counts the rebalances of a group; -1: none.
using GenerationId = base::Strong<std::int32_t, struct GenerationIdTag>;

enum class IsolationLevel : std::int8_t { read_uncommitted = 0, read_committed = 1 };

inline constexpr Offset kNoOffset{-1};
inline constexpr LeaderEpoch kNoLeaderEpoch{-1};
inline constexpr ProducerId kNoProducerId{-1};
inline constexpr ProducerEpoch kNoProducerEpoch{-1};
inline constexpr Sequence kNoSequence{-1};
inline constexpr BrokerId kNoBroker{-1};
inline constexpr GenerationId kNoGeneration{-1};

// What a bit field of authorized operations holds if nobody asked for it.
inline constexpr std::int32_t kNoAuthorizedOperations = std::numeric_limits<std::int32_t>::min();

}  // namespace ottla::protocol
