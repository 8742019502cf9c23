#include "client/consumer/consumer_core.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "client/metadata/client_config.h"

namespace ottla::client {
namespace {

Error not_assigned(const TopicPartition& partition) {
  return Error(ErrorCode::not_found, "the partition is not assigned to this consumer",
               {.topic = partition.topic, .partition = partition.partition});
}

}  // namespace

Error ConsumerCore::closed_error() {
  return Error(ErrorCode::closed, "the consumer was closed");
}

Result<std::shared_ptr<ConsumerCore>> ConsumerCore::start(base::Runtime& runtime,
                                                          const ConsumerConfig& config) {
  auto settings = ConsumerSettings::from(config, runtime.next_seed());
  if (!settings) return std::move(settings).error();
  Result<Membership::Assignors> assignors = Membership::Assignors();
  if (settings->group) {
    assignors = Membership::make_assignors(config.partition_assignment_strategy);
  }
  if (!assignors) return std::move(assignors).error();
  auto core = std::make_shared<ConsumerCore>(runtime, std::move(*settings),
                                             make_logger(config, "consumer"));
  core->client_.metadata().on_update([core = core.get()] {
    core->finder_.on_metadata_update();
    core->validator_.on_metadata_update();
    // Not here: metadata are in the middle of taking an answer.
    if (core->group_) {
      core->client_.post([weak = core->weak_from_this()] {
        const auto self = weak.lock();
        if (!self || self->client_.stopped()) return;
        self->match_topics();
        self->check_topics();
      });
    }
    if (core->group_) core->group_->on_metadata_update();
    core->client_.wake();
  });
  core->client_.on_refused([core = core.get()](const Error& error) { core->on_refused(error); });
  if (core->settings_.group) core->make_group(std::move(*assignors));
  core->client_.start([core = core.get()](base::TimePoint now) { return core->turn(now); });
  if (!config.topics.empty()) {
    const auto subscribed = core->subscribe(config.topics, nullptr);
    OTTLA_ASSERT(subscribed.has_value(), "the settings were checked");
  }
  return core;
}

ConsumerCore::ConsumerCore(base::Runtime& runtime, ConsumerSettings settings, base::Logger log)
    : settings_(std::move(settings)),
      executor_(std::make_shared<CallbackExecutor>(runtime, log)),
      interceptors_(std::make_shared<const ConsumerInterceptors>(settings_.interceptors, log)),
      runtime_(runtime),
      metrics_(settings_.sampling),
      client_(runtime, settings_.network, settings_.metadata, log),
      leaders_(client_.metadata(), settings_.default_api_timeout),
      validator_(settings_.validator, subscription_, leaders_, client_.metadata(),
                 runtime.next_seed(), log),
      fetcher_(settings_.fetcher, subscription_, leaders_, client_.metadata(), metrics_,
               runtime.next_seed(), log),
      finder_(settings_.fetcher.retry, client_.metadata(), runtime.next_seed()),
      report_timer_(settings_.metrics_report_interval),
      seed_(runtime.next_seed()),
      close_promise_(executor_) {}

void ConsumerCore::make_group(Membership::Assignors assignors) {
  group_ = std::make_unique<ConsumerGroup>(
      *settings_.group, std::move(assignors), seed_,
      ConsumerGroup::Environment{
          .client = client_,
          .mutex = mutex_,
          .subscription = subscription_,
          .on_change = [this] { after_change(); },
          .on_commit = [this](const CommittedOffsets& offsets) { tell_committed(offsets); }});
  group_->on_topics_changed([this] { sync_topics(); });
}

SubscriptionState::Start ConsumerCore::start_of_partitions() const {
  return {.committed = settings_.group.has_value(),
          .reset_timestamp = settings_.fetcher.reset_timestamp};
}

ConsumerCore::~ConsumerCore() {
  if (next_) next_->set(Error(ErrorCode::closed, "the consumer is gone"));
}

Result<void> ConsumerCore::assign(const std::vector<TopicPartition>& partitions) {
  for (const auto& partition : partitions) {
    if (!partition.topic.empty() && partition.partition >= 0) continue;
    return Error(ErrorCode::invalid_argument,
                 "a partition has the name of its topic and a number of at least 0",
                 {.topic = partition.topic, .partition = partition.partition});
  }
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return closed_error();
    if (in_group_) {
      return Error(ErrorCode::invalid_argument,
                   "the consumer is subscribed to topics, which its group assigns: unsubscribe "
                   "before assigning by hand");
    }
    auto_commit_given_up(partitions);
    subscription_.assign(partitions, start_of_partitions());
  }
  client_.post([self = shared_from_this()] { self->sync_topics(); });
  changed_.notify_all();
  return {};
}

