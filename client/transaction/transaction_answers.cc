#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "client/transaction/telling.h"
#include "client/transaction/transaction_manager.h"

// What is asked of the coordinators, and what their answers mean.
namespace ottla::client {
namespace {

using Kind = TransactionDraft::Kind;

// While markers of the transaction before are being written; shorter than other pauses, for that
// is soon done.
constexpr Backoff kConcurrent{std::chrono::milliseconds(20), std::chrono::milliseconds(200)};

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::init:
      return "InitProducerId";
    case Kind::add_partitions:
      return "AddPartitionsToTxn";
    case Kind::add_offsets:
      return "AddOffsetsToTxn";
    case Kind::commit_offsets:
      return "TxnOffsetCommit";
    default:
      return "EndTxn";
  }
}

Error refusal_of(ErrorCode code, Kind kind) {
  return Error(code, "the coordinator refused " + std::string(name_of(kind)));
}

bool is_coordinator_gone(ErrorCode code, Kind kind) {
  return code == ErrorCode::not_coordinator || code == ErrorCode::coordinator_not_available ||
         (kind == Kind::commit_offsets && code == ErrorCode::request_timed_out);
}

// What ends a transaction, but not its producer.
bool is_abortable(ErrorCode code, Kind kind) {
  switch (code) {
    case ErrorCode::transaction_abortable:
    case ErrorCode::topic_authorization_failed:
    case ErrorCode::group_authorization_failed:
    case ErrorCode::fenced_instance_id:
    case ErrorCode::unknown_member_id:
    case ErrorCode::illegal_generation:
    case ErrorCode::stale_member_epoch:
      return true;
    default:
      return kind == Kind::add_partitions && code != ErrorCode::invalid_txn_state;
  }
}

}  // namespace

// ---- what to ask

bool TransactionManager::wants_coordinator() const {
  return init_wanted_ || writes() || ends();
}

TransactionManager::Poll TransactionManager::poll(base::TimePoint now, const Quiet& quiet) {
  const Telling lock(*this);
  Poll poll;
  if (closed_) return poll;
  expire(now);
  poll.request = next_draft(now, quiet);
  find_coordinators(now, poll);
  if (poll.request) {
    under_way_ = true;
    const bool group = poll.request->kind == Kind::commit_offsets;
    poll.to = BrokerId((group ? *group_coordinator_ : coordinator_).coordinator()->id);
  }
  if (!under_way_ && retry_at_ > now) poll.next = std::min(poll.next, retry_at_);
  poll.next = std::min(poll.next, next_deadline());
  return poll;
}

void TransactionManager::find_coordinators(base::TimePoint now, Poll& poll) {
  if (!wants_coordinator()) return;
  const auto finder = coordinator_.poll(now);
  poll.find_coordinator = finder.ask;
  poll.next = std::min(poll.next, finder.next);
  if (offsets_.empty()) return;
  const auto& group = offsets_.front().group.group_id;
  if (!group_coordinator_ || group_id_ != group) {
    group_id_ = group;
    group_coordinator_.emplace(group, config_.retry, random_.next());
  }
  const auto group_finder = group_coordinator_->poll(now);
  if (group_finder.ask) poll.find_group_coordinator = group;
  poll.next = std::min(poll.next, group_finder.next);
}

std::optional<TransactionDraft> TransactionManager::next_draft(base::TimePoint now,
                                                               const Quiet& quiet) {
  if (under_way_ || retry_at_ > now || !wants_coordinator()) return std::nullopt;
  const bool known = coordinator_.coordinator().has_value();
  const bool over =
      ends() && senders_.load() == 0 && wanted_.empty() && offsets_.empty() && quiet();
  if (over && (!begun_ || skip_end_)) {
    finish_end();
    if (!init_wanted_) return std::nullopt;
  }
  if (!known) return std::nullopt;
  if (init_wanted_) return draft(Kind::init);
  if (writes() && !wanted_.empty()) {
    auto add = draft(Kind::add_partitions);
    add.partitions.assign(wanted_.begin(), wanted_.end());
    return add;
  }
  if (writes() && !offsets_.empty()) return draft_of_offsets();
  if (!over || !ends()) return std::nullopt;
  auto end = draft(Kind::end);
  end.commit = state_ == State::committing_transaction;
  return end;
}

