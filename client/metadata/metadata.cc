#include "client/metadata/metadata.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "client/network/request.h"

namespace ottla::client {
namespace {

bool is_retriable(ErrorCode code) {
  return Error(code).retriable();
}

}  // namespace

void Metadata::add_topic(std::string_view topic) {
  if (topics_.emplace(topic, base::TimePoint::max()).second) new_topics_.emplace(topic);
}

void Metadata::remove_topic(std::string_view topic) {
  const auto found = topics_.find(topic);
  if (found != topics_.end()) topics_.erase(found);
  const auto unasked = new_topics_.find(topic);
  if (unasked != new_topics_.end()) new_topics_.erase(unasked);
  cluster_.forget_topic(topic);
}

void Metadata::note_use(std::string_view topic, base::TimePoint now) {
  const auto found = topics_.find(topic);
  if (found != topics_.end()) {
    found->second = now;
    return;
  }
  add_topic(topic);
  topics_.find(topic)->second = now;
}

// A topic is idle only once it was used.
void Metadata::drop_idle(base::TimePoint now) {
  if (config_.max_idle == base::Duration::max()) return;
  std::erase_if(topics_, [&](const auto& entry) {
    const auto& [name, used] = entry;
    return used <= now && now - used > config_.max_idle && !waiters_.awaits(name);
  });
}

base::TimePoint Metadata::rebootstrap_time() const {
  if (!config_.rebootstrap || !unanswered_since_) return base::kNever;
  const auto left = base::kNever - *unanswered_since_;
  return *unanswered_since_ + std::min(config_.rebootstrap_trigger, base::Duration(left));
}

void Metadata::rebootstrap(base::TimePoint now) {
  unanswered_since_ = now;
  update_wanted_ = true;
  cluster_.forget_brokers();
  if (on_rebootstrap_) on_rebootstrap_();
  tell_listeners();
}

void Metadata::wait_for_topic(std::string_view topic, std::int32_t partitions,
                              base::TimePoint deadline, OnTopic done) {
  add_topic(topic);
  const auto* known = cluster_.topic(topic);
  if (known != nullptr && known->error == ErrorCode::none &&
      static_cast<std::int32_t>(known->partitions.size()) >= partitions) {
    done(known);
    return;
  }
  // An error that would be told at once: the answer must be a fresh one.
  const bool failed = known != nullptr && known->error != ErrorCode::none;
  if (failed && !is_retriable(known->error)) cluster_.forget_topic(topic);
  if (!new_topics_.contains(topic)) request_update();
  waiters_.add({std::string(topic), partitions, deadline, std::move(done)});
}

base::TimePoint Metadata::due(base::TimePoint now) const {
  if (!new_topics_.empty() || !updated_at_) return std::max(failed_until_, now);
  if (update_wanted_) return std::max(not_before_, now);
  return std::max(not_before_, *updated_at_ + config_.max_age);
}

Metadata::Poll Metadata::poll(base::TimePoint now) {
  answer_late(now);
  if (rebootstrap_time() <= now) rebootstrap(now);
  Poll poll;
  poll.next = std::min(waiters_.next_deadline(), rebootstrap_time());
  if (in_flight_) return poll;
  if (const auto when = due(now); when > now) {
    poll.next = std::min(poll.next, when);
    return poll;
  }
  const bool partial =
      updated_at_ && !new_topics_.empty() && (!update_wanted_ || not_before_ > now);
  poll.request = Draft{.topics = {new_topics_.begin(), new_topics_.end()},
                       .all = want_all_ && !partial,
                       .allow_auto_topic_creation = config_.allow_auto_topic_creation};
  if (!partial) {
    drop_idle(now);
    poll.request->topics.clear();
    for (const auto& [name, used] : topics_) poll.request->topics.push_back(name);
  }
  if (!partial) update_wanted_ = false;
  new_topics_.clear();
  in_flight_ = true;
  if (!unanswered_since_) unanswered_since_ = now;
  poll.next = std::min(poll.next, rebootstrap_time());
  return poll;
}

void Metadata::on_response(const Draft& draft, const protocol::MetadataResponse& response,
                           base::TimePoint now) {
  in_flight_ = false;
  if (response.error_code != ErrorCode::none) {
    const bool sent_away = response.error_code == ErrorCode::rebootstrap_required;
    if (sent_away && config_.rebootstrap) rebootstrap(now);
    return on_failure(Error(response.error_code, "the broker refused Metadata"), now);
  }
  take_response(draft, response);
  updated_at_ = now;
  unanswered_since_.reset();
  last_error_.reset();
  std::vector<Answer> answers;
  for (const auto& topic : response.topics) {
    if (topic.name) settle(*topic.name, answers);
  }
  failures_ = needs_retry(draft) ? failures_ + 1 : 0;
  // The pause holds between any two requests: what proves wrong at once is not asked at once.
  not_before_ = now + config_.retry.after(std::max(failures_, 1U), random_);
  if (failures_ > 0) update_wanted_ = true;
  for (auto& answer : answers) answer.done(std::move(answer.outcome));
  tell_listeners();
}

void Metadata::take_response(const Draft& draft, const protocol::MetadataResponse& response) {
  cluster_.update(response);
  std::unordered_set<std::string_view> answered;
  for (const auto& topic : response.topics) answered.insert(topic.name.value_or(""));
  // A topic that was asked for and not answered is not known.
  for (const auto& topic : draft.all ? cluster_.topic_names() : draft.topics) {
    if (!answered.contains(topic)) cluster_.forget_topic(topic);
  }
}

// Somebody waits for what the answer did not bring.
bool Metadata::needs_retry(const Draft& draft) const {
  return std::any_of(draft.topics.begin(), draft.topics.end(),
                     [this](const auto& topic) { return waiters_.awaits(topic); });
}

void Metadata::on_failure(const Error& error, base::TimePoint now) {
  in_flight_ = false;
  update_wanted_ = true;
  last_error_ = error;
  not_before_ = now + config_.retry.after(++failures_, random_);
  failed_until_ = not_before_;
  if (!is_authentication_failure(error.code())) return;
  // Waiting does not help: those who ask later find out whether it was put right.
  for (auto& waiter : waiters_.take_all()) waiter.done(not_found(waiter));
}

bool Metadata::apply_leader_hint(std::string_view topic, std::int32_t partition,
                                 const Leader& leader) {
  if (!cluster_.update_leader(topic, partition, leader)) return false;
  tell_listeners();
  return true;
}

void Metadata::tell_listeners() {
  for (auto& listener : listeners_) listener();
}

// Those who have what they wait for, or never will.
void Metadata::settle(std::string_view name, std::vector<Answer>& answers) {
  const auto* topic = cluster_.topic(name);
  if (topic == nullptr) return;
  Result<const TopicMetadata*> outcome(topic);
  std::vector<Waiter> settled;
  if (topic->error == ErrorCode::none) {
    settled = waiters_.take_satisfied(name, topic->partitions.size());
  } else if (!is_retriable(topic->error)) {
    settled = waiters_.take_topic(name);
    outcome = Error(topic->error, {}, {.topic = topic->name});
  }
  for (auto& waiter : settled) answers.push_back({std::move(waiter.done), outcome});
}

std::optional<Error> Metadata::trouble() const {
  if (last_error_ || updated_at_ || !diagnosis_) return last_error_;
  return diagnosis_();
}

Error Metadata::not_found(const Waiter& waiter) const {
  if (const auto why = trouble()) {
    auto context = why->context();
    context.topic = waiter.topic;
    return Error(why->code(), "the topic's metadata could not be had: " + why->message(),
                 std::move(context));
  }
  const auto* topic = cluster_.topic(waiter.topic);
  if (topic != nullptr && topic->error == ErrorCode::none && !topic->partitions.empty()) {
    return Error(ErrorCode::unknown_topic_or_partition,
                 "the topic has " + std::to_string(topic->partitions.size()) +
                     " partitions, so there is no partition " +
                     std::to_string(waiter.partitions - 1),
                 {.topic = waiter.topic, .partition = waiter.partitions - 1});
  }
  const auto code = topic != nullptr && topic->error != ErrorCode::none
                        ? topic->error
                        : ErrorCode::unknown_topic_or_partition;
  return Error(code, "the cluster did not know the topic in the time given",
               {.topic = waiter.topic});
}

void Metadata::answer_late(base::TimePoint now) {
  for (auto& waiter : waiters_.take_late(now)) waiter.done(not_found(waiter));
}

void Metadata::close(const Error& error) {
  for (auto& waiter : waiters_.take_all()) waiter.done(error);
}

}  // namespace ottla::client
