#include <algorithm>
#include <utility>

#include "client/consumer/consumer_core.h"
#include "client/metadata/client_config.h"

// The consumer as a member of its group, and its end.
namespace ottla::client {

Result<void> ConsumerCore::check_group(std::string_view what) const {
  if (group_) return {};
  return Error(ErrorCode::invalid_argument,
               std::string(what) + " needs a group: set group_id (group.id)");
}

Result<void> ConsumerCore::subscribe(std::vector<std::string> topics,
                                     std::shared_ptr<ConsumerRebalanceListener> listener) {
  if (auto checked = check_group("subscribing to topics"); !checked) return checked;
  if (topics.empty()) return unsubscribe();
  if (std::any_of(topics.begin(), topics.end(), [](const auto& topic) { return topic.empty(); })) {
    return Error(ErrorCode::invalid_argument, "a topic has a name");
  }
  {
    const std::lock_guard lock(mutex_);
    if (auto may = may_subscribe(); !may) return may;
    in_group_ = true;
    subscribed_ = topics;
    pattern_.reset();
    listener_ = std::move(listener);
  }
  client_.post([self = shared_from_this(), topics = std::move(topics)]() mutable {
    if (self->client_.stopped()) return;
    self->client_.metadata().want_all_topics(false);
    self->group_->subscribe(std::move(topics), true);
    self->sync_topics();
  });
  return {};
}

// With the lock held.
Result<void> ConsumerCore::may_subscribe() const {
  if (closed_) return closed_error();
  if (in_group_ || subscription_.in_turn().empty()) return {};
  return Error(ErrorCode::invalid_argument,
               "partitions are assigned by hand: unsubscribe before subscribing to topics");
}

Result<void> ConsumerCore::subscribe_pattern(std::string_view text,
                                             std::shared_ptr<ConsumerRebalanceListener> listener) {
  if (auto checked = check_group("subscribing to topics"); !checked) return checked;
  auto pattern = TopicPattern::parse(text);
  if (!pattern) return std::move(pattern).error();
  {
    const std::lock_guard lock(mutex_);
    if (auto may = may_subscribe(); !may) return may;
    in_group_ = true;
    subscribed_.clear();
    pattern_ = std::move(*pattern);
    listener_ = std::move(listener);
  }
  client_.post([self = shared_from_this()] {
    if (self->client_.stopped()) return;
    self->client_.metadata().want_all_topics(true);
    self->group_->subscribe({}, true);
    self->match_topics();
    self->client_.wake();
  });
  return {};
}

// On the loop, whenever metadata have come.
void ConsumerCore::match_topics() {
  std::shared_ptr<const TopicPattern> pattern;
  {
    const std::lock_guard lock(mutex_);
    pattern = pattern_;
  }
  if (!pattern) return;
  std::vector<std::string> matching;
  for (auto& name : client_.cluster().topic_names()) {
    const auto* topic = client_.cluster().topic(name);
    const bool hidden = topic->internal && settings_.exclude_internal_topics;
    if (topic->error == ErrorCode::none && !hidden && pattern->matches(name)) {
      matching.push_back(std::move(name));
    }
  }
  std::sort(matching.begin(), matching.end());
  {
    const std::lock_guard lock(mutex_);
    if (pattern != pattern_ || matching == subscribed_) return;
    subscribed_ = matching;
  }
  group_->subscribe(std::move(matching), true);
  sync_topics();
}

// On the loop, whenever metadata have come: topics that nobody can read are left out of every
// assignment, so that nothing else would say so.
void ConsumerCore::check_topics() {
  {
    const std::lock_guard lock(mutex_);
    topic_error_.reset();
    for (const auto& name : subscribed_) {
      const auto* topic = client_.cluster().topic(name);
      if (topic == nullptr || topic->error == ErrorCode::none) continue;
      if (Error(topic->error).retriable()) continue;
      topic_error_ = Error(topic->error, {}, {.topic = name});
      break;
    }
  }
  after_change();
}

// On the loop. Nothing will come until somebody puts it right, so polls say so.
void ConsumerCore::on_refused(const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    refusal_ = error;
  }
  after_change();
}

std::vector<std::string> ConsumerCore::subscription() const {
  const std::lock_guard lock(mutex_);
  return subscribed_;
}