TransactionDraft TransactionManager::draft(Kind kind) const {
  const auto ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(config_.transaction_timeout).count();
  return {.kind = kind,
          .transactional_id = config_.transactional_id,
          .transaction_timeout_ms = static_cast<std::int32_t>(
              std::min<std::int64_t>(ms, std::numeric_limits<std::int32_t>::max())),
          .producer_id = identity_.id,
          .producer_epoch = identity_.epoch,
          .v2 = v2_};
}

std::optional<TransactionDraft> TransactionManager::draft_of_offsets() {
  const auto& first = offsets_.front();
  const bool added = v2_ || added_groups_.contains(first.group.group_id);
  const bool known = group_coordinator_ && group_id_ == first.group.group_id &&
                     group_coordinator_->coordinator().has_value();
  if (added && !known) return std::nullopt;
  auto made = draft(added ? Kind::commit_offsets : Kind::add_offsets);
  made.offsets_id = first.id;
  made.group = first.group;
  if (added) made.offsets = first.left;
  begun_ = begun_ || v2_;
  return made;
}

// ---- what came

void TransactionManager::again(const Error& error, base::TimePoint now) {
  last_problem_ = error;
  const bool concurrent = error.code() == ErrorCode::concurrent_transactions;
  retry_at_ = now + (concurrent ? kConcurrent : config_.retry).after(++failures_, random_);
}

void TransactionManager::no_answer(const TransactionDraft& draft, const Error& error,
                                   base::TimePoint now) {
  if (error.code() == ErrorCode::closed) return;
  if (!error.retriable()) {
    // Only a broker that is older than it seemed knows nothing of the second kind.
    const bool older = draft.v2 && draft.kind == Kind::commit_offsets;
    return older ? to_abortable(error) : to_fatal(error);
  }
  if (draft.kind != Kind::init) begun_ = unanswered_ = true;
  const bool group = draft.kind == Kind::commit_offsets;
  if (group && group_coordinator_) group_coordinator_->forget();
  if (!group) coordinator_.forget();
  again(error, now);
}

bool TransactionManager::settled(ErrorCode code, const TransactionDraft& draft,
                                 base::TimePoint now) {
  if (code == ErrorCode::none) {
    failures_ = 0;
    last_problem_.reset();
    retry_at_ = base::TimePoint::min();
    return true;
  }
  const auto error = refusal_of(code, draft.kind);
  if (is_coordinator_gone(code, draft.kind)) {
    const bool group = draft.kind == Kind::commit_offsets;
    if (group && group_coordinator_) group_coordinator_->forget();
    if (!group) coordinator_.forget();
    again(error, now);
    return false;
  }
  if (error.retriable()) {
    again(error, now);
    return false;
  }
  refused(code, draft);
  return false;
}

void TransactionManager::refused(ErrorCode code, const TransactionDraft& draft) {
  const auto error = refusal_of(code, draft.kind);
  switch (code) {
    case ErrorCode::invalid_producer_epoch:
    case ErrorCode::producer_fenced:
      return to_fatal(Error(ErrorCode::producer_fenced,
                            "another producer has taken over the transactional id " +
                                config_.transactional_id +
                                ", or the transaction was open for longer than "
                                "transaction_timeout"));
    case ErrorCode::transactional_id_authorization_failed:
    case ErrorCode::cluster_authorization_failed:
      return coordinator_failed(error);
    case ErrorCode::unknown_producer_id:
    case ErrorCode::invalid_producer_id_mapping:
      if (!can_bump() || draft.kind == Kind::init) return to_fatal(error);
      // The coordinator would not take an EndTxn: a new epoch ends what there may be.
      skip_end_ = skip_end_ || code == ErrorCode::invalid_producer_id_mapping;
      bump_wanted_ = true;
      return to_abortable(error);
    default:
      break;
  }
  const bool aborting = draft.kind == Kind::end && !draft.commit;
  if (is_abortable(code, draft.kind) && !aborting) return to_abortable(error);
  to_fatal(error);
}

