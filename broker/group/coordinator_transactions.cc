#include <utility>

#include "broker/group/coordinator_state.h"
#include "broker/group/group_coordinator.h"

// What a GroupCoordinator does for transactions (KIP-98, KIP-447).
namespace ottla::broker {

void GroupCoordinator::end_transaction(std::int32_t partition, const EndedTransaction& /*ended*/,
                                       std::string marker, OnDone done) {
  const auto shard = active_shard_at(partition);
  if (!shard) return done(shard.error().code());
  auto on_appended = [this, partition, epoch = (*shard)->epoch,
                      done = std::move(done)](const OffsetsLog::Outcome& outcome) mutable {
    const auto at = static_cast<std::size_t>(partition);
    const bool is_current = at < shards_.size() && shards_[at].epoch == epoch;
    const bool durable = outcome.error == ErrorCode::none;
    if (!durable && !outcome.refused && is_current && !stopped_) {
      reload(partition, Error(outcome.error));
    }
    done(outcome.error);
  };
  log_.append(partition, std::move(marker), lifetime_.guard(std::move(on_appended)));
}

}  // namespace ottla::broker