Result<void> ConsumerCore::unsubscribe() {
  std::shared_ptr<ConsumerRebalanceListener> listener;
  std::vector<TopicPartition> given_up;
  CommittedOffsets offsets;
  bool leaves = false;
  std::int32_t generation = -1;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return closed_error();
    if (polling_) {
      return Error(ErrorCode::already_in_use, "a poll of this consumer is under way");
    }
    listener = std::exchange(listener_, nullptr);
    given_up = subscription_.assignment();
    if (group_ && settings_.group->auto_commit) offsets = group_->committable(true);
    // Partitions that were assigned by hand leave nothing but what is to be committed.
    leaves = in_group_ || !offsets.empty();
    if (leaves) generation = group_->metadata().generation_id;
  }
  if (leaves) {
    client_.post([self = shared_from_this(), offsets = std::move(offsets), generation]() mutable {
      const auto deadline = self->client_.loop().now() + self->settings_.default_api_timeout;
      self->group_->commit(std::move(offsets), generation, deadline, [](const Result<void>&) {});
    });
    tell_given_up(listener.get(), given_up);
  }
  {
    const std::lock_guard lock(mutex_);
    in_group_ = false;
    subscribed_.clear();
    topic_error_.reset();
    pattern_.reset();
    subscription_.assign({}, {});
    if (leaves) group_->give_up();
  }
  client_.post([self = shared_from_this(), leaves] {
    if (self->client_.stopped()) return;
    self->client_.metadata().want_all_topics(false);
    if (leaves) {
      self->group_->leave(
          {.reason = "the consumer unsubscribed",
           .deadline = self->client_.loop().now() + self->settings_.default_api_timeout,
           .done = [] {}});
    }
    self->sync_topics();
  });
  return {};
}

void ConsumerCore::tell_given_up(ConsumerRebalanceListener* listener,
                                 const std::vector<TopicPartition>& partitions) {
  if (listener == nullptr || partitions.empty()) return;
  const bool member = current_generation() >= 0;
  tell_listener(member ? GroupMetrics::Told::revoked : GroupMetrics::Told::lost, listener,
                partitions);
}

void ConsumerCore::tell_listener(GroupMetrics::Told what, ConsumerRebalanceListener* listener,
                                 const std::vector<TopicPartition>& partitions) {
  const auto began = runtime_.clock().now();
  executor_->invoke([&] {
    switch (what) {
      case GroupMetrics::Told::revoked:
        return listener->on_partitions_revoked(partitions);
      case GroupMetrics::Told::assigned:
        return listener->on_partitions_assigned(partitions);
      case GroupMetrics::Told::lost:
        return listener->on_partitions_lost(partitions);
    }
  });
  const auto now = runtime_.clock().now();
  group_->metrics().on_listener(what, now - began, now);
}

Result<void> ConsumerCore::enforce_rebalance(std::string_view reason) {
  if (auto checked = check_group("a rebalance"); !checked) return checked;
  client_.post([self = shared_from_this(), reason = std::string(reason)] {
    if (self->client_.stopped()) return;
    self->group_->request_rejoin(reason.empty() ? "the application asked for it" : reason);
  });
  return {};
}

ConsumerGroupMetadata ConsumerCore::group_metadata() const {
  const std::lock_guard lock(mutex_);
  return group_ ? group_->reader() : ConsumerGroupMetadata();
}

std::int32_t ConsumerCore::current_generation() const {
  const std::lock_guard lock(mutex_);
  return group_ ? group_->metadata().generation_id : -1;
}

// ---- between the loop and the thread that polls

void ConsumerCore::run_rebalance() {
  if (!group_) return;
  while (true) {
    std::optional<RebalanceStep> step;
    std::shared_ptr<ConsumerRebalanceListener> listener;
    bool begun = false;
    {
      const std::lock_guard lock(mutex_);
      if (closed_) return;
      begun = group_->begin_step();
      step = group_->granted_step();
      listener = listener_;
    }
    if (begun) client_.wake();
    if (!step) return;
    run_step(std::move(*step), listener.get());
    {
      const std::lock_guard lock(mutex_);
      group_->end_step();
    }
    client_.post([self = shared_from_this()] { self->sync_topics(); });
  }
}

// With the lock held. The consumer may have fallen out of its group since the step was granted.
void ConsumerCore::adapt_step(RebalanceStep& step) {
  if (group_->metadata().generation_id < 0) {
    step.lost.insert(step.lost.end(), step.revoked.begin(), step.revoked.end());
    step = {.revoked = {}, .lost = std::move(step.lost), .added = {}, .assigned = false};
  }
  // What was not taken up then is lost too, but nobody knew of it.
  std::erase_if(step.lost, [this](const auto& id) { return subscription_.find(id) == nullptr; });
}

void ConsumerCore::run_step(RebalanceStep step, ConsumerRebalanceListener* listener) {
  {
    const std::lock_guard lock(mutex_);
    adapt_step(step);
  }
  if (listener != nullptr && !step.lost.empty()) {
    tell_listener(GroupMetrics::Told::lost, listener, step.lost);
  }
  if (listener != nullptr && !step.revoked.empty()) {
    tell_listener(GroupMetrics::Told::revoked, listener, step.revoked);
  }
  {
    const std::lock_guard lock(mutex_);
    subscription_.remove(step.lost);
    subscription_.remove(step.revoked);
    subscription_.add(step.added, start_of_partitions());
  }
  if (listener != nullptr && step.assigned) {
    tell_listener(GroupMetrics::Told::assigned, listener, step.added);
  }
}

// ---- offsets

