#pragma once

#include <map>
#include <string>

#include "broker/log/log_types.h"
#include "ottla/bytes.h"
#include "ottla/result.h"
#include "ottla/types.h"

namespace ottla::broker {

inline constexpr std::string_view kRecoveryPointCheckpoint = "recovery-point-offset-checkpoint";
inline constexpr std::string_view kLogStartCheckpoint = "log-start-offset-checkpoint";
inline constexpr std::string_view kHighWatermarkCheckpoint = "replication-offset-checkpoint";
inline constexpr std::string_view kCleanerCheckpoint = "cleaner-offset-checkpoint";

// What a *-offset-checkpoint file holds: one offset per partition.
using OffsetCheckpoint = std::map<TopicPartition, Offset>;

// The text: "0", the number of lines that follow, and "topic partition offset" on each.
std::string offset_checkpoint_text(const OffsetCheckpoint& checkpoint);

// Error: corrupt_data with the line.
Result<OffsetCheckpoint> parse_offset_checkpoint(BytesView text);

}  // namespace ottla::broker
