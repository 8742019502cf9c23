#include <chrono>
#include <utility>

#include "broker/group/coordinator_state.h"
#include "broker/group/group_coordinator.h"

// How a GroupCoordinator comes to its partitions, and leaves them.
namespace ottla::broker {
namespace {

// The pause before a partition that could not be read is read again.
constexpr std::chrono::seconds kReadAgain{5};

}  // namespace

void GroupCoordinator::on_image(const MetadataImage& image, const MetadataChanges& changes) {
  if (stopped_) return;
  const auto* topic = image.find_topic(kOffsetsTopic);
  follow_leaders(
      topic, BrokerId(config_.node_id), shards_, topic_id_,
      [this](std::int32_t partition) { load(partition); },
      [this](std::int32_t partition) { unload(partition); });
  if (topic != nullptr) forget_topics(changes);
}

void GroupCoordinator::load(std::int32_t partition) {
  unload(partition);
  auto& shard = shards_[static_cast<std::size_t>(partition)];
  shard.state = Shard::State::loading;
  shard.epoch = next_epoch_++;
  log_.load(partition, lifetime_.guard([this, partition, epoch = shard.epoch](auto&& loaded) {
    on_loaded(partition, epoch, std::forward<decltype(loaded)>(loaded));
  }));
}

void GroupCoordinator::on_loaded(std::int32_t partition, std::uint64_t epoch,
                                 Result<LoadedPartition> loaded) {
  const auto at = static_cast<std::size_t>(partition);
  if (stopped_ || at >= shards_.size() || shards_[at].epoch != epoch) return;
  auto& shard = shards_[at];
  if (!loaded) {
    shard.state = Shard::State::failed;
    logger_.error("the groups of " +
                  to_string(TopicPartition{std::string(kOffsetsTopic), partition}) +
                  " cannot be loaded: " + loaded.error().to_string());
    loop_.call_at(loop_.now() + kReadAgain, lifetime_.guard([this, partition, at, epoch] {
      if (!stopped_ && at < shards_.size() && shards_[at].epoch == epoch) load(partition);
    }));
    return;
  }
  for (auto& [id, group] : loaded->groups) take_over(partition, id, group);
  for (const auto& id : loaded->pending.groups()) make_entry(shard, partition, id);
  shard.pending = std::move(loaded->pending);
  shard.next_order = loaded->next_order;
  count(shard);
  shard.state = Shard::State::active;
}

void GroupCoordinator::take_over(std::int32_t partition, const std::string& id,
                                 LoadedGroup& loaded) {
  auto& shard = shards_[static_cast<std::size_t>(partition)];
  std::unique_ptr<Entry> entry;
  if (loaded.metadata) {
    const auto value = protocol::parse_group_metadata_value(*loaded.metadata);
    if (value) entry = std::make_unique<Entry>(partition, Group(id, settings_, *value, time()));
  }
  if (!entry) {
    entry = std::make_unique<Entry>(partition, Group(id, settings_, loop_.wall_now()));
  }
  entry->offsets = std::move(loaded.offsets);
  count(*entry);
  arm(*entry);
  shard.groups.emplace(id, std::move(entry));
}

void GroupCoordinator::unload(std::int32_t partition) {
  auto& shard = shards_[static_cast<std::size_t>(partition)];
  shard.state = Shard::State::elsewhere;
  shard.epoch = next_epoch_++;
  auto groups = std::move(shard.groups);
  shard.groups.clear();
  shard.pending = {};
  count(shard);
  GroupEffects effects;
  for (auto& [id, entry] : groups) {
    loop_.cancel(entry->timer);
    memory_ -= entry->counted;
    entry->group.answer_all(ErrorCode::not_coordinator, effects);
  }
  deliver(effects);
  for (auto& [id, entry] : groups) {
    for (auto& task : entry->waiting) task();
  }
}

void GroupCoordinator::reload(std::int32_t partition, const Error& why) {
  logger_.warn("the groups of " + to_string(TopicPartition{std::string(kOffsetsTopic), partition}) +
               " are loaded anew, since an append failed: " + why.to_string());
  load(partition);
}

void GroupCoordinator::stop() {
  stopped_ = true;
  for (std::size_t p = 0; p < shards_.size(); ++p) unload(static_cast<std::int32_t>(p));
}

// At once, so that what is committed for a topic made anew under the name comes behind it.
void GroupCoordinator::forget_topics(const MetadataChanges& changes) {
  for (const auto& topic : changes.deleted_topics) {
    for (auto& shard : shards_) {
      for (auto& [id, entry] : shard.groups) {
        std::vector<TopicPartition> gone;
        for (const auto& [number, partition] : topic->partitions) {
          gone.push_back({topic->name, number});
        }
        forget_offsets(*entry, std::move(gone), [](ErrorCode) {});
      }
    }
  }
}

}  // namespace ottla::broker
