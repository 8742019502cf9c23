#include "broker/group/group_coordinator.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "broker/group/coordinator_state.h"
#include "broker/group/group_record_batch.h"
#include "broker/group/java_text.h"

namespace ottla::broker {
namespace {

// Of the limit of memory; what members are assigned may take so much more.
constexpr std::size_t kRoomForAssignments = 8;

using std::chrono::milliseconds;

// The longest text of a record, less what the coordinator appends to an id.
constexpr std::size_t kMaxName = std::numeric_limits<std::int16_t>::max() - 64;

bool too_long(std::string_view text) {
  return text.size() > kMaxName;
}

GroupSettings settings_of(const BrokerConfig& config) {
  return {.initial_rebalance_delay = milliseconds(config.group_initial_rebalance_delay_ms),
          .max_size = static_cast<std::size_t>(config.group_max_size)};
}

bool is_group_id(std::string_view group) {
  return !group.empty() && !too_long(group);
}

}  // namespace

GroupCoordinator::GroupCoordinator(Deps deps)
    : loop_(deps.loop),
      random_(deps.random),
      logger_(std::move(deps.logger)),
      config_(deps.config),
      log_(deps.log),
      settings_(settings_of(deps.config)),
      max_memory_(deps.max_memory) {
  arm_sweep();
}

GroupCoordinator::~GroupCoordinator() {
  loop_.cancel(sweep_timer_);
  for (auto& shard : shards_) {
    for (auto& [id, entry] : shard.groups) loop_.cancel(entry->timer);
  }
}

std::int32_t GroupCoordinator::partition_of(std::string_view group) const {
  if (shards_.empty()) return -1;
  return partition_by_java_hash(group, static_cast<std::int32_t>(shards_.size()));
}

Result<const GroupCoordinator::Shard*> GroupCoordinator::active_shard(
    std::string_view group) const {
  return active_shard_at(partition_of(group));
}

Result<const GroupCoordinator::Shard*> GroupCoordinator::active_shard_at(
    std::int32_t partition) const {
  const auto at = static_cast<std::size_t>(partition);
  if (stopped_ || at >= shards_.size()) return ErrorCode::not_coordinator;
  const auto& shard = shards_[at];
  if (shard.state == Shard::State::loading) return ErrorCode::coordinator_load_in_progress;
  if (shard.state != Shard::State::active) return ErrorCode::not_coordinator;
  return &shard;
}

Result<GroupCoordinator::Shard*> GroupCoordinator::active_shard(std::string_view group) {
  const auto found = std::as_const(*this).active_shard(group);
  if (!found) return found.error();
  return const_cast<Shard*>(*found);
}

GroupCoordinator::Entry* GroupCoordinator::find_entry(std::int32_t partition,
                                                      std::string_view group) {
  const auto at = static_cast<std::size_t>(partition);
  if (at >= shards_.size()) return nullptr;
  const auto found = shards_[at].groups.find(group);
  return found == shards_[at].groups.end() ? nullptr : found->second.get();
}

GroupCoordinator::Entry& GroupCoordinator::make_entry(Shard& shard, std::int32_t partition,
                                                      std::string_view group) {
  auto& entry = shard.groups[std::string(group)];
  if (entry == nullptr) {
    entry =
        std::make_unique<Entry>(partition, Group(std::string(group), settings_, loop_.wall_now()));
    count(*entry);
  }
  return *entry;
}

void GroupCoordinator::erase_entry(std::int32_t partition, std::string_view group) {
  auto* entry = find_entry(partition, group);
  if (entry == nullptr) return;
  loop_.cancel(entry->timer);
  memory_ -= entry->counted;
  auto waiting = std::move(entry->waiting);
  shards_[static_cast<std::size_t>(partition)].groups.erase(
      shards_[static_cast<std::size_t>(partition)].groups.find(group));
  for (auto& task : waiting) task();
}

void GroupCoordinator::count(Entry& entry) {
  memory_ -= entry.counted;
  entry.counted = entry.group.memory() + entry.offsets.memory();
  memory_ += entry.counted;
}

// Comes last in a call: an answer lets a connection hand out its next request, which may lead back
// here and end the group.
void GroupCoordinator::carry_out(Entry& entry, GroupEffects effects) {
  count(entry);
  arm(entry);
  for (const auto& line : effects.log) logger_.info(line);
  for (const auto id : effects.stores) store(entry, id);
  deliver(effects);
}

void GroupCoordinator::deliver(GroupEffects& effects) {
  for (const auto& answer : effects.joins) {
    auto node = joins_.extract(answer.request);
    if (!node.empty()) node.mapped()(answer);
  }
  for (const auto& answer : effects.syncs) {
    auto node = syncs_.extract(answer.request);
    if (!node.empty()) node.mapped()(answer);
  }
}

GroupRecordBatch GroupCoordinator::new_batch() const {
  return GroupRecordBatch(loop_.wall_now(),
                          static_cast<Compression>(config_.offsets_topic_compression_codec));
}

void GroupCoordinator::arm(Entry& entry) {
  const auto when = entry.group.wake_at();
  if (when >= entry.armed_at) return;
  loop_.cancel(entry.timer);
  entry.armed_at = when;
  entry.timer = loop_.call_at(
      when, lifetime_.guard([this, partition = entry.partition, group = entry.group.id()] {
        on_time(partition, group);
      }));
}

void GroupCoordinator::on_time(std::int32_t partition, const std::string& group) {
  auto* entry = find_entry(partition, group);
  if (entry == nullptr) return;
  entry->armed_at = base::kNever;
  GroupEffects effects;
  entry->group.on_time(time(), effects);
  carry_out(*entry, std::move(effects));
}

void GroupCoordinator::store(Entry& entry, std::uint64_t id) {
  const auto partition = entry.partition;
  const auto group = entry.group.id();
  auto batch = new_batch();
  if (auto put = batch.put(group, entry.group.to_store(id)); !put) {
    loop_.post(lifetime_.guard([this, partition, group, id, error = put.error()] {
      on_stored(partition, group, id, error);
    }));
    return;
  }
  const auto epoch = shards_[static_cast<std::size_t>(partition)].epoch;
  append(entry, batch.take(), [this, partition, group, id, epoch](ErrorCode outcome) {
    // Of a group that was loaded anew, nothing is being stored.
    const auto at = static_cast<std::size_t>(partition);
    if (at >= shards_.size() || shards_[at].epoch != epoch) return;
    const bool stored = outcome == ErrorCode::none;
    on_stored(partition, group, id, stored ? Result<void>() : Result<void>(Error(outcome)));
  });
}

void GroupCoordinator::on_stored(std::int32_t partition, const std::string& group, std::uint64_t id,
                                 const Result<void>& stored) {
  auto* entry = find_entry(partition, group);
  if (entry == nullptr) return;
  if (!stored)
    logger_.warn("the state of group " + group + " was not stored: " + stored.error().to_string());
  const auto outcome = stored ? ErrorCode::none : stored.error().code();
  GroupEffects effects;
  entry->group.on_stored(id, coordinator_error(outcome), time(), effects);
  carry_out(*entry, std::move(effects));
}

bool GroupCoordinator::fits_record(std::string_view group) {
  return !too_long(group);
}

Result<void> GroupCoordinator::check_join(std::string_view group,
                                          const JoinRequest& request) const {
  if (!is_group_id(group)) return ErrorCode::invalid_group_id;
  const milliseconds least(config_.group_min_session_timeout_ms);
  const milliseconds most(config_.group_max_session_timeout_ms);
  if (request.session_timeout < least || request.session_timeout > most) {
    return ErrorCode::invalid_session_timeout;
  }
  const auto& member = request.member;
  bool refused = too_long(member.member_id) || too_long(member.instance_id.value_or("")) ||
                 too_long(request.client_id) || too_long(request.protocol_type);
  for (const auto& offered : request.protocols) refused = refused || too_long(offered.name);
  if (refused) return ErrorCode::invalid_request;
  return {};
}

void GroupCoordinator::join(std::string_view group, JoinRequest request, OnJoined done) {
  const auto refuse = [&](ErrorCode error) {
    done({.error = error, .member_id = std::string(request.member.member_id)});
  };
  if (auto checked = check_join(group, request); !checked) return refuse(checked.error().code());
  auto shard = active_shard(group);
  if (!shard) return refuse(shard.error().code());
  const auto partition = partition_of(group);
  auto* entry = find_entry(partition, group);
  const bool is_new = request.member.member_id.empty();
  if (entry == nullptr && !is_new) return refuse(ErrorCode::unknown_member_id);
  const auto growth =
      entry == nullptr ? sizeof(Group) + request.memory() : entry->group.growth(request);
  if (growth > 0 && memory_ + growth > max_memory_) {
    return refuse(ErrorCode::group_max_size_reached);
  }
  if (entry == nullptr) entry = &make_entry(**shard, partition, group);
  request.request = next_request_++;
  joins_.emplace(request.request, std::move(done));
  GroupEffects effects;
  entry->group.join(request, time(), random_, effects);
  carry_out(*entry, std::move(effects));
}

void GroupCoordinator::sync(std::string_view group, SyncRequest request, OnSynced done) {
  if (!is_group_id(group)) return done({.error = ErrorCode::invalid_group_id});
  if (auto shard = active_shard(group); !shard) return done({.error = shard.error().code()});
  auto* entry = find_entry(partition_of(group), group);
  if (entry == nullptr) return done({.error = ErrorCode::unknown_member_id});
  const auto growth = entry->group.growth(request);
  // Members join again on this, and nobody waits for assignments that do not come.
  if (growth > 0 && memory_ + growth > max_memory_ + max_memory_ / kRoomForAssignments) {
    return done({.error = ErrorCode::coordinator_not_available});
  }
  request.request = next_request_++;
  syncs_.emplace(request.request, std::move(done));
  GroupEffects effects;
  entry->group.sync(request, time(), effects);
  carry_out(*entry, std::move(effects));
}

ErrorCode GroupCoordinator::heartbeat(std::string_view group, const MemberIdentity& member,
                                      GenerationId generation) {
  if (!is_group_id(group)) return ErrorCode::invalid_group_id;
  if (auto shard = active_shard(group); !shard) {
    const auto error = shard.error().code();
    return error == ErrorCode::coordinator_load_in_progress ? ErrorCode::none : error;
  }
  auto* entry = find_entry(partition_of(group), group);
  if (entry == nullptr) return ErrorCode::unknown_member_id;
  const auto error = entry->group.heartbeat(member, generation, time());
  arm(*entry);
  return error;
}

Result<std::vector<ErrorCode>> GroupCoordinator::leave(std::string_view group,
                                                       const std::vector<MemberIdentity>& leaving) {
  if (!is_group_id(group)) return ErrorCode::invalid_group_id;
  if (auto shard = active_shard(group); !shard) return shard.error();
  auto* entry = find_entry(partition_of(group), group);
  if (entry == nullptr) return std::vector(leaving.size(), ErrorCode::unknown_member_id);
  if (entry->group.state() == GroupState::dead) return ErrorCode::coordinator_not_available;
  GroupEffects effects;
  auto outcomes = entry->group.leave(leaving, time(), effects);
  carry_out(*entry, std::move(effects));
  return outcomes;
}

Result<GroupView> GroupCoordinator::find(std::string_view group) const {
  const auto shard = active_shard(group);
  if (!shard) return shard.error();
  const auto found = (*shard)->groups.find(group);
  if (found == (*shard)->groups.end()) return GroupView{};
  return GroupView{&found->second->group, &found->second->offsets, &(*shard)->pending};
}

Result<std::vector<const Group*>> GroupCoordinator::groups() const {
  if (stopped_) return ErrorCode::coordinator_not_available;
  std::vector<const Group*> all;
  for (const auto& shard : shards_) {
    if (shard.state == Shard::State::loading) return ErrorCode::coordinator_load_in_progress;
    for (const auto& [id, entry] : shard.groups) all.push_back(&entry->group);
  }
  return all;
}

bool GroupCoordinator::takes_metadata(std::string_view metadata) const {
  const auto most = static_cast<std::size_t>(config_.offset_metadata_max_bytes);
  return metadata.size() <= kMaxName && java_length(metadata) <= most;
}

}  // namespace ottla::broker