// While the producer introduces itself this leaves it as it was: the call can be made again.
void TransactionManager::coordinator_failed(const Error& error) {
  if (state_ != State::initializing) return to_fatal(error);
  init_wanted_ = false;
  set_state(State::uninitialized);
  finish_call(error);
}

void TransactionManager::on_init(const TransactionDraft& draft,
                                 const Answer<protocol::InitProducerIdResponse>& answer,
                                 std::int16_t version, base::TimePoint now) {
  const Telling lock(*this);
  under_way_ = false;
  if (!answer) return no_answer(draft, answer.error(), now);
  if (!settled(answer->error_code, draft, now)) return;
  if (answer->producer_id.value < 0 || answer->producer_epoch.value < 0) {
    return again(Error(ErrorCode::network_exception, "the answer to InitProducerId has no id"),
                 now);
  }
  init_version_ = version;
  identity_ = {answer->producer_id, answer->producer_epoch};
  init_wanted_ = false;
  changed_.store(true);
  if (state_ != State::initializing) return;
  set_state(State::ready);
  finish_call({});
}

void TransactionManager::on_partitions(const TransactionDraft& draft,
                                       const Answer<protocol::AddPartitionsToTxnResponse>& answer,
                                       base::TimePoint now) {
  const Telling lock(*this);
  under_way_ = false;
  if (!answer) return no_answer(draft, answer.error(), now);
  const std::set<TopicPartition> asked(draft.partitions.begin(), draft.partitions.end());
  std::set<TopicPartition> added;
  auto worst = ErrorCode::none;
  TopicPartition where;
  for (const auto& topic : answer->results_by_topic_v3_and_below) {
    for (const auto& each : topic.results_by_partition) {
      TopicPartition id{std::string(topic.name), each.partition_index};
      if (!asked.contains(id)) continue;
      const auto code = each.partition_error_code;
      if (code == ErrorCode::none) {
        added.insert(std::move(id));
      } else if (worst == ErrorCode::none || worst == ErrorCode::operation_not_attempted ||
                 (Error(worst).retriable() && !Error(code).retriable())) {
        worst = code;
        where = std::move(id);
      }
    }
  }
  for (const auto& id : added) {
    wanted_.erase(id);
    added_.insert(id);
  }
  if (!added.empty()) {
    begun_ = known_begun_ = true;
    changed_.store(true);
  }
  if (worst == ErrorCode::none && added.size() < asked.size()) {
    return again(Error(ErrorCode::network_exception,
                       "the answer to AddPartitionsToTxn leaves partitions out"),
                 now);
  }
  if (worst == ErrorCode::topic_authorization_failed) {
    return to_abortable(Error(worst, "the partition cannot be written to",
                              {.topic = where.topic, .partition = where.partition}));
  }
  (void)settled(worst, draft, now);
}

void TransactionManager::on_offsets_added(const TransactionDraft& draft,
                                          const Answer<protocol::AddOffsetsToTxnResponse>& answer,
                                          base::TimePoint now) {
  const Telling lock(*this);
  under_way_ = false;
  if (!answer) return no_answer(draft, answer.error(), now);
  if (!settled(answer->error_code, draft, now)) return;
  begun_ = known_begun_ = true;
  added_groups_.insert(draft.group.group_id);
}

// Null if it has ended meanwhile.
TransactionManager::Offsets* TransactionManager::first_offsets(const TransactionDraft& draft) {
  const bool same = !offsets_.empty() && offsets_.front().id == draft.offsets_id;
  return same ? &offsets_.front() : nullptr;
}

