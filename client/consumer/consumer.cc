#include "ottla/consumer.h"

#include <thread>
#include <utility>

#include "client/consumer/consumer_handle.h"
#include "client/metadata/client_config.h"

namespace ottla {

Result<Consumer> Consumer::open(ConsumerConfig config) {
  return client::open_on(config.runtime, client::make_logger(config, "consumer"), config,
                         client::open_consumer);
}

Consumer::Consumer(std::unique_ptr<client::ConsumerHandle> handle) : handle_(std::move(handle)) {}

Consumer::Consumer(Consumer&&) noexcept = default;

Consumer& Consumer::operator=(Consumer&& other) noexcept {
  Consumer old(std::move(*this));
  handle_ = std::move(other.handle_);
  return *this;
}

namespace {

Error forked_error() {
  return Error(ErrorCode::closed,
               "this process was forked from the one that opened the consumer; open one here");
}

template <class T>
Future<T> forked_future() {
  return Future<T>::ready_with(forked_error());
}

void close_quietly(client::ConsumerHandle& handle) {
  // What the last poll returned may be half processed.
  const auto closed = handle.core().close_async({}, false).get();
  if (!closed) handle.core().log().warn("closing the consumer: " + closed.error().to_string());
}

}  // namespace

Consumer::~Consumer() {
  if (!handle_ || handle_->forked()) return;
  if (handle_->on_callback_thread()) {
    // Closing waits for the callback thread, so it is done elsewhere.
    std::thread([handle = std::move(handle_)] { close_quietly(*handle); }).detach();
  } else {
    close_quietly(*handle_);
  }
}

Result<void> Consumer::subscribe(std::vector<std::string> topics,
                                 std::shared_ptr<ConsumerRebalanceListener> listener) {
  if (handle_->forked()) return forked_error();
  return handle_->core().subscribe(std::move(topics), std::move(listener));
}

Result<void> Consumer::subscribe_pattern(std::string_view pattern,
                                         std::shared_ptr<ConsumerRebalanceListener> listener) {
  if (handle_->forked()) return forked_error();
  return handle_->core().subscribe_pattern(pattern, std::move(listener));
}

Result<void> Consumer::unsubscribe() {
  if (handle_->forked()) return forked_error();
  return handle_->core().unsubscribe();
}

std::vector<std::string> Consumer::subscription() const {
  if (handle_->forked()) return {};
  return handle_->core().subscription();
}

Result<void> Consumer::enforce_rebalance(std::string_view reason) {
  if (handle_->forked()) return forked_error();
  return handle_->core().enforce_rebalance(reason);
}

ConsumerGroupMetadata Consumer::group_metadata() const {
  if (handle_->forked()) return {};
  return handle_->core().group_metadata();
}

Future<void> Consumer::commit() {
  if (handle_->forked()) return forked_future<void>();
  return handle_->core().commit_returned();
}

Future<void> Consumer::commit(const ConsumerRecords& batch) {
  if (handle_->forked()) return forked_future<void>();
  CommittedOffsets offsets;
  for (const auto& part : batch.parts()) {
    offsets[part.partition] = {
        .offset = part.next_offset, .leader_epoch = part.leader_epoch, .metadata = {}};
  }
  return handle_->core().commit(std::move(offsets));
}

Future<void> Consumer::commit(const RecordView& record) {
  if (handle_->forked()) return forked_future<void>();
  const TopicPartition partition{std::string(record.topic()), record.partition()};
  return handle_->core().commit(
      {{partition,
        {.offset = record.offset() + 1, .leader_epoch = record.leader_epoch(), .metadata = {}}}});
}

Future<void> Consumer::commit(CommittedOffsets offsets) {
  if (handle_->forked()) return forked_future<void>();
  return handle_->core().commit(std::move(offsets));
}

Future<CommittedOffsets> Consumer::committed(std::vector<TopicPartition> partitions) {
  if (handle_->forked()) return forked_future<CommittedOffsets>();
  return handle_->core().committed(std::move(partitions));
}

std::optional<std::int64_t> Consumer::current_lag(const TopicPartition& partition) const {
  if (handle_->forked()) return std::nullopt;
  return handle_->core().current_lag(partition);
}

Result<void> Consumer::assign(std::vector<TopicPartition> partitions) {
  if (handle_->forked()) return forked_error();
  return handle_->core().assign(partitions);
}

std::vector<TopicPartition> Consumer::assignment() const {
  if (handle_->forked()) return {};
  return handle_->core().assignment();
}

Result<void> Consumer::seek(const TopicPartition& partition, std::int64_t offset) {
  if (handle_->forked()) return forked_error();
  return handle_->core().seek(partition, offset);
}

Result<void> Consumer::seek_to_beginning(const std::vector<TopicPartition>& partitions) {
  if (handle_->forked()) return forked_error();
  return handle_->core().seek_to(partitions, protocol::ListOffsetsRequest::kEarliest);
}

Result<void> Consumer::seek_to_end(const std::vector<TopicPartition>& partitions) {
  if (handle_->forked()) return forked_error();
  return handle_->core().seek_to(partitions, protocol::ListOffsetsRequest::kLatest);
}

Result<void> Consumer::pause(const std::vector<TopicPartition>& partitions) {
  if (handle_->forked()) return forked_error();
  return handle_->core().set_paused(partitions, true);
}

Result<void> Consumer::resume(const std::vector<TopicPartition>& partitions) {
  if (handle_->forked()) return forked_error();
  return handle_->core().set_paused(partitions, false);
}

std::vector<TopicPartition> Consumer::paused() const {
  if (handle_->forked()) return {};
  return handle_->core().paused();
}

Result<ConsumerRecords> Consumer::poll(Millis timeout) {
  if (handle_->forked()) return forked_error();
  return handle_->core().poll(detail::clamp_timeout(timeout));
}

Result<ConsumerRecords> Consumer::poll(std::stop_token stop) {
  if (handle_->forked()) return forked_error();
  return handle_->core().poll(std::move(stop));
}

Future<ConsumerRecords> Consumer::next() {
  if (handle_->forked()) return forked_future<ConsumerRecords>();
  return handle_->core().next();
}

Future<std::int64_t> Consumer::position(const TopicPartition& partition) {
  if (handle_->forked()) return forked_future<std::int64_t>();
  return handle_->core().position(partition);
}

Future<Consumer::Offsets> Consumer::beginning_offsets(std::vector<TopicPartition> partitions) {
  if (handle_->forked()) return forked_future<Consumer::Offsets>();
  return handle_->core().offsets_at(partitions, protocol::ListOffsetsRequest::kEarliest);
}

Future<Consumer::Offsets> Consumer::end_offsets(std::vector<TopicPartition> partitions) {
  if (handle_->forked()) return forked_future<Consumer::Offsets>();
  return handle_->core().offsets_at(partitions, protocol::ListOffsetsRequest::kLatest);
}

Future<Consumer::OffsetsByTime> Consumer::offsets_for_times(const Times& times) {
  if (handle_->forked()) return forked_future<Consumer::OffsetsByTime>();
  return handle_->core().offsets_for_times(times);
}

Future<std::vector<PartitionInfo>> Consumer::partitions_for(std::string_view topic) {
  if (handle_->forked()) return forked_future<std::vector<PartitionInfo>>();
  return handle_->core().partitions_for(topic);
}

Future<Consumer::Topics> Consumer::list_topics() {
  if (handle_->forked()) return forked_future<Consumer::Topics>();
  return handle_->core().list_topics();
}

MetricsSnapshot Consumer::metrics() const {
  if (handle_->forked()) return {};
  return handle_->core().metrics();
}

Result<void> Consumer::close(const CloseOptions& options) {
  if (handle_->forked()) return forked_error();
  if (handle_->on_callback_thread()) {
    return Error(ErrorCode::invalid_argument,
                 "close() waits for the callback thread, so it cannot be called there");
  }
  return handle_->core().close_async(options, true).get();
}

}  // namespace ottla

namespace ottla::client {

Result<Consumer> open_consumer(const ConsumerConfig& config,
                               std::shared_ptr<base::Runtime> runtime) {
  auto core = ConsumerCore::start(*runtime, config);
  if (!core) return std::move(core).error();
  return Consumer(std::make_unique<ConsumerHandle>(std::move(runtime), std::move(*core)));
}

}  // namespace ottla::client