Future<void> ConsumerCore::commit(CommittedOffsets offsets) {
  const Promise<void> promise(executor_);
  auto checked = check_group("committing offsets");
  for (const auto& [partition, offset] : offsets) {
    if (!checked || offset.offset >= 0) continue;
    checked = Error(
        ErrorCode::invalid_argument, "an offset is not negative",
        {.topic = partition.topic, .partition = partition.partition, .offset = offset.offset});
  }
  if (!checked) {
    promise.set(checked.error());
    return promise.future();
  }
  client_.post([self = shared_from_this(), promise, offsets = std::move(offsets),
                generation = current_generation(), began = runtime_.clock().now()]() mutable {
    if (self->client_.stopped()) return promise.set(closed_error());
    const auto deadline = self->client_.loop().now() + self->settings_.default_api_timeout;
    self->group_->commit(std::move(offsets), generation, deadline,
                         [self = self.get(), promise, began](Result<void> outcome) {
                           self->metrics_.on_commit_call(self->runtime_.clock().now() - began);
                           // The interceptors hear of it first.
                           if (self->interceptors_->empty()) return promise.set(std::move(outcome));
                           self->executor_->complete(promise, std::move(outcome));
                         });
  });
  return promise.future();
}

void ConsumerCore::tell_committed(const CommittedOffsets& offsets) {
  if (interceptors_->empty()) return;
  executor_->run(base::Task([chain = interceptors_, offsets] { chain->on_commit(offsets); }));
}

Future<void> ConsumerCore::commit_returned() {
  CommittedOffsets offsets;
  if (group_) {
    const std::lock_guard lock(mutex_);
    // A poll that is under way has taken records that nobody has seen.
    offsets = group_->committable(!polling_);
  }
  return commit(std::move(offsets));
}

Future<CommittedOffsets> ConsumerCore::committed(std::vector<TopicPartition> partitions) {
  const Promise<CommittedOffsets> promise(executor_);
  if (auto checked = check_group("committed offsets"); !checked) {
    promise.set(checked.error());
    return promise.future();
  }
  client_.post([self = shared_from_this(), promise, partitions = std::move(partitions),
                began = runtime_.clock().now()]() mutable {
    if (self->client_.stopped()) return promise.set(closed_error());
    const auto deadline = self->client_.loop().now() + self->settings_.default_api_timeout;
    self->group_->fetch_committed(
        std::move(partitions), deadline,
        [self = self.get(), promise, began](Result<CommittedOffsets> found) {
          self->metrics_.on_committed_call(self->runtime_.clock().now() - began);
          promise.set(std::move(found));
        });
  });
  return promise.future();
}

std::optional<std::int64_t> ConsumerCore::current_lag(const TopicPartition& id) const {
  const std::lock_guard lock(mutex_);
  const auto* partition = subscription_.find(id);
  return partition == nullptr ? std::nullopt : partition->place().lag;
}

// ---- the end

Future<void> ConsumerCore::close_async(const Consumer::CloseOptions& options, bool returned) {
  std::shared_ptr<ConsumerRebalanceListener> listener;
  std::vector<TopicPartition> given_up;
  CommittedOffsets offsets;
  std::int32_t generation = -1;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(closed_, true)) {
      const Promise<void> promise(executor_);
      // Behind the callbacks that are queued already.
      executor_->complete<void>(promise, {});
      return promise.future();
    }
    if (in_group_) {
      // A step that runs elsewhere tells the listener itself.
      if (!group_->running()) listener = listener_;
      given_up = subscription_.assignment();
    }
    if (group_ && settings_.group->auto_commit) {
      generation = group_->metadata().generation_id;
      offsets = group_->committable(returned && !polling_);
    }
    serve_next();
  }
  changed_.notify_all();
  if (!offsets.empty()) {
    client_.post([self = shared_from_this(), offsets = std::move(offsets), generation,
                  timeout = bounded(options.timeout)]() mutable {
      const auto deadline = self->client_.loop().now() + timeout;
      self->group_->commit(
          std::move(offsets), generation, deadline,
          [self = self.get()](const Result<void>& outcome) {
            if (outcome) return;
            self->log().warn("auto-commit at the end: " + outcome.error().to_string());
          });
    });
  }
  tell_given_up(listener.get(), given_up);
  client_.post([self = shared_from_this(), options] { self->finish_close(options); });
  return close_promise_.future();
}

void ConsumerCore::finish_close(const Consumer::CloseOptions& options) {
  if (!group_) return stop();
  using Choice = Consumer::CloseOptions::Membership;
  group_->leave({.tell = options.membership != Choice::remain,
                 .also_static = options.membership == Choice::leave,
                 .reason = "the consumer was closed",
                 .deadline = client_.loop().now() + bounded(options.timeout),
                 .done = [this] { client_.post([self = shared_from_this()] { self->stop(); }); }});
}

void ConsumerCore::stop() {
  if (client_.stopped()) return;
  client_.stop();
  finder_.close(closed_error());
  if (group_) group_->close(closed_error());
  auto waiters = std::exchange(position_waiters_, {});
  for (auto& [partition, waiting] : waiters) {
    for (auto& waiter : waiting) waiter.promise.set(closed_error());
  }
  if (!interceptors_->empty()) {
    executor_->run(base::Task([chain = interceptors_] { chain->on_close(); }));
  }
  // After the callbacks that are queued already.
  executor_->complete<void>(close_promise_, {});
}

}  // namespace ottla::client
