#include "client/transaction/transaction_manager.h"

#include <algorithm>
#include <utility>

#include "client/transaction/telling.h"

// What the application and the Sender see of transactions.
namespace ottla::client {
namespace {

Error with_class(const Error& error, ErrorClass error_class, const std::string& prefix) {
  const auto& what =
      error.message().empty() ? std::string(describe(error.code()).sentence) : error.message();
  return Error(error.code(), prefix + what, error.context()).with_class(error_class);
}

constexpr std::string_view kAbortFirst =
    "the transaction has failed and can only be aborted, after which the next one can begin";

}  // namespace

TransactionManager::TransactionManager(Config config, std::uint64_t seed)
    : config_(std::move(config)),
      random_(seed),
      coordinator_(config_.transactional_id, config_.retry, seed + 1) {}

// ---- calls of the application

void TransactionManager::tell(Done done, const Result<void>& outcome) {
  to_tell_.emplace_back([done = std::move(done), outcome]() mutable { done(outcome); });
}

// True if the call needs nothing more: it was told, or waits for the one that is under way.
bool TransactionManager::take_up(Call call, base::TimePoint deadline, Done& done) {
  constexpr std::string_view names[] = {"init_transactions", "commit_transaction",
                                        "abort_transaction"};
  const auto name = [&](Call of) { return std::string(names[static_cast<std::size_t>(of)]); };
  if (closed_ || state_ == State::fatal_error) {
    tell(std::move(done), closed_ ? *closed_ : *error_);
    return true;
  }
  if (pending_ && pending_->call == call) {
    pending_->waiters.push_back({deadline, std::move(done)});
    return true;
  }
  if (pending_) {
    tell(std::move(done), Error(ErrorCode::invalid_argument,
                                name(pending_->call) + " is still under way; what it came to is " +
                                    "told to whoever calls it again"));
    return true;
  }
  if (!unclaimed_) return false;
  // A commit that came to nothing needs no second call before the abort that follows it.
  const auto [unclaimed, outcome] = *unclaimed_;
  if (unclaimed == call || (call == Call::abort && !outcome)) {
    unclaimed_.reset();
    if (unclaimed != call) return false;
    tell(std::move(done), outcome);
    return true;
  }
  tell(std::move(done),
       Error(ErrorCode::invalid_argument,
             name(unclaimed) + " timed out and must be called again before " + name(call)));
  return true;
}

void TransactionManager::init(base::TimePoint deadline, Done done) {
  const Telling lock(*this);
  if (take_up(Call::init, deadline, done)) return;
  if (state_ != State::uninitialized) {
    return tell(std::move(done), out_of_turn("init_transactions, which is called once"));
  }
  set_state(State::initializing);
  init_wanted_ = true;
  pending_ = Pending{Call::init, {}};
  pending_->waiters.push_back({deadline, std::move(done)});
}

Result<void> TransactionManager::begin() {
  const Telling lock(*this);
  if (closed_) return *closed_;
  if (state_ != State::ready || pending_ || unclaimed_) return out_of_turn("begin_transaction");
  const bool v2 = v2_offered_.load();
  // What was sent by the rules of the first kind must not count in the second one.
  if (v2 && !v2_ && serial_ > 0 && can_bump()) init_wanted_ = true;
  v2_ = v2;
  ++serial_;
  set_state(State::in_transaction);
  open_.store(true);
  return {};
}

void TransactionManager::send_offsets(CommittedOffsets offsets, ConsumerGroupMetadata group,
                                      base::TimePoint deadline, Done done) {
  const Telling lock(*this);
  if (closed_) return tell(std::move(done), *closed_);
  if (state_ != State::in_transaction) {
    return tell(std::move(done), out_of_turn("send_offsets_to_transaction"));
  }
  if (group.group_id.empty()) {
    return tell(std::move(done), Error(ErrorCode::invalid_argument,
                                       "the offsets need the group whose they are: give "
                                       "Consumer::group_metadata()"));
  }
  if (offsets.empty()) return tell(std::move(done), {});
  offsets_.push_back(
      {next_offsets_++, std::move(group), std::move(offsets), Waiter{deadline, std::move(done)}});
}

void TransactionManager::end(Call call, base::TimePoint deadline, Done done) {
  const Telling lock(*this);
  if (take_up(call, deadline, done)) return;
  const bool may =
      state_ == State::in_transaction || (call == Call::abort && state_ == State::abortable_error);
  if (!may) {
    return tell(std::move(done),
                out_of_turn(call == Call::commit ? "commit_transaction" : "abort_transaction"));
  }
  open_.store(false);
  pending_ = Pending{call, {}};
  pending_->waiters.push_back({deadline, std::move(done)});
  if (call == Call::commit) return set_state(State::committing_transaction);
  set_state(State::aborting_transaction);
  wanted_.clear();
  fail_offsets(Error(ErrorCode::transaction_aborted, "the transaction is being aborted"));
}

void TransactionManager::settle(base::TimePoint deadline, Done done) {
  const Telling lock(*this);
  if (!pending_ || closed_)
    return tell(std::move(done), closed_ ? Result<void>(*closed_) : Result<void>());
  settling_.push_back({deadline, std::move(done)});
}

void TransactionManager::finish_call(const Result<void>& outcome) {
  if (!pending_) return;
  auto pending = std::move(*pending_);
  pending_.reset();
  if (pending.waiters.empty()) unclaimed_.emplace(pending.call, outcome);
  for (auto& waiter : pending.waiters) tell(std::move(waiter.done), outcome);
  tell_settled();
}

void TransactionManager::tell_settled() {
  for (auto& waiter : std::exchange(settling_, {})) tell(std::move(waiter.done), {});
}

void TransactionManager::expire(base::TimePoint now) {
  const auto expire_all = [&](std::vector<Waiter>& waiters) {
    for (auto& waiter : waiters) {
      if (waiter.deadline <= now) tell(std::move(waiter.done), late("the call"));
    }
    std::erase_if(waiters, [&](const auto& waiter) { return waiter.deadline <= now; });
  };
  if (pending_) expire_all(pending_->waiters);
  expire_all(settling_);
  for (auto& each : offsets_) {
    if (!each.waiter || each.waiter->deadline > now) continue;
    tell(std::move(each.waiter->done), late("sending the offsets"));
    each.waiter.reset();
  }
}

base::TimePoint TransactionManager::next_deadline() const {
  auto next = base::kNever;
  if (pending_) {
    for (const auto& waiter : pending_->waiters) next = std::min(next, waiter.deadline);
  }
  for (const auto& waiter : settling_) next = std::min(next, waiter.deadline);
  for (const auto& each : offsets_) {
    if (each.waiter) next = std::min(next, each.waiter->deadline);
  }
  return next;
}

Error TransactionManager::late(std::string_view what) const {
  return Error(
      ErrorCode::timed_out,
      std::string(what) + " is not through yet and goes on; call it again" +
          (last_problem_ ? "; the last attempt failed with " + last_problem_->to_string() : ""));
}

// ---- states

void TransactionManager::set_state(State state) {
  state_ = state;
  changed_.store(true);
}

Error TransactionManager::out_of_turn(std::string_view wanted) const {
  if (state_ == State::fatal_error || state_ == State::abortable_error) return *error_;
  std::string why;
  switch (state_) {
    case State::uninitialized:
      why = "init_transactions comes first";
      break;
    case State::initializing:
      why = "init_transactions is still under way";
      break;
    case State::ready:
      why = unclaimed_ ? "a call that timed out must be made again first"
                       : "no transaction is open: begin_transaction comes first";
      break;
    case State::in_transaction:
      why = "a transaction is open";
      break;
    default:
      why = "the transaction is being ended";
      break;
  }
  return Error(ErrorCode::invalid_argument, std::string(wanted) + ": " + why);
}

void TransactionManager::fail(const Error& error) {
  const Telling lock(*this);
  to_abortable(error);
}

void TransactionManager::to_abortable(const Error& error) {
  if (state_ == State::aborting_transaction || state_ == State::abortable_error || writes()) {
    bump_wanted_ = bump_wanted_ || !v2_;
  }
  if (!writes() && state_ != State::initializing) return;
  open_.store(false);
  const bool init = state_ == State::initializing;
  error_ = with_class(error, ErrorClass::abortable,
                      init ? std::string() : std::string(kAbortFirst) + ": ");
  // There is nothing to abort yet: it can be tried again.
  init_wanted_ = init_wanted_ && !init;
  set_state(init ? State::uninitialized : State::abortable_error);
  wanted_.clear();
  fail_offsets(*error_);
  finish_call(*error_);
}

void TransactionManager::to_fatal(const Error& error) {
  if (state_ == State::fatal_error) return;
  open_.store(false);
  error_ =
      with_class(error, ErrorClass::fatal, "this producer can write no more, open another one: ");
  set_state(State::fatal_error);
  wanted_.clear();
  unclaimed_.reset();
  init_wanted_ = false;
  fail_offsets(*error_);
  finish_call(*error_);
}

void TransactionManager::fail_offsets(const Error& error) {
  for (auto& each : std::exchange(offsets_, {})) {
    if (each.waiter) tell(std::move(each.waiter->done), error);
  }
}

// The transaction is over, at the coordinator too.
void TransactionManager::finish_end() {
  const bool late = unanswered_ && !v2_ && can_bump();
  const bool bump = bump_wanted_ || late;
  bump_wanted_ = unanswered_ = skip_end_ = begun_ = known_begun_ = false;
  added_.clear();
  added_groups_.clear();
  error_.reset();
  if (bump && !can_bump()) {
    return to_fatal(Error(ErrorCode::unsupported_version,
                          "after the failure of a transaction the producer's epoch must be raised, "
                          "which the brokers are too old for (InitProducerId 3, KIP-360)"));
  }
  init_wanted_ = init_wanted_ || bump;
  set_state(State::ready);
  finish_call({});
}

void TransactionManager::close(const Error& error) {
  const Telling lock(*this);
  closed_ = error;
  open_.store(false);
  fail_offsets(error);
  finish_call(error);
  tell_settled();
}

// ---- records

Result<void> TransactionManager::enter() {
  senders_.fetch_add(1);
  if (open_.load()) return {};
  senders_.fetch_sub(1);
  const std::lock_guard lock(mutex_);
  return closed_ ? *closed_ : out_of_turn("sending a record");
}

bool TransactionManager::leave() {
  return senders_.fetch_sub(1) == 1 && !open_.load();
}

TransactionManager::Identity TransactionManager::identity() const {
  const std::lock_guard lock(mutex_);
  return identity_;
}

bool TransactionManager::admit(std::string_view topic, std::int32_t partition,
                               std::uint64_t& admitted_in) {
  const std::lock_guard lock(mutex_);
  if (!writes() || init_wanted_) return false;
  if (admitted_in == serial_) return true;
  TopicPartition id{std::string(topic), partition};
  if (!v2_ && !added_.contains(id)) {
    wanted_.insert(std::move(id));
    return false;
  }
  begun_ = true;
  admitted_in = serial_;
  return true;
}

std::optional<TransactionManager::Refusal> TransactionManager::refusal() const {
  const std::lock_guard lock(mutex_);
  switch (state_) {
    case State::fatal_error:
      return Refusal{*error_, true};
    case State::abortable_error:
      return Refusal{*error_, v2_};
    case State::aborting_transaction:
      return Refusal{Error(ErrorCode::transaction_aborted,
                           "the transaction was aborted before the record was stored"),
                     v2_};
    default:
      return std::nullopt;
  }
}

bool TransactionManager::completing() const {
  const std::lock_guard lock(mutex_);
  return ends();
}

std::uint64_t TransactionManager::serial() const {
  const std::lock_guard lock(mutex_);
  return serial_;
}

void TransactionManager::on_batch_failed(const Error& error) {
  const Telling lock(*this);
  const auto code = error.code();
  const bool fatal = code == ErrorCode::producer_fenced ||
                     code == ErrorCode::transactional_id_authorization_failed ||
                     code == ErrorCode::cluster_authorization_failed ||
                     (code == ErrorCode::unsupported_version && !v2_);
  if (fatal) return to_fatal(error);
  to_abortable(error);
}

void TransactionManager::on_unanswered() {
  const std::lock_guard lock(mutex_);
  unanswered_ = true;
}

TransactionManager::State TransactionManager::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

bool TransactionManager::v2() const {
  const std::lock_guard lock(mutex_);
  return v2_;
}

}  // namespace ottla::client
