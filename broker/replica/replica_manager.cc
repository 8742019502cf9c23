#include "broker/replica/replica_manager.h"

#include <algorithm>
#include <utility>

#include "broker/config/dynamic_settings.h"
#include "broker/config/topic_config.h"
#include "broker/metadata/config_requests.h"
#include "broker/metadata/own_directories.h"
#include "broker/metadata/timed_answer.h"
#include "broker/replica/delayed_fetch.h"
#include "broker/replica/delayed_produce.h"

namespace ottla::broker {

ReplicaManager::ReplicaManager(base::Loop& loop, LogDirs& logs, const BrokerConfig& config,
                               base::Logger logger)
    : loop_(loop),
      logs_(logs),
      config_(config),
      logger_(std::move(logger)),
      config_now_(config),
      produces_(loop),
      fetches_(loop) {}

ReplicaManager::~ReplicaManager() = default;

void ReplicaManager::on_image(const std::shared_ptr<const MetadataImage>& image,
                              const MetadataChanges& changes) {
  apply_broker_configs(*image, changes);
  for (const auto& topic : changes.deleted_topics) delete_topic(*topic);
  for (const auto& topic : changes.changed_topics) apply_topic(*image, *topic);
  for (const auto& resource : changes.changed_configs) {
    if (resource.type != ConfigResourceType::topic) continue;
    if (const auto* topic = image->find_topic(resource.name)) apply_topic_config(*image, *topic);
  }
}

// Most settings of brokers that change are the defaults of every topic.
void ReplicaManager::apply_broker_configs(const MetadataImage& image,
                                          const MetadataChanges& changes) {
  const bool changed =
      std::any_of(changes.changed_configs.begin(), changes.changed_configs.end(),
                  [](const auto& resource) { return resource.type == ConfigResourceType::broker; });
  if (!changed) return;
  config_now_ =
      with_dynamic_settings(config_, dynamic_settings_of(image, BrokerId(config_.node_id)));
  logs_.set_cleaner_threads(static_cast<std::size_t>(config_now_.log_cleaner_threads));
  for (const auto* topic : image.topics()) apply_topic_config(image, *topic);
}

void ReplicaManager::apply_topic_config(const MetadataImage& image, const TopicImage& topic) {
  const auto config = log_config(image, topic.name);
  for (const auto& [number, partition] : topic.partitions) {
    if (auto* found = find({topic.name, number})) found->log().update_config(config);
  }
}

void ReplicaManager::apply_topic(const MetadataImage& image, const TopicImage& topic) {
  const BrokerId self(config_.node_id);
  const auto config = log_config(image, topic.name);
  for (const auto& [number, partition] : topic.partitions) {
    const auto& replicas = partition.replicas;
    if (std::find(replicas.begin(), replicas.end(), self) == replicas.end()) continue;
    const TopicPartition id{topic.name, number};
    auto* found = find(id);
    if (found == nullptr)
      found = make_partition(id, topic.id, directory_of(partition, self), config);
    if (found == nullptr) continue;
    found->update(partition, self);
    check_waiting(id);
  }
}

Partition* ReplicaManager::make_partition(const TopicPartition& id, const Uuid& topic_id,
                                          const Uuid& directory, const LogConfig& config) {
  auto* log = logs_.find(id);
  if (log == nullptr) {
    auto made = logs_.create_log(id, topic_id, directory, config);
    if (!made) {
      const bool is_news = without_log_.insert(id).second;
      if (is_news) logger_.error("no log for " + to_string(id) + ": " + made.error().to_string());
      return nullptr;
    }
    log = *made;
  }
  without_log_.erase(id);
  log->set_on_high_watermark([this, id] { check_waiting(id); });
  log->set_on_offline([this, id](const Error&) { check_waiting(id); });
  auto& partition = partitions_[id];
  partition = std::make_unique<Partition>(id, topic_id, *log, traffic_.of(id.topic));
  return partition.get();
}

void ReplicaManager::delete_topic(const TopicImage& topic) {
  for (const auto& [number, image] : topic.partitions) {
    const TopicPartition id{topic.name, number};
    without_log_.erase(id);
    const auto* partition = find(id);
    if (partition == nullptr || partition->topic_id() != topic.id) continue;
    partitions_.erase(id);
    if (auto deleted = logs_.delete_log(id); !deleted) {
      logger_.error("cannot delete " + to_string(id) + ": " + deleted.error().to_string());
    }
    check_waiting(id);
  }
  traffic_.forget(topic.name);
}

LogConfig ReplicaManager::log_config(const MetadataImage& image, const std::string& topic) const {
  std::vector<std::string> problems;
  auto config = derive_topic_config(config_now_, image.topic_configs(topic), &problems);
  for (const auto& problem : problems) logger_.warn("topic " + topic + ": " + problem);
  return config.log;
}

void ReplicaManager::check_waiting(const TopicPartition& id) {
  produces_.check(id);
  fetches_.check(id);
}

Partition* ReplicaManager::find(const TopicPartition& id) {
  const auto found = partitions_.find(id);
  return found == partitions_.end() ? nullptr : found->second.get();
}

Error ReplicaManager::why_missing(const TopicPartition& id) const {
  const ErrorContext context{.topic = id.topic, .partition = id.partition};
  if (!without_log_.contains(id)) return {ErrorCode::unknown_topic_or_partition, {}, context};
  return {ErrorCode::kafka_storage_error, "the partition's log is offline", context};
}

void ReplicaManager::append_records(const std::vector<ProduceEntry>& entries,
                                    const ProduceOptions& options, OnProduced done) {
  std::vector<Result<AppendInfo>> results;
  std::vector<TopicPartition> appended;
  results.reserve(entries.size());
  for (const auto& entry : entries) {
    auto* partition = find(entry.partition);
    if (partition == nullptr) {
      results.emplace_back(why_missing(entry.partition));
      traffic_.add(nullptr, {.produce_requests = 1, .failed_produce_requests = 1});
      continue;
    }
    results.push_back(partition->append_as_leader(entry.batches, options.origin));
    count_append(*partition, entry, results.back());
    if (!results.back()) continue;
    appended.push_back(entry.partition);
    if (options.acks == -1) partition->log().flush_soon();
  }
  if (options.acks != -1 || appended.empty()) return done(std::move(results));
  produces_.complete_or_watch(
      std::make_unique<DelayedProduce>(*this, entries, std::move(results), std::move(done)),
      appended, loop_.now() + options.timeout);
}

void ReplicaManager::count_append(Partition& partition, const ProduceEntry& entry,
                                  const Result<AppendInfo>& result) {
  TopicTraffic traffic{.produce_requests = 1};
  if (result) {
    traffic.messages_in =
        static_cast<std::uint64_t>(result->last_offset - result->first_offset + 1);
    traffic.bytes_in = entry.batches.size();
  } else {
    traffic.failed_produce_requests = 1;
    traffic.bytes_rejected = entry.batches.size();
  }
  traffic_.add(&partition.traffic(), traffic);
}

void ReplicaManager::count_fetch(const FetchEntry& entry, const FetchedPartition& result) {
  auto* partition = find(entry.partition);
  traffic_.add(partition == nullptr ? nullptr : &partition->traffic(),
               {.bytes_out = result.data.size,
                .fetch_requests = 1,
                .failed_fetch_requests = result.error == ErrorCode::none ? 0U : 1U});
}

void ReplicaManager::await_durable(const TopicPartition& id, Offset end, OnDurable done) {
  if (auto* partition = find(id)) partition->log().flush_soon();
  std::vector<Result<AppendInfo>> results = {AppendInfo{.last_offset = end - 1}};
  auto on_produced = [done = std::move(done)](std::vector<Result<AppendInfo>> outcome) mutable {
    done(outcome.front() ? Result<void>() : outcome.front().error());
  };
  produces_.complete_or_watch(
      std::make_unique<DelayedProduce>(*this, std::vector<ProduceEntry>{{id, {}}},
                                       std::move(results), std::move(on_produced)),
      {id}, loop_.now() + kNoTimeout);
}

std::uint64_t ReplicaManager::fetch(std::vector<FetchEntry> entries, const FetchOptions& options,
                                    OnFetched done) {
  std::vector<TopicPartition> watched;
  watched.reserve(entries.size());
  for (const auto& entry : entries) watched.push_back(entry.partition);
  return fetches_.complete_or_watch(
      std::make_unique<DelayedFetch>(*this, std::move(entries), options, std::move(done)), watched,
      loop_.now() + options.max_wait);
}

void ReplicaManager::delete_records(const std::vector<DeleteRecordsEntry>& entries,
                                    std::chrono::milliseconds timeout, OnDeleted done) {
  std::vector<DeleteRecordsResult> results;
  results.reserve(entries.size());
  std::vector<TopicPartition> advanced;
  for (const auto& entry : entries) {
    results.push_back({entry.partition, advance_log_start(entry)});
    if (results.back().result) advanced.push_back(entry.partition);
  }
  auto answer = std::make_shared<TimedAnswer<DeleteRecordsResult>>(loop_, std::move(results), true,
                                                                   std::move(done));
  answer->limit(timeout);
  logs_.checkpoint_log_start_offsets(
      advanced, [answer](const Result<void>& written) { answer->finish(written); });
}

Result<Offset> ReplicaManager::advance_log_start(const DeleteRecordsEntry& entry) {
  auto* partition = find(entry.partition);
  if (partition == nullptr) return why_missing(entry.partition);
  if (auto leader = partition->check_leader(); !leader) return leader.error();
  auto& log = partition->log();
  if (log.config().cleanup_compact && !log.config().cleanup_delete) {
    return Error(ErrorCode::policy_violation,
                 "the topic is compacted, so that its last records "
                 "of every key stay");
  }
  const auto offset = entry.offset == protocol::kNoOffset ? log.high_watermark() : entry.offset;
  if (offset < Offset(0)) return Error(ErrorCode::offset_out_of_range);
  if (auto advanced = log.advance_log_start_offset(offset); !advanced) return advanced.error();
  return log.log_start_offset();
}

void ReplicaManager::answer_all_waiting() {
  produces_.expire_all();
  fetches_.expire_all();
}

}  // namespace ottla::broker
