#include "client/producer/sender.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/assert.h"

namespace ottla::client {
namespace {

// The broker remembers so many batches of a producer to recognise one that comes again.
constexpr std::size_t kMaxIdempotentInFlight = 5;

// When so many that linger do not fit into what is left of a request, it is full.
constexpr int kMostThatDoNotFit = 8;

// The last epoch that a producer may write in.
constexpr protocol::ProducerEpoch kLastEpoch{32766};

ErrorContext place(const PartitionQueue& queue, const Error& error) {
  auto context = error.context();
  context.topic = *queue.topic.name();
  context.partition = queue.partition;
  return context;
}

}  // namespace

Sender::Sender(const SenderConfig& config, RecordAccumulator& accumulator, Metadata& metadata,
               TransactionManager* transactions, std::uint64_t seed, base::Logger log)
    : config_(config),
      accumulator_(accumulator),
      metadata_(metadata),
      transactions_(transactions),
      random_(seed),
      log_(std::move(log)),
      identity_(config.retry, random_.next()),
      max_in_flight_(config.idempotent ? kMaxIdempotentInFlight : 1),
      stalls_(config.availability_timeout) {}

Sender::Poll Sender::poll(base::TimePoint now, BrokerGate& gate) {
  Poll poll;
  for (auto* queue : accumulator_.take_enlisted()) look_at(*queue, now);
  if (std::exchange(metadata_changed_, false)) look_at_moved(now);
  if (transactions_ != nullptr && transactions_->take_change()) look_at_transaction(now);
  fire_timers(now);
  if (config_.idempotent && transactions_ == nullptr) {
    const auto identity = identity_.poll(now);
    poll.init_producer_id = identity.request;
    poll.next = identity.next;
  }
  for (auto& [broker, queues] : ready_) {
    for (auto room = room_at(broker, now, gate); room > 0 && !queues.empty(); --room) {
      auto draft = drain(broker, now);
      if (draft.entries.empty()) break;
      accumulator_.metrics().on_request(draft, now);
      poll.requests.push_back(std::move(draft));
    }
  }
  poll.next = std::min({poll.next, fire_timers(now), stalls_.next()});
  return poll;
}

// Decides anew what the partition waits for; called whenever that may have changed.
void Sender::look_at(PartitionQueue& queue, base::TimePoint now) {
  // Told before the oldest batch is looked at: one that comes after that is told of again.
  const bool all_told = config_.availability_timeout.count() > 0;
  queue.window_full.store(!all_told && window_full(queue.send));
  auto head = expire(queue, now);
  if (identity_.fatal_error()) {
    fail_queued(queue, *identity_.fatal_error());
    head = accumulator_.head(queue);
  }
  if (transactions_ != nullptr && head && refuse_queued(queue)) head = accumulator_.head(queue);
  const auto& in_flight = queue.send.in_flight;
  auto timer = base::kNever;
  for (const auto& batch : in_flight) {
    if (!batch->sending.reported) {
      timer = std::min(timer, batch->created() + config_.delivery_timeout);
    }
  }
  note_blocked(queue, head && !head->sealing && !in_flight.empty() && !may_send(queue, *head));
  if (head) {
    if (!head->sealing) timer = std::min(timer, head->created + config_.delivery_timeout);
    if (may_send(queue, *head)) {
      const auto when = send_time(queue, *head);
      if (when <= now) {
        register_ready(queue);
      } else {
        timer = std::min(timer, when);
        if (head->sending->attempts > 0) {
          note_pause(queue);
        } else {
          note_lingering(queue);
        }
      }
    }
  }
  set_timer(queue, timer);
}

// Counted from the oldest that is not settled: the broker must still remember that one should it
// come again, however many were settled behind it.
bool Sender::window_full(const SendState& send) const {
  if (send.in_flight.empty()) return false;
  return send.next_order - send.in_flight.front()->sending.order.number >= max_in_flight_;
}

bool Sender::may_send(PartitionQueue& queue, const RecordAccumulator::Head& head) const {
  const auto& send = queue.send;
  if (head.sealing) return false;
  if (!send.in_flight.empty()) {
    if (window_full(send)) return false;
    // What is sent again goes alone, and so do the first batch of an epoch and what follows a gap.
    const bool again = head.sending->attempts > 0 || send.in_flight.back()->sending.attempts > 1;
    if (again || send.gap || !send.epoch_known) return false;
  }
  if (transactions_ != nullptr) return in_transaction_may_send(queue, head);
  const bool needs_id = config_.idempotent && !head.stamped && needs_identity(queue);
  return !needs_id || identity_.identity().has_value();
}

base::TimePoint Sender::send_time(const PartitionQueue& queue,
                                  const RecordAccumulator::Head& head) const {
  const auto& send = queue.send;
  if (head.sending->attempts > 0) {
    const auto leader = metadata_.cluster().leader(*queue.topic.name(), queue.partition);
    const bool new_leader = leader && leader->epoch > send.failed_epoch;
    return new_leader ? base::TimePoint::min() : send.retry_at;
  }
  const bool at_once = head.complete || closing_ || accumulator_.flushes().flushing() ||
                       accumulator_.pool().exhausted() ||
                       (transactions_ != nullptr && transactions_->completing());
  return at_once ? base::TimePoint::min() : head.created + config_.linger;
}

void Sender::register_ready(PartitionQueue& queue) {
  auto& send = queue.send;
  const auto leader = metadata_.cluster().leader(*queue.topic.name(), queue.partition);
  if (!leader) {
    unregister(queue);
    metadata_.add_topic(*queue.topic.name());
    metadata_.request_update();
    if (!std::exchange(send.leaderless, true)) leaderless_.push_back(&queue);
    return;
  }
  if (send.ready_at == leader->broker) return;
  unregister(queue);
  send.ready_at = leader->broker;
  ready_[leader->broker].push_back(&queue);
}

void Sender::unregister(PartitionQueue& queue) {
  if (queue.send.ready_at == protocol::kNoBroker) return;
  std::erase(ready_[queue.send.ready_at], &queue);
  queue.send.ready_at = protocol::kNoBroker;
}

// Metadata may tell of another leader before the pause is over.
void Sender::note_pause(PartitionQueue& queue) {
  if (!std::exchange(queue.send.pausing, true)) pausing_.push_back(&queue);
}

void Sender::note_lingering(PartitionQueue& queue) {
  if (queue.send.lingering) return;
  const auto leader = metadata_.cluster().leader(*queue.topic.name(), queue.partition);
  if (!leader) return;
  queue.send.lingering = true;
  lingering_[leader->broker].push_back(&queue);
}

// Batches that may not overtake others of their partition wait for their broker as well.
void Sender::note_blocked(PartitionQueue& queue, bool blocked) {
  if (config_.availability_timeout.count() == 0) return;
  auto broker = protocol::kNoBroker;
  if (blocked) {
    const auto leader = metadata_.cluster().leader(*queue.topic.name(), queue.partition);
    if (leader) broker = leader->broker;
  }
  const auto before = std::exchange(queue.send.blocked_at, broker);
  if (before == broker) return;
  if (before != protocol::kNoBroker) --blocked_[before];
  if (broker == protocol::kNoBroker) return;
  ++blocked_[broker];
  ready_.try_emplace(broker);
}

// How many requests to the broker could leave now, if something waits for it.
std::size_t Sender::room_at(BrokerId broker, base::TimePoint now, BrokerGate& gate) {
  const auto blocked = blocked_.find(broker);
  const bool waited_for =
      !ready_[broker].empty() || (blocked != blocked_.end() && blocked->second > 0);
  const auto room = waited_for ? gate.room(broker) : 0;
  const bool changed = waited_for ? stalls_.note(broker, room > 0, now) : stalls_.note_idle(broker);
  if (changed) tell_stalls();
  return room;
}

void Sender::tell_stalls() {
  accumulator_.topics().for_each([this](TopicEntry& topic) {
    const auto* partitions = topic.partitions();
    if (partitions == nullptr) return;
    for (auto* queue : partitions->queues) {
      const auto leader = metadata_.cluster().leader(*topic.name(), queue->partition);
      queue->load.stalled.store(leader && stalls_.stalls(leader->broker),
                                std::memory_order_relaxed);
    }
  });
}

void Sender::look_at_moved(base::TimePoint now) {
  std::vector<PartitionQueue*> queues;
  queues.swap(leaderless_);
  for (auto* queue : queues) queue->send.leaderless = false;
  for (auto* queue : pausing_) queue->send.pausing = false;
  queues.insert(queues.end(), pausing_.begin(), pausing_.end());
  pausing_.clear();
  for (const auto& [broker, lingering] : std::exchange(lingering_, {})) {
    for (auto* queue : lingering) queue->send.lingering = false;
    queues.insert(queues.end(), lingering.begin(), lingering.end());
  }
  for (const auto& [broker, ready] : ready_)
    queues.insert(queues.end(), ready.begin(), ready.end());
  for (auto* queue : queues) {
    metadata_.note_use(*queue->topic.name(), now);  // it has batches that wait
    look_at(*queue, now);
  }
  std::erase_if(blocked_, [](const auto& entry) { return entry.second == 0; });
  std::erase_if(ready_, [this](const auto& entry) {
    if (!entry.second.empty() || blocked_.contains(entry.first)) return false;
    stalls_.note_idle(entry.first);
    return true;
  });
  if (config_.availability_timeout.count() > 0) tell_stalls();
}

void Sender::set_timer(PartitionQueue& queue, base::TimePoint when) {
  if (queue.send.timer == when) return;
  queue.send.timer = when;
  if (when != base::kNever) timers_.push({when, &queue});
}

// Returns when the next one is due.
base::TimePoint Sender::fire_timers(base::TimePoint now) {
  while (!timers_.empty()) {
    const auto [when, queue] = timers_.top();
    if (queue->send.timer == when && when > now) return when;
    timers_.pop();
    if (queue->send.timer != when) continue;
    queue->send.timer = base::kNever;
    look_at(*queue, now);
  }
  return base::kNever;
}

void Sender::fail_queued(PartitionQueue& queue, const Error& error) {
  while (accumulator_.head(queue)) {
    const auto batch = accumulator_.take_head(queue);
    if (!batch) return;
    accumulator_.fail(*batch, Error(error.code(), error.message(), place(queue, error)));
  }
}

ProduceDraft Sender::drain(BrokerId broker, base::TimePoint now) {
  ++drafts_;
  Filling into{.draft = {.broker = broker, .entries = {}}, .room = config_.max_request_size};
  if (transactions_ != nullptr) {
    into.draft.transactional = true;
    into.draft.transactions_v2 = transactions_->v2();
  }
  // Those that register again on the way are for the next request.
  for (auto left = ready_[broker].size(); left > 0; --left) {
    auto& queues = ready_[broker];
    if (queues.empty()) break;
    auto& queue = *queues.front();
    queues.pop_front();
    queue.send.ready_at = protocol::kNoBroker;
    if (!take_for(queue, now, into)) return std::move(into.draft);
  }
  if (into.lingered) take_lingering(now, into);
  return std::move(into.draft);
}

// False if the request is full.
bool Sender::take_for(PartitionQueue& queue, base::TimePoint now, Filling& into) {
  const auto broker = into.draft.broker;
  const auto head = expire(queue, now);
  const auto leader = metadata_.cluster().leader(*queue.topic.name(), queue.partition);
  const bool still = head && may_send(queue, *head) && send_time(queue, *head) <= now && leader &&
                     leader->broker == broker;
  if (!still) {
    look_at(queue, now);
    return true;
  }
  if (!into.draft.entries.empty() && head->size > into.room) {
    queue.send.ready_at = broker;
    ready_[broker].push_front(&queue);
    return false;
  }
  into.lingered = into.lingered || !head->complete;
  add_head(queue, leader->epoch, now, into);
  return true;
}

// As far as there is room; those that are left go on lingering.
void Sender::take_lingering(base::TimePoint now, Filling& into) {
  const auto broker = into.draft.broker;
  const auto lingering = std::exchange(lingering_[broker], {});
  int did_not_fit = 0;
  for (auto* queue : lingering) {
    if (did_not_fit >= kMostThatDoNotFit) {
      lingering_[broker].push_back(queue);
      continue;
    }
    queue->send.lingering = false;
    const auto head = expire(*queue, now);
    const auto leader = metadata_.cluster().leader(*queue->topic.name(), queue->partition);
    const bool along = head && head->size <= into.room && may_send(*queue, *head) &&
                       head->sending->attempts == 0 && leader && leader->broker == broker &&
                       queue->send.ready_at == protocol::kNoBroker && queue->send.draft != drafts_;
    if (along) {
      add_head(*queue, leader->epoch, now, into);
    } else {
      if (head && head->size > into.room) ++did_not_fit;
      look_at(*queue, now);
    }
  }
}

void Sender::add_head(PartitionQueue& queue, protocol::LeaderEpoch leader_epoch,
                      base::TimePoint now, Filling& into) {
  auto batch = accumulator_.take_head(queue);
  if (!batch) return;
  metadata_.note_use(*queue.topic.name(), now);
  OTTLA_ASSERT(queue.send.draft != drafts_, "a request has one batch of a partition");
  queue.send.draft = drafts_;
  stamp(queue, *batch);
  auto& sending = batch->sending;
  if (sending.order.number == 0) sending.order.number = queue.send.next_order++;
  ++sending.attempts;
  sending.leader_epoch = leader_epoch;
  into.room -= std::min(into.room, batch->size_in_bytes());
  ++in_flight_;
  into.draft.entries.push_back({&queue, batch.get(), batch->slice()});
  queue.send.in_flight.push_back(std::move(batch));
  look_at(queue, now);
}

void Sender::stamp(PartitionQueue& queue, ProducerBatch& batch) {
  if (batch.stamped()) return;
  if (!config_.idempotent) return batch.stamp({});
  if (transactions_ != nullptr) return stamp_in_transaction(queue, batch);
  auto& send = queue.send;
  if (send.gap || send.producer_id == protocol::kNoProducerId) {
    if (needs_identity(queue)) {
      send.producer_id = identity_.identity()->id;
      send.producer_epoch = identity_.identity()->epoch;
    } else {
      ++send.producer_epoch;
    }
    send.next_sequence = protocol::Sequence(0);
    send.gap = false;
    send.missing_from = SendState::kNothingMissing;
    send.epoch_known = false;
    accumulator_.clear_stamps(queue);
  }
  batch.stamp({send.producer_id, send.producer_epoch, send.next_sequence});
  send.next_sequence = protocol::sequence_after(send.next_sequence, batch.record_count());
}

bool Sender::needs_identity(const PartitionQueue& queue) const {
  const auto& send = queue.send;
  return send.producer_id == protocol::kNoProducerId ||
         (send.gap && send.producer_epoch >= kLastEpoch);
}

void Sender::note_gap(PartitionQueue& queue, const ProducerBatch& given_up) {
  if (transactions_ != nullptr) return;  // which has failed, and goes no further
  auto& send = queue.send;
  send.gap = true;
  if (!given_up.sending.maybe_written) {
    send.missing_from = std::min(send.missing_from, given_up.sending.order);
  }
  if (needs_identity(queue)) identity_.renew(queue.send.producer_id);
}

// Answers the oldest batch that is left.
std::optional<RecordAccumulator::Head> Sender::expire(PartitionQueue& queue, base::TimePoint now) {
  for (auto& batch : queue.send.in_flight) {
    if (batch->sending.reported || batch->created() + config_.delivery_timeout > now) continue;
    batch->sending.reported = true;
    batch->sending.maybe_written = true;
    fail_batch(*batch, expired(queue, *batch));
  }
  for (;;) {
    const auto head = accumulator_.head(queue);
    if (!head || head->created + config_.delivery_timeout > now) return head;
    const auto batch = accumulator_.take_head(queue);
    if (!batch) return head;
    if (config_.idempotent && batch->stamped()) note_gap(queue, *batch);
    fail_batch(*batch, expired(queue, *batch));
  }
}

Error Sender::expired(const PartitionQueue& queue, const ProducerBatch& batch) const {
  using std::chrono::milliseconds;
  const auto time = std::chrono::duration_cast<milliseconds>(config_.delivery_timeout);
  std::string text = "not acknowledged within delivery_timeout (" + std::to_string(time.count()) +
                     " ms) after " + std::to_string(batch.sending.attempts) + " attempts";
  const auto& last = batch.sending.last_error;
  if (last) text += "; the last one failed with " + last->to_string();
  if (batch.sending.maybe_written) text += kMaybeStored;
  return Error(ErrorCode::timed_out, std::move(text), place(queue, last.value_or(Error())));
}

std::unique_ptr<ProducerBatch> Sender::take_in_flight(const ProduceDraft::Entry& entry) {
  auto& in_flight = entry.queue->send.in_flight;
  const auto same = [&](const auto& batch) { return batch.get() == entry.batch; };
  const auto at = std::find_if(in_flight.begin(), in_flight.end(), same);
  auto batch = std::move(*at);
  in_flight.erase(at);
  --in_flight_;
  return batch;
}

}  // namespace ottla::client
