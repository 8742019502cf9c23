#include "ottla/transact_session.h"

#include <thread>
#include <utility>

#include "client/metadata/client_config.h"
#include "client/producer/transaction_scope.h"
#include "client/session/session_handle.h"

namespace ottla::client {
namespace {

// What an ottla::Transaction of a session is.
class SessionScope final : public TransactionScope {
 public:
  SessionScope(std::shared_ptr<SessionCore> core, const Result<void>& begun)
      : core_(std::move(core)), open_(begun.has_value()) {
    if (!begun) error_ = begun.error();
  }

  Result<void> send(const ProducerRecord& record) override {
    if (error_) return *error_;
    auto put = core_->send(record);
    if (!put) error_ = put.error();
    return put;
  }

  Result<void> send_offsets(CommittedOffsets offsets, ConsumerGroupMetadata group) override {
    if (error_) return *error_;
    return core_->send_offsets(std::move(offsets), std::move(group));
  }

  Result<void> commit() override {
    if (error_) {
      abandon();
      return *error_;
    }
    open_ = false;
    auto committed = core_->commit_async().get();
    if (!committed) error_ = committed.error();
    return committed;
  }

  Result<void> abort() override {
    if (!std::exchange(open_, false)) return error_ ? Result<void>(*error_) : Result<void>();
    error_ = Error(ErrorCode::transaction_aborted);
    return core_->abort_async().get();
  }

  void abandon() override {
    if (std::exchange(open_, false)) core_->abort_async().forget();
  }

 private:
  const std::shared_ptr<SessionCore> core_;
  std::optional<Error> error_;
  bool open_ = false;
};

void close_and_log(SessionHandle& handle) {
  const auto closed = handle.core().close_async().get();
  if (!closed) handle.core().log().warn("closing the session: " + closed.error().to_string());
}

}  // namespace

Result<TransactSession> open_session(const TransactSessionConfig& config,
                                     std::shared_ptr<base::Runtime> runtime) {
  auto core = SessionCore::start(*runtime, config);
  if (!core) return std::move(core).error();
  return TransactSession(std::make_unique<SessionHandle>(std::move(runtime), std::move(*core)));
}

}  // namespace ottla::client

namespace ottla {

Result<TransactSession> TransactSession::open(TransactSessionConfig config) {
  return client::open_on(config.consumer.runtime, client::make_logger(config.consumer, "session"),
                         config, client::open_session);
}

TransactSession::TransactSession(std::unique_ptr<client::SessionHandle> handle)
    : handle_(std::move(handle)) {}
TransactSession::TransactSession(TransactSession&&) noexcept = default;

TransactSession& TransactSession::operator=(TransactSession&& other) noexcept {
  TransactSession old(std::move(*this));
  handle_ = std::move(other.handle_);
  return *this;
}

TransactSession::~TransactSession() {
  if (!handle_ || handle_->forked()) return;
  if (handle_->on_callback_thread()) {
    // Closing waits for the callback thread, so it is done elsewhere.
    std::thread([handle = std::move(handle_)] { client::close_and_log(*handle); }).detach();
  } else {
    client::close_and_log(*handle_);
  }
}

Result<ConsumerRecords> TransactSession::poll(std::stop_token stop) {
  return handle_->core().poll(stop);
}

Transaction TransactSession::begin(const ConsumerRecords& batch) {
  auto& core = handle_->core();
  const auto begun = core.begin(batch);
  return Transaction(std::make_unique<client::SessionScope>(core.self(), begun));
}

ConsumerGroupMetadata TransactSession::group_metadata() const {
  return handle_->core().consumer().group_metadata();
}

std::vector<TopicPartition> TransactSession::assignment() const {
  return handle_->core().consumer().assignment();
}

Result<void> TransactSession::close() {
  if (handle_->on_callback_thread()) {
    return Error(ErrorCode::invalid_argument,
                 "close() waits for the callback thread, so it cannot be called there");
  }
  return handle_->core().close_async().get();
}

}  // namespace ottla