// With the lock held: what was processed of partitions that are assigned by hand no more.
void ConsumerCore::auto_commit_given_up(const std::vector<TopicPartition>& kept) {
  if (!group_ || !settings_.group->auto_commit) return;
  auto offsets = group_->committable(!polling_);
  for (const auto& partition : kept) offsets.erase(partition);
  if (offsets.empty()) return;
  client_.post([self = shared_from_this(), offsets = std::move(offsets)]() mutable {
    if (self->client_.stopped()) return;
    const auto deadline = self->client_.loop().now() + self->settings_.default_api_timeout;
    self->group_->commit(std::move(offsets), -1, deadline,
                         [self = self.get()](const Result<void>& outcome) {
                           if (outcome) return;
                           self->log().warn("auto-commit: " + outcome.error().to_string());
                         });
  });
}

void ConsumerCore::sync_topics() {
  std::vector<std::string> topics;
  {
    const std::lock_guard lock(mutex_);
    topics = subscription_.topics();
    topics.insert(topics.end(), subscribed_.begin(), subscribed_.end());
  }
  if (group_) topics.insert(topics.end(), group_->topics().begin(), group_->topics().end());
  std::sort(topics.begin(), topics.end());
  topics.erase(std::unique(topics.begin(), topics.end()), topics.end());
  for (const auto& topic : topics) client_.metadata().add_topic(topic);
  for (const auto& topic : topics_) {
    if (!std::binary_search(topics.begin(), topics.end(), topic)) {
      client_.metadata().remove_topic(topic);
    }
  }
  topics_ = std::move(topics);
  client_.wake();
}

std::vector<TopicPartition> ConsumerCore::assignment() const {
  const std::lock_guard lock(mutex_);
  return subscription_.assignment();
}

Result<void> ConsumerCore::seek(const TopicPartition& partition, std::int64_t offset) {
  if (offset < 0) {
    return Error(ErrorCode::invalid_argument, "an offset is not negative",
                 {.topic = partition.topic, .partition = partition.partition, .offset = offset});
  }
  {
    const std::lock_guard lock(mutex_);
    auto* found = subscription_.find(partition);
    if (found == nullptr) return not_assigned(partition);
    subscription_.seek(*found, protocol::Offset(offset));
  }
  client_.wake();
  return {};
}

void ConsumerCore::rewind() {
  {
    const std::lock_guard lock(mutex_);
    for (auto* partition : subscription_.in_turn()) subscription_.rewind(*partition);
  }
  client_.wake();
}

Result<std::vector<AssignedPartition*>> ConsumerCore::find_all(
    const std::vector<TopicPartition>& partitions) {
  std::vector<AssignedPartition*> found;
  for (const auto& partition : partitions) {
    found.push_back(subscription_.find(partition));
    if (found.back() == nullptr) return not_assigned(partition);
  }
  return found;
}

Result<void> ConsumerCore::seek_to(const std::vector<TopicPartition>& partitions,
                                   std::int64_t timestamp) {
  {
    const std::lock_guard lock(mutex_);
    auto found = find_all(partitions.empty() ? subscription_.assignment() : partitions);
    if (!found) return std::move(found).error();
    for (auto* partition : *found) subscription_.reset(*partition, timestamp);
  }
  client_.wake();
  return {};
}

Result<void> ConsumerCore::set_paused(const std::vector<TopicPartition>& partitions, bool paused) {
  {
    const std::lock_guard lock(mutex_);
    auto found = find_all(partitions);
    if (!found) return std::move(found).error();
    for (auto* partition : *found) partition->paused = paused;
    serve_next();
  }
  changed_.notify_all();
  client_.wake();
  return {};
}

std::vector<TopicPartition> ConsumerCore::paused() const {
  const std::lock_guard lock(mutex_);
  std::vector<TopicPartition> paused;
  for (const auto* partition : subscription_.in_turn()) {
    if (partition->paused) paused.push_back(partition->id);
  }
  return paused;
}

Future<std::int64_t> ConsumerCore::position(const TopicPartition& partition) {
  const Promise<std::int64_t> promise(executor_);
  client_.post([self = shared_from_this(), partition, promise] {
    if (self->client_.stopped()) return promise.set(closed_error());
    const auto deadline = self->client_.loop().now() + self->settings_.default_api_timeout;
    self->position_waiters_[partition].push_back({deadline, promise});
    self->client_.wake();
  });
  return promise.future();
}

void ConsumerCore::find_offsets(OffsetFinder::Wanted wanted, OffsetFinder::Done done) {
  client_.post(
      [self = shared_from_this(), wanted = std::move(wanted), done = std::move(done)]() mutable {
        if (self->client_.stopped()) return done(closed_error());
        const auto deadline = self->client_.loop().now() + self->settings_.default_api_timeout;
        self->finder_.find(std::move(wanted), deadline, std::move(done));
        self->client_.wake();
      });
}

