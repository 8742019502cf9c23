#include <algorithm>
#include <memory>
#include <utility>

#include "broker/group/coordinator_state.h"
#include "broker/group/group_coordinator.h"
#include "broker/group/group_record_batch.h"

// What a GroupCoordinator writes: offsets, and the ends of groups.
namespace ottla::broker {
namespace {

// Of one commit; what a client may make us build.
constexpr std::size_t kMaxCommit = std::size_t{16} << 20;

// Tombstones of a batch: far below what any setting of max.message.bytes refuses.
constexpr std::size_t kTombstones = std::size_t{64} << 10;

}  // namespace

void GroupCoordinator::append(Entry& entry, std::string batch, OnDone done) {
  const auto partition = entry.partition;
  const auto epoch = shards_[static_cast<std::size_t>(partition)].epoch;
  ++entry.appends;
  auto on_appended = [this, partition, epoch, group = entry.group.id(),
                      done = std::move(done)](const OffsetsLog::Outcome& outcome) mutable {
    const bool durable = outcome.error == ErrorCode::none;
    if (!is_current(partition, epoch)) {
      return done(durable ? ErrorCode::not_coordinator : outcome.error);
    }
    if (auto* still = find_entry(partition, group)) --still->appends;
    done(outcome.error);
    if (!durable && !outcome.refused) {
      if (is_current(partition, epoch) && !stopped_) reload(partition, Error(outcome.error));
      return;
    }
    run_waiting(partition, group);
  };
  log_.append(partition, std::move(batch), lifetime_.guard(std::move(on_appended)));
}

void GroupCoordinator::run_waiting(std::int32_t partition, const std::string& group) {
  for (auto* entry = find_entry(partition, group);
       entry != nullptr && entry->appends == 0 && !entry->waiting.empty();
       entry = find_entry(partition, group)) {
    auto task = std::move(entry->waiting.front());
    entry->waiting.pop_front();
    task();
  }
}

// What decides by all offsets of a group must not miss those that are on their way.
void GroupCoordinator::when_idle(Entry& entry, Waiting task) {
  if (entry.appends == 0) return task();
  entry.waiting.push_back(std::move(task));
}

void GroupCoordinator::commit(std::string_view group, const Committer& committer,
                              std::vector<OffsetToCommit> offsets, OnDone done) {
  if (!fits_record(group)) return done(ErrorCode::invalid_group_id);
  auto shard = active_shard(group);
  if (!shard) return done(shard.error().code());
  const auto partition = partition_of(group);
  auto* entry = find_entry(partition, group);
  if (entry == nullptr && committer.generation >= GenerationId(0)) {
    return done(committer.knows_group_id_not_found ? ErrorCode::group_id_not_found
                                                   : ErrorCode::illegal_generation);
  }
  // Nothing of it is to be kept: no group comes to be by that.
  if (entry == nullptr && offsets.empty()) return done(ErrorCode::none);
  const bool grows = std::any_of(offsets.begin(), offsets.end(), [&](const auto& offset) {
    if (entry == nullptr || committer.in_transaction()) return true;
    const auto* known = entry->offsets.find(offset.topic, offset.partition);
    return known == nullptr || offset.committed.metadata.size() > known->metadata.size();
  });
  if (grows && memory_ >= max_memory_) return done(ErrorCode::policy_violation);
  auto batch = new_batch();
  Places kept;
  for (auto& offset : offsets) {
    auto put = batch.put(group, offset.topic, offset.partition, offset.committed);
    if (!put) return done(ErrorCode::invalid_group_id);
    if (batch.size_in_bytes() > kMaxCommit) return done(ErrorCode::message_too_large);
    kept.push_back({{std::string(offset.topic), offset.partition}, std::move(offset.committed)});
  }
  if (entry == nullptr) entry = &make_entry(**shard, partition, group);
  auto& asked = entry->group;
  const auto error = committer.in_transaction()
                         ? asked.check_transactional_commit(committer.member, committer.generation)
                         : asked.check_commit(committer.member, committer.generation, time());
  arm(*entry);
  if (error != ErrorCode::none || kept.empty()) return done(error);
  const protocol::ProducerState producer{committer.producer_id, committer.producer_epoch};
  append_commit(*entry, committer, batch.take(producer), std::move(kept), std::move(done));
}

void GroupCoordinator::append_commit(Entry& entry, const Committer& committer, std::string batch,
                                     Places offsets, OnDone done) {
  const auto order = shard_of(entry).next_order++;
  for (auto& [place, committed] : offsets) committed.order = order;
  if (committer.in_transaction()) {
    return append_pending(entry, committer, std::move(batch), std::move(offsets), std::move(done));
  }
  append(entry, std::move(batch),
         [this, partition = entry.partition, group = entry.group.id(), offsets = std::move(offsets),
          done = std::move(done)](ErrorCode outcome) mutable {
           if (outcome == ErrorCode::none) apply_commit(partition, group, offsets);
           done(outcome);
         });
}

void GroupCoordinator::apply_commit(std::int32_t partition, const std::string& group,
                                    const Places& offsets) {
  // The group may have been deleted, and come to be again by this commit.
  auto& entry = make_entry(shards_[static_cast<std::size_t>(partition)], partition, group);
  for (const auto& [place, committed] : offsets) {
    entry.offsets.set(place.topic, place.partition, committed);
  }
  count(entry);
}

void GroupCoordinator::forget_offsets(Entry& entry, std::vector<TopicPartition> partitions,
                                      OnDone done) {
  write_tombstones(entry, std::move(partitions), false, std::move(done));
}

// All of them may be more than one batch holds: each batch is taken over when it is durable, the
// last one has that of the group, and `done` hears when all are settled, of the first that failed.
void GroupCoordinator::write_tombstones(Entry& entry, std::vector<TopicPartition> partitions,
                                        bool of_the_group, OnDone done) {
  struct Progress {
    std::size_t left = 0;
    ErrorCode outcome = ErrorCode::none;
    OnDone done;
  };
  std::vector<std::pair<GroupRecordBatch, std::vector<TopicPartition>>> parts;
  // A new batch where the last one is full.
  const auto part = [&]() -> auto& {
    const bool full = parts.empty() || parts.back().first.size_in_bytes() >= kTombstones;
    return full ? parts.emplace_back(new_batch(), std::vector<TopicPartition>()) : parts.back();
  };
  const auto& pending = shard_of(entry).pending;
  for (auto& place : partitions) {
    // One that is on its way is not known yet: its tombstone comes behind it.
    const bool known = entry.offsets.find(place.topic, place.partition) != nullptr ||
                       pending.contains(entry.group.id(), place);
    if (!known && entry.appends == 0) continue;
    auto& [batch, places] = part();
    batch.forget(entry.group.id(), place.topic, place.partition);
    places.push_back(std::move(place));
  }
  if (of_the_group) part().first.forget(entry.group.id());
  if (parts.empty()) return done(ErrorCode::none);
  auto progress = std::make_shared<Progress>(Progress{parts.size(), {}, std::move(done)});
  for (auto& [batch, places] : parts) {
    const auto order = shard_of(entry).next_order++;
    append(entry, batch.take(),
           [this, partition = entry.partition, group = entry.group.id(), places = std::move(places),
            order, progress](ErrorCode outcome) {
             if (outcome == ErrorCode::none) erase_offsets(partition, group, places, order);
             if (progress->outcome == ErrorCode::none) progress->outcome = outcome;
             if (--progress->left == 0) progress->done(progress->outcome);
           });
  }
}

void GroupCoordinator::erase_offsets(std::int32_t partition, const std::string& group,
                                     const std::vector<TopicPartition>& places,
                                     std::int64_t order) {
  auto* entry = find_entry(partition, group);
  if (entry == nullptr) return;
  auto& shard = shard_of(*entry);
  for (const auto& place : places) {
    entry->offsets.erase(place.topic, place.partition);
    shard.pending.erase(group, place, order);
  }
  count(*entry);
  count(shard);
}

void GroupCoordinator::delete_offsets(std::string_view group,
                                      std::vector<TopicPartition> partitions, OnForgotten done) {
  if (group.empty()) return done(ErrorCode::invalid_group_id);
  if (auto shard = active_shard(group); !shard) return done(shard.error());
  auto* entry = find_entry(partition_of(group), group);
  if (entry == nullptr || entry->group.state() == GroupState::dead) {
    return done(ErrorCode::group_id_not_found);
  }
  const bool in_use = entry->group.state() != GroupState::empty;
  if (in_use && !entry->group.uses_consumer_protocol()) return done(ErrorCode::non_empty_group);
  const auto subscribed = entry->group.subscribed_topics();
  std::vector<ErrorCode> outcomes;
  std::vector<TopicPartition> gone;
  for (auto& place : partitions) {
    const bool read = in_use && (!subscribed || subscribed->contains(place.topic));
    outcomes.push_back(read ? ErrorCode::group_subscribed_to_topic : ErrorCode::none);
    if (!read) gone.push_back(std::move(place));
  }
  forget_offsets(*entry, std::move(gone),
                 [outcomes = std::move(outcomes), done = std::move(done)](ErrorCode error) mutable {
                   if (error != ErrorCode::none) return done(error);
                   done(std::move(outcomes));
                 });
}

void GroupCoordinator::delete_group(std::string_view group, OnDone done) {
  if (auto shard = active_shard(group); !shard) return done(shard.error().code());
  auto* entry = find_entry(partition_of(group), group);
  if (entry == nullptr || entry->group.state() == GroupState::dead) {
    return done(ErrorCode::group_id_not_found);
  }
  if (entry->group.state() != GroupState::empty) return done(ErrorCode::non_empty_group);
  if (entry->appends > 0) {
    return when_idle(*entry, [this, group = std::string(group), done = std::move(done)]() mutable {
      delete_group(group, std::move(done));
    });
  }
  delete_entry(*entry, std::move(done));
}

// Nothing is on its way for the group, and nothing comes any more: it is dead until it is gone.
void GroupCoordinator::delete_entry(Entry& entry, OnDone done) {
  entry.group.die(time());
  auto all = shard_of(entry).pending.places_of(entry.group.id());
  std::erase_if(all, [&entry](const TopicPartition& place) {
    return entry.offsets.find(place.topic, place.partition) != nullptr;
  });
  for (const auto& [topic, partitions] : entry.offsets.topics()) {
    for (const auto& [number, committed] : partitions) all.push_back({topic, number});
  }
  write_tombstones(entry, std::move(all), true,
                   [this, partition = entry.partition, group = entry.group.id(),
                    done = std::move(done)](ErrorCode outcome) mutable {
                     if (outcome == ErrorCode::none) erase_entry(partition, group);
                     // Refused: it lives on as the log has it.
                     const bool still = find_entry(partition, group) != nullptr;
                     if (outcome != ErrorCode::none && still && !stopped_) {
                       reload(partition, Error(outcome));
                     }
                     done(outcome);
                   });
}

void GroupCoordinator::arm_sweep() {
  const std::chrono::milliseconds interval(config_.offsets_retention_check_interval_ms);
  sweep_timer_ = loop_.call_at(loop_.now() + interval, lifetime_.guard([this] {
    sweep();
    arm_sweep();
  }));
}

void GroupCoordinator::sweep() {
  if (stopped_) return;
  for (auto& shard : shards_) {
    // An append can end a shard, but not before this turn is over.
    for (auto& [id, entry] : shard.groups) {
      // What is being written to is in use; the next round looks again.
      if (entry->appends == 0 && entry->group.state() != GroupState::dead) sweep(*entry);
    }
  }
}

void GroupCoordinator::sweep(Entry& entry) {
  const auto retention = std::int64_t{config_.offsets_retention_minutes} * 60'000;
  auto expired = expired_offsets(entry.group, entry.offsets, loop_.wall_now(), retention);
  // Whose transaction may yet commit them anew are in use.
  const auto& pending = shard_of(entry).pending;
  std::erase_if(expired, [&](const TopicPartition& place) {
    return pending.contains(entry.group.id(), place);
  });
  std::size_t all = 0;
  for (const auto& [topic, partitions] : entry.offsets.topics()) all += partitions.size();
  const bool unused = entry.group.state() == GroupState::empty &&
                      entry.group.pending_members() == 0 && !pending.contains(entry.group.id());
  const auto group = entry.group.id();
  if (unused && expired.size() == all) {
    return delete_entry(entry, [this, group](ErrorCode outcome) {
      if (outcome == ErrorCode::none) logger_.info("group " + group + " has expired");
    });
  }
  if (expired.empty()) return;
  const auto count = expired.size();
  forget_offsets(entry, std::move(expired), [this, group, count](ErrorCode outcome) {
    if (outcome != ErrorCode::none) return;
    logger_.info(std::to_string(count) + " offsets of group " + group + " have expired");
  });
}

}  // namespace ottla::broker