void TransactionManager::on_offsets(const TransactionDraft& draft,
                                    const Answer<protocol::TxnOffsetCommitResponse>& answer,
                                    base::TimePoint now) {
  const Telling lock(*this);
  under_way_ = false;
  if (!answer) return no_answer(draft, answer.error(), now);
  auto* const offsets = first_offsets(draft);
  auto worst = ErrorCode::none;
  for (const auto& topic : answer->topics) {
    for (const auto& each : topic.partitions) {
      const TopicPartition id{std::string(topic.name), each.partition_index};
      if (!draft.offsets.contains(id)) continue;
      const auto code = each.error_code;
      if (code == ErrorCode::none && offsets != nullptr) offsets->left.erase(id);
      if (code == ErrorCode::none) continue;
      if (worst == ErrorCode::none || Error(worst).retriable()) worst = code;
    }
  }
  const bool left_out = worst == ErrorCode::none && offsets != nullptr && !offsets->left.empty();
  if (left_out) {
    return again(
        Error(ErrorCode::network_exception, "the answer to TxnOffsetCommit leaves partitions out"),
        now);
  }
  if (!settled(worst, draft, now) || offsets == nullptr) return;
  if (offsets->waiter) tell(std::move(offsets->waiter->done), {});
  offsets_.pop_front();
}

void TransactionManager::on_end(const TransactionDraft& draft,
                                const Answer<protocol::EndTxnResponse>& answer,
                                base::TimePoint now) {
  const Telling lock(*this);
  under_way_ = false;
  if (!answer) return no_answer(draft, answer.error(), now);
  const auto code = answer->error_code;
  const bool unknown = code == ErrorCode::invalid_producer_id_mapping ||
                       code == ErrorCode::unknown_producer_id ||
                       (code == ErrorCode::invalid_txn_state && !known_begun_);
  if (unknown && !draft.commit && can_bump() && ends()) {
    bump_wanted_ = true;
    return finish_end();
  }
  if (!settled(code, draft, now) || !ends()) return;
  if (draft.v2 && answer->producer_id.value >= 0 && answer->producer_epoch.value >= 0) {
    identity_ = {answer->producer_id, answer->producer_epoch};
  }
  finish_end();
}

std::optional<Node> TransactionManager::on_coordinator(
    const Answer<protocol::FindCoordinatorResponse>& answer, base::TimePoint now) {
  const Telling lock(*this);
  if (answer && coordinator_.on_response(*answer, now)) return coordinator_.coordinator();
  if (!answer) {
    coordinator_.on_failure(now);
    if (answer.error().code() == ErrorCode::closed) return std::nullopt;
    last_problem_ = answer.error();
    if (!answer.error().retriable()) to_fatal(answer.error());
  } else if (const auto error = coordinator_.take_error()) {
    coordinator_failed(Error(error->code(), "the transaction coordinator of " +
                                                config_.transactional_id + " cannot be found"));
  }
  return std::nullopt;
}

std::optional<Node> TransactionManager::on_group_coordinator(
    const Answer<protocol::FindCoordinatorResponse>& answer, base::TimePoint now) {
  const Telling lock(*this);
  if (!group_coordinator_) return std::nullopt;
  if (answer && group_coordinator_->on_response(*answer, now)) {
    return group_coordinator_->coordinator();
  }
  if (!answer) {
    group_coordinator_->on_failure(now);
    if (answer.error().code() == ErrorCode::closed) return std::nullopt;
    last_problem_ = answer.error();
    if (!answer.error().retriable()) to_fatal(answer.error());
  } else if (const auto error = group_coordinator_->take_error()) {
    const bool fatal = error->code() != ErrorCode::group_authorization_failed;
    fatal ? to_fatal(*error) : to_abortable(*error);
  }
  return std::nullopt;
}

}  // namespace ottla::client