Future<Consumer::Offsets> ConsumerCore::offsets_at(const std::vector<TopicPartition>& partitions,
                                                   std::int64_t timestamp) {
  const Promise<Consumer::Offsets> promise(executor_);
  OffsetFinder::Wanted wanted;
  for (const auto& partition : partitions) wanted[partition] = timestamp;
  find_offsets(std::move(wanted), [promise](Result<FoundOffsets> found) {
    if (!found) return promise.set(std::move(found).error());
    Consumer::Offsets offsets;
    for (const auto& [partition, at] : *found) offsets[partition] = at.offset;
    promise.set(std::move(offsets));
  });
  return promise.future();
}

Future<Consumer::OffsetsByTime> ConsumerCore::offsets_for_times(const Consumer::Times& times) {
  const Promise<Consumer::OffsetsByTime> promise(executor_);
  OffsetFinder::Wanted wanted;
  for (const auto& [partition, time] : times) {
    wanted[partition] = time.time_since_epoch().count();
    if (wanted[partition] >= 0) continue;
    promise.set(Error(ErrorCode::invalid_argument, "a time lies before 1970",
                      {.topic = partition.topic, .partition = partition.partition}));
    return promise.future();
  }
  find_offsets(std::move(wanted), [promise](Result<FoundOffsets> found) {
    if (!found) return promise.set(std::move(found).error());
    Consumer::OffsetsByTime offsets;
    for (const auto& [partition, at] : *found) {
      offsets[partition] = at.offset < 0 ? std::nullopt : std::optional(at);
    }
    promise.set(std::move(offsets));
  });
  return promise.future();
}

Future<std::vector<PartitionInfo>> ConsumerCore::partitions_for(std::string_view topic) {
  const Promise<std::vector<PartitionInfo>> promise(executor_);
  client_.post([self = shared_from_this(), name = std::string(topic), promise] {
    if (self->client_.stopped()) return promise.set(closed_error());
    const auto deadline = self->client_.loop().now() + self->settings_.default_api_timeout;
    auto done = [promise](Result<const TopicMetadata*> found) {
      if (!found) return promise.set(std::move(found).error());
      promise.set(to_partition_infos(**found));
    };
    self->client_.metadata().wait_for_topic(name, 1, deadline, std::move(done));
    self->client_.wake();
  });
  return promise.future();
}

Future<Consumer::Topics> ConsumerCore::list_topics() {
  const Promise<Consumer::Topics> promise(executor_);
  client_.post([self = shared_from_this(), promise] {
    if (self->client_.stopped()) return promise.set(closed_error());
    auto make = [](std::int16_t version) {
      protocol::MetadataRequest request;
      // Version 0 says "all" with none, later ones with null.
      if (version == 0) request.topics.emplace();
      if (version >= 4) request.allow_auto_topic_creation = false;
      return request;
    };
    auto done = [promise](Result<Response<protocol::MetadataResponse>> response) {
      if (!response) return promise.set(std::move(response).error());
      Cluster cluster;
      cluster.update(response->message);
      Consumer::Topics topics;
      for (const auto& name : cluster.topic_names()) {
        const auto* topic = cluster.topic(name);
        if (topic->error == ErrorCode::none) topics[name] = to_partition_infos(*topic);
      }
      promise.set(std::move(topics));
    };
    self->client_.network().send(
        make_request<protocol::MetadataRequest>(kAnyBroker, std::move(make), std::move(done)));
  });
  return promise.future();
}

MetricsSnapshot ConsumerCore::metrics() {
  const auto& clock = runtime_.clock();
  const auto now = clock.now();
  std::map<TopicPartition, ConsumerMetrics::Place> places;
  {
    const std::lock_guard lock(mutex_);
    for (const auto* partition : subscription_.in_turn())
      places[partition->id] = partition->place();
  }
  MetricsSnapshot snapshot{.taken_at = Timestamp(std::chrono::milliseconds(clock.wall_now()))};
  const auto& client_id = settings_.network.client_id;
  metrics_.write(client_id, places, now, snapshot);
  if (group_) group_->metrics().write(client_id, places.size(), now, snapshot);
  settings_.network.metrics->write("consumer", client_id, now, snapshot);
  return snapshot;
}

void ConsumerCore::report_metrics(base::TimePoint now) {
  if (!report_timer_.due(now)) return;
  executor_->run(base::Task(
      [self = shared_from_this()] { self->settings_.metrics_reporter(self->metrics()); }));
}

}  // namespace ottla::client
