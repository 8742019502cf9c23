#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "client/producer/producer_core.h"

// The producer's transactions: calls of the application to the TransactionManager, and its drafts
// to the network.
namespace ottla::client {
namespace {

constexpr std::int16_t kNewest = std::numeric_limits<std::int16_t>::max();

// The newest versions for which the client names partitions; later ones are for brokers.
constexpr std::int16_t kLastAddPartitionsOfClients = 3;
// The first version that can ask for another coordinator than that of a group.
constexpr std::int16_t kFirstWithType = 1;

}  // namespace

// ---- calls

base::TimePoint ProducerCore::transaction_deadline() const {
  return runtime_.clock().now() + settings_.max_block;
}

// `begin(done)` hands it to the manager. Its time counts as that of `call`, if it is one of the
// application's.
template <class Begin>
Future<void> ProducerCore::call_transactions(std::optional<TransactionCall> call, Begin begin) {
  const Promise<void> promise(executor_);
  if (!transactions_) {
    promise.set(Error(ErrorCode::invalid_argument,
                      "transactions need a name that is the producer's over restarts: set "
                      "transactional_id (transactional.id)"));
    return promise.future();
  }
  const auto started = runtime_.clock().now();
  // After the callbacks that are queued already.
  begin([this, call, started, promise, executor = executor_](const Result<void>& outcome) {
    const auto time = runtime_.clock().now() - started;
    if (call) accumulator_.metrics().on_transaction_call(*call, time);
    executor->complete(promise, outcome);
  });
  auto future = promise.future();
  if (!future.ready()) client_.wake();
  return future;
}

Future<void> ProducerCore::init_transactions() {
  return call_transactions(TransactionCall::init, [this](auto done) {
    transactions_->init(transaction_deadline(), std::move(done));
  });
}

Result<void> ProducerCore::begin_transaction() {
  if (closed_.load(std::memory_order_relaxed)) {
    return Error(ErrorCode::closed, "the producer was closed");
  }
  if (!transactions_) return call_transactions({}, [](auto) {}).get();
  const auto started = runtime_.clock().now();
  auto begun = transactions_->begin();
  accumulator_.metrics().on_transaction_call(TransactionCall::begin,
                                             runtime_.clock().now() - started);
  return begun;
}

Future<void> ProducerCore::send_offsets_to_transaction(CommittedOffsets offsets,
                                                       ConsumerGroupMetadata group) {
  return call_transactions(TransactionCall::send_offsets, [&](auto done) {
    transactions_->send_offsets(std::move(offsets), std::move(group), transaction_deadline(),
                                std::move(done));
  });
}

Future<void> ProducerCore::end_transaction(bool commit, base::TimePoint deadline) {
  const auto call = commit ? TransactionCall::commit : TransactionCall::abort;
  return call_transactions(call, [&](auto done) {
    if (commit) {
      transactions_->commit(deadline, std::move(done));
    } else {
      transactions_->abort(deadline, std::move(done));
    }
  });
}

Future<void> ProducerCore::transactions_settled() {
  return call_transactions(
      {}, [this](auto done) { transactions_->settle(transaction_deadline(), std::move(done)); });
}

Result<void> ProducerCore::put(const ProducerRecord& record) {
  const auto appended = add(record, {}, true);
  if (appended) return {};
  note_refused(appended.error());
  const auto& error = appended.error();
  const bool usable = transactions_ &&
                      transactions_->state() != TransactionManager::State::fatal_error &&
                      error.code() != ErrorCode::closed;
  return usable ? error.with_class(ErrorClass::abortable) : error;
}

Result<void> ProducerCore::add_to_transaction(const ProducerRecord& record, const Interested& who,
                                              bool may_wait) {
  if (auto may = transactions_->enter(); !may) return may;
  auto added = add_record(record, who, may_wait);
  if (transactions_->leave()) client_.wake();
  return added;
}

// ---- requests

base::TimePoint ProducerCore::turn_transactions(base::TimePoint now) {
  transactions_->set_v2_offered(client_.network().offers_transactions_v2());
  auto poll = transactions_->poll(now, [this] { return sender_.quiet(); });
  if (poll.find_coordinator) {
    find_coordinator(transactions_->transactional_id(), protocol::CoordinatorType::transaction);
  }
  if (poll.find_group_coordinator) {
    find_coordinator(*poll.find_group_coordinator, protocol::CoordinatorType::group);
  }
  if (poll.request) send_transaction_request(std::move(*poll.request), poll.to);
  return poll.next;
}

void ProducerCore::find_coordinator(std::string key, protocol::CoordinatorType type) {
  const bool transaction = type == protocol::CoordinatorType::transaction;
  auto make = [key = std::move(key), type](std::int16_t version) {
    return to_find_coordinator(key, type, version);
  };
  auto done = [this, transaction](Result<Response<protocol::FindCoordinatorResponse>> response) {
    const auto now = client_.loop().now();
    const auto tell = [&](const auto& answer) {
      return transaction ? transactions_->on_coordinator(answer, now)
                         : transactions_->on_group_coordinator(answer, now);
    };
    using Answer = Result<protocol::FindCoordinatorResponse>;
    const auto found = tell(response ? Answer(response->message) : Answer(response.error()));
    if (found) client_.add_broker(*found);
    client_.wake();
  };
  auto request = make_request<protocol::FindCoordinatorRequest>(kAnyBroker, std::move(make), done);
  if (transaction) request.min_version = kFirstWithType;
  client_.network().send(std::move(request));
}

template <class Request, class Make, class Answer>
void ProducerCore::ask_coordinator(const std::shared_ptr<TransactionDraft>& draft, BrokerId to,
                                   Make make, Answer answer,
                                   std::pair<std::int16_t, std::int16_t> versions) {
  auto done = [this, answer](Result<Response<typename Request::Response>> response) {
    using Outcome = Result<typename Request::Response>;
    const auto version = response ? response->raw.version : std::int16_t{0};
    answer(response ? Outcome(response->message) : Outcome(response.error()), version,
           client_.loop().now());
    client_.wake();
  };
  auto request = make_request<Request>(
      to, [draft, make](std::int16_t version) { return make(*draft, version); }, std::move(done));
  request.min_version = versions.first;
  request.max_version = versions.second;
  client_.network().send(std::move(request));
}

void ProducerCore::send_transaction_request(TransactionDraft made, BrokerId to) {
  const auto draft = std::make_shared<TransactionDraft>(std::move(made));
  auto* const manager = transactions_.get();
  const bool v2 = draft->v2;
  using Kind = TransactionDraft::Kind;
  using std::pair;
  switch (draft->kind) {
    case Kind::init:
      return ask_coordinator<protocol::InitProducerIdRequest>(
          draft, to, [](const auto& of, std::int16_t version) { return to_init(of, version); },
          [=](const auto& answer, std::int16_t version, base::TimePoint now) {
            manager->on_init(*draft, answer, version, now);
          },
          pair<std::int16_t, std::int16_t>(0, kNewest));
    case Kind::add_partitions:
      return ask_coordinator<protocol::AddPartitionsToTxnRequest>(
          draft, to, [](const auto& of, std::int16_t) { return to_add_partitions(of); },
          [=](const auto& answer, std::int16_t, base::TimePoint now) {
            manager->on_partitions(*draft, answer, now);
          },
          pair<std::int16_t, std::int16_t>(0, kLastAddPartitionsOfClients));
    case Kind::add_offsets:
      return ask_coordinator<protocol::AddOffsetsToTxnRequest>(
          draft, to, [](const auto& of, std::int16_t) { return to_add_offsets(of); },
          [=](const auto& answer, std::int16_t, base::TimePoint now) {
            manager->on_offsets_added(*draft, answer, now);
          },
          pair<std::int16_t, std::int16_t>(0, kNewest));
    case Kind::commit_offsets:
      return ask_coordinator<protocol::TxnOffsetCommitRequest>(
          draft, to,
          [](const auto& of, std::int16_t version) { return to_commit_offsets(of, version); },
          [=](const auto& answer, std::int16_t, base::TimePoint now) {
            manager->on_offsets(*draft, answer, now);
          },
          v2 ? pair(kFirstOffsetsV2, kNewest) : pair(std::int16_t{0}, kLastOffsetsV1));
    case Kind::end:
      return ask_coordinator<protocol::EndTxnRequest>(
          draft, to, [](const auto& of, std::int16_t) { return to_end(of); },
          [=](const auto& answer, std::int16_t, base::TimePoint now) {
            manager->on_end(*draft, answer, now);
          },
          v2 ? pair(kFirstEndV2, kNewest) : pair(std::int16_t{0}, kLastEndV1));
  }
}

}  // namespace ottla::client
