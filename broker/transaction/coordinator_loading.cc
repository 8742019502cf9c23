#include <algorithm>
#include <chrono>
#include <utility>

#include "broker/transaction/coordinator_state.h"
#include "broker/transaction/transaction_coordinator.h"

// How a TransactionCoordinator comes to its partitions, and leaves them.
namespace ottla::broker {
namespace {

// The pause before a partition that could not be read is read again.
constexpr std::chrono::seconds kReadAgain{5};

std::string name_of(std::int32_t partition) {
  return to_string(TopicPartition{std::string(kTransactionsTopic), partition});
}

TransactionVersion finalized_version(const MetadataImage& image) {
  const auto found = image.features().find("transaction.version");
  if (found == image.features().end()) return TransactionVersion::v0;
  return static_cast<TransactionVersion>(std::min<std::int16_t>(found->second, 2));
}

// Of an open transaction. A clock that went back gives it no more than its timeout.
std::chrono::milliseconds time_left(const TransactionMetadata& now, WallMillis wall) {
  const auto timeout = std::max<std::int64_t>(now.timeout_ms, 0);
  const auto age = now.started < 0 || now.started > wall ? 0 : wall - now.started;
  return std::chrono::milliseconds(timeout - std::min(age, timeout));
}

}  // namespace

void TransactionCoordinator::on_image(const std::shared_ptr<const MetadataImage>& image) {
  if (stopped_) return;
  image_ = image;
  cluster_version_ = finalized_version(*image);
  follow_leaders(
      image->find_topic(kTransactionsTopic), BrokerId(config_.node_id), shards_, topic_id_,
      [this](std::int32_t partition) { load(partition); },
      [this](std::int32_t partition) { unload(partition); });
}

void TransactionCoordinator::load(std::int32_t partition) {
  unload(partition);
  auto& shard = shards_[static_cast<std::size_t>(partition)];
  shard.state = Shard::State::loading;
  shard.epoch = next_epoch_++;
  auto replay = std::make_shared<TransactionReplay>(name_of(partition), logger_);
  auto on_batch = [replay](const protocol::RecordBatchView& batch) { replay->on_batch(batch); };
  log_.read(partition, std::move(on_batch),
            lifetime_.guard([this, partition, epoch = shard.epoch, replay](Result<void> read) {
              if (!read) return on_loaded(partition, epoch, read.error());
              on_loaded(partition, epoch, replay->take());
            }));
}

void TransactionCoordinator::on_loaded(std::int32_t partition, std::uint64_t epoch,
                                       Result<LoadedTransactions> loaded) {
  const auto at = static_cast<std::size_t>(partition);
  if (stopped_ || at >= shards_.size() || shards_[at].epoch != epoch) return;
  if (!loaded) {
    shards_[at].state = Shard::State::failed;
    logger_.error("the transactions of " + name_of(partition) +
                  " cannot be loaded: " + loaded.error().to_string());
    loop_.call_at(loop_.now() + kReadAgain, lifetime_.guard([this, partition, at, epoch] {
      if (!stopped_ && at < shards_.size() && shards_[at].epoch == epoch) load(partition);
    }));
    return;
  }
  shards_[at].state = Shard::State::active;
  for (auto& [id, metadata] : *loaded) take_over(partition, id, std::move(metadata));
}

void TransactionCoordinator::take_over(std::int32_t partition, const std::string& id,
                                       TransactionMetadata metadata) {
  auto& shard = shards_[static_cast<std::size_t>(partition)];
  auto& entry = shard.entries[id];
  entry = std::make_unique<Entry>(id, partition, shard.epoch, Transaction(std::move(metadata)));
  count(*entry);
  const auto& now = entry->transaction.now();
  if (now.state == TransactionState::ongoing) {
    entry->deadline = loop_.now() + time_left(now, loop_.wall_now());
  }
  if (!entry->transaction.ending()) return;
  // Whoever decided may not have come to tell every partition.
  entry->unmarked = now.partitions;
  send_markers(*entry);
}

void TransactionCoordinator::unload(std::int32_t partition) {
  auto& shard = shards_[static_cast<std::size_t>(partition)];
  shard.state = Shard::State::elsewhere;
  shard.epoch = next_epoch_++;
  auto entries = std::move(shard.entries);
  shard.entries.clear();
  for (auto& [id, entry] : entries) memory_ -= entry->counted;
  for (auto& [id, entry] : entries) refuse_waiting(*entry, ErrorCode::not_coordinator);
}

void TransactionCoordinator::reload(std::int32_t partition, const Error& why) {
  logger_.warn("the transactions of " + name_of(partition) +
               " are loaded anew, since an append failed: " + why.to_string());
  load(partition);
}

void TransactionCoordinator::stop() {
  stopped_ = true;
  for (std::size_t p = 0; p < shards_.size(); ++p) unload(static_cast<std::int32_t>(p));
}

}  // namespace ottla::broker
