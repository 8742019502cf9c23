#pragma once

#include <cstdint>
#include <string>

#include "base/task.h"
#include "broker/group/group_replay.h"
#include "broker/replica/state_log.h"
#include "ottla/result.h"

namespace ottla::broker {

inline constexpr std::string_view kOffsetsTopic = "__consumer_offsets";

// The partitions of __consumer_offsets as the GroupCoordinator needs them; on its loop.
class OffsetsLog {
 public:
  virtual ~OffsetsLog() = default;

  using Outcome = StateLog::Outcome;
  using OnAppended = StateLog::OnAppended;
  // As StateLog::append.
  virtual void append(std::int32_t partition, std::string batch, OnAppended done) = 0;

  // Reads a partition from start to end by a worker, and waits until what was read is durable;
  // `done` is called in a later turn.
  using OnLoaded = base::UniqueFunction<void(Result<LoadedPartition>)>;
  virtual void load(std::int32_t partition, OnLoaded done) = 0;
};

}  // namespace ottla::broker
