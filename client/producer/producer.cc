#include "ottla/producer.h"

#include <thread>
#include <utility>

#include "client/metadata/client_config.h"
#include "client/producer/producer_handle.h"
#include "client/producer/transaction_scope.h"

namespace ottla {

Result<Producer> Producer::open(ProducerConfig config) {
  return client::open_on(config.runtime, client::make_logger(config, "producer"), config,
                         client::open_producer);
}

Producer::Producer(std::unique_ptr<client::ProducerHandle> handle) : handle_(std::move(handle)) {}

Producer::Producer(Producer&&) noexcept = default;

Producer& Producer::operator=(Producer&& other) noexcept {
  Producer old(std::move(*this));
  handle_ = std::move(other.handle_);
  return *this;
}

namespace {

Error forked_error() {
  return Error(ErrorCode::closed,
               "this process was forked from the one that opened the producer; open one here");
}

void close_and_log(client::ProducerHandle& handle) {
  auto& core = handle.core();
  const auto closed = core.close_within_delivery_timeout().get();
  if (!closed) core.log().warn("closing the producer: " + closed.error().to_string());
}

}  // namespace

Producer::~Producer() {
  if (!handle_ || handle_->forked()) return;
  if (handle_->on_callback_thread()) {
    // Closing waits for the callback thread, so it is done elsewhere.
    std::thread([handle = std::move(handle_)] { close_and_log(*handle); }).detach();
  } else {
    close_and_log(*handle_);
  }
}

Future<RecordMetadata> Producer::send(const ProducerRecord& record) {
  if (handle_->forked()) return Future<RecordMetadata>::ready_with(forked_error());
  return handle_->core().send(record);
}

void Producer::send(const ProducerRecord& record, DeliveryCallback callback) {
  if (handle_->forked()) return callback(forked_error());
  handle_->core().send(record, std::move(callback));
}

Result<Future<RecordMetadata>> Producer::try_send(const ProducerRecord& record) {
  if (handle_->forked()) return forked_error();
  return handle_->core().try_send(record);
}

Future<void> Producer::warm_up(std::string_view topic) {
  if (handle_->forked()) return Future<void>::ready_with(forked_error());
  return handle_->core().warm_up(topic);
}

Future<void> Producer::flush() {
  if (handle_->forked()) return Future<void>::ready_with(forked_error());
  return handle_->core().flush_async();
}

Future<void> Producer::init_transactions() {
  if (handle_->forked()) return Future<void>::ready_with(forked_error());
  return handle_->core().init_transactions();
}

Transaction Producer::begin() {
  if (handle_->forked()) {
    return Transaction(std::make_unique<client::ProducerScope>(nullptr, forked_error()));
  }
  auto& core = handle_->core();
  auto begun = client::prepare_to_begin(core);
  if (begun) begun = core.begin_transaction();
  return Transaction(std::make_unique<client::ProducerScope>(core.self(), begun));
}

Result<void> Producer::begin_transaction() {
  if (handle_->forked()) return forked_error();
  if (!handle_->on_callback_thread()) {
    if (const auto settled = handle_->core().transactions_settled().get(); !settled) return settled;
  }
  return handle_->core().begin_transaction();
}

Future<void> Producer::send_offsets_to_transaction(CommittedOffsets offsets,
                                                   ConsumerGroupMetadata group) {
  if (handle_->forked()) return Future<void>::ready_with(forked_error());
  return handle_->core().send_offsets_to_transaction(std::move(offsets), std::move(group));
}

Future<void> Producer::commit_transaction() {
  if (handle_->forked()) return Future<void>::ready_with(forked_error());
  return handle_->core().commit_transaction();
}

Future<void> Producer::abort_transaction() {
  if (handle_->forked()) return Future<void>::ready_with(forked_error());
  return handle_->core().abort_transaction();
}

Future<std::vector<PartitionInfo>> Producer::partitions_for(std::string_view topic) {
  if (handle_->forked()) {
    return Future<std::vector<PartitionInfo>>::ready_with(forked_error());
  }
  return handle_->core().partitions_for(topic);
}

MetricsSnapshot Producer::metrics() const {
  if (handle_->forked()) return {};
  return handle_->core().metrics();
}

Result<void> Producer::close(std::chrono::milliseconds timeout) {
  if (handle_->forked()) return forked_error();
  if (handle_->on_callback_thread()) {
    return Error(ErrorCode::invalid_argument,
                 "close() waits for the callback thread, so it cannot be called there");
  }
  return handle_->core().close_async(detail::clamp_timeout(timeout)).get();
}

}  // namespace ottla

namespace ottla::client {

Result<Producer> open_producer(const ProducerConfig& config,
                               std::shared_ptr<base::Runtime> runtime) {
  auto core = ProducerCore::start(*runtime, config);
  if (!core) return std::move(core).error();
  return Producer(std::make_unique<ProducerHandle>(std::move(runtime), std::move(*core)));
}

}  // namespace ottla::client
