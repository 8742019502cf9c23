#pragma once

#include "base/logger.h"
#include "broker/log/log_loader.h"
#include "ottla/result.h"

namespace ottla::broker {

// Fills in what is derived from the batches of a log whose segments, ends and recovery point are
// known: leader epochs from their checkpoint and from the batches above the recovery point,
// producers from the newest snapshot below it that can be read and the batches above that, which
// also make the transaction indexes anew above the recovery point. Snapshots that are of no use any
// more are removed. Producers count as having appended at `now`. (sleeps)
Result<void> replay_state(LoadedLog& log, base::TimePoint now, const base::Logger& logger);

}  // namespace ottla::broker
