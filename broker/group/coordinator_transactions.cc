#include <utility>

#include "broker/group/coordinator_state.h"
#include "broker/group/group_coordinator.h"

// What a GroupCoordinator does for transactions (KIP-98, KIP-447): commits wait in the partition's
// PendingOffsets until the marker behind them is durable.
namespace ottla::broker {

bool GroupView::is_unstable(std::string_view topic, std::int32_t partition) const {
  if (pending == nullptr || pending->empty()) return false;
  return pending->contains(group->id(), {std::string(topic), partition});
}

bool GroupCoordinator::is_current(std::int32_t partition, std::uint64_t epoch) const {
  const auto at = static_cast<std::size_t>(partition);
  return at < shards_.size() && shards_[at].epoch == epoch;
}

GroupCoordinator::Shard& GroupCoordinator::shard_of(const Entry& entry) {
  return shards_[static_cast<std::size_t>(entry.partition)];
}

void GroupCoordinator::count(Shard& shard) {
  memory_ -= shard.counted;
  shard.counted = shard.pending.memory();
  memory_ += shard.counted;
}

// They are unstable from here on: who asks for stable offsets once the commit is durable must not
// be told what was before.
void GroupCoordinator::append_pending(Entry& entry, const Committer& committer, std::string batch,
                                      Places offsets, OnDone done) {
  auto& shard = shard_of(entry);
  const auto& group = entry.group.id();
  for (const auto& [place, committed] : offsets) {
    shard.pending.add(committer.producer_id, {group, place, committed});
  }
  count(shard);
  auto on_done = [this, partition = entry.partition, group, epoch = shard.epoch,
                  producer = committer.producer_id, offsets = std::move(offsets),
                  done = std::move(done)](ErrorCode outcome) mutable {
    if (is_current(partition, epoch)) {
      settle_pending(partition, group, producer, offsets, outcome == ErrorCode::none);
    }
    done(outcome);
  };
  append(entry, std::move(batch), std::move(on_done));
}

void GroupCoordinator::settle_pending(std::int32_t partition, const std::string& group,
                                      protocol::ProducerId producer, const Places& offsets,
                                      bool durable) {
  auto& shard = shards_[static_cast<std::size_t>(partition)];
  for (const auto& [place, committed] : offsets) {
    if (durable) {
      shard.pending.settle(producer, group, place, committed.order);
    } else {
      shard.pending.drop(producer, group, place, committed.order);
    }
  }
  count(shard);
}

void GroupCoordinator::end_transaction(std::int32_t partition, const EndedTransaction& ended,
                                       std::string marker, OnDone done) {
  const auto found = active_shard_at(partition);
  if (!found) return done(found.error().code());
  auto& shard = shards_[static_cast<std::size_t>(partition)];
  auto on_appended = [this, partition, ended, epoch = shard.epoch, order = shard.next_order++,
                      done = std::move(done)](const OffsetsLog::Outcome& outcome) mutable {
    const bool durable = outcome.error == ErrorCode::none;
    if (is_current(partition, epoch)) {
      if (durable) apply_end(partition, ended, order);
      if (!durable && !outcome.refused && !stopped_) reload(partition, Error(outcome.error));
    }
    done(outcome.error);
  };
  log_.append(partition, std::move(marker), lifetime_.guard(std::move(on_appended)));
}

void GroupCoordinator::apply_end(std::int32_t partition, const EndedTransaction& ended,
                                 std::int64_t order) {
  auto& shard = shards_[static_cast<std::size_t>(partition)];
  const auto commits = shard.pending.take(ended.producer_id, order);
  count(shard);
  if (!ended.commit) return;
  for (const auto& [group, place, committed] : commits) {
    auto& entry = make_entry(shard, partition, group);
    entry.offsets.set_if_newer(place, committed);
    count(entry);
  }
}

}  // namespace ottla::broker
