#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "client/producer/sender.h"

// What the answers to Produce requests mean.
namespace ottla::client {
namespace {

using protocol::ProduceResponse;

// What a broker says before it appends: then the batch is certainly not in the log. Anything else
// leaves that open; even a broker that does not lead may have appended while it still did.
constexpr std::array kRefusals = {ErrorCode::corrupt_message,
                                  ErrorCode::message_too_large,
                                  ErrorCode::invalid_topic_exception,
                                  ErrorCode::record_list_too_large,
                                  ErrorCode::not_enough_replicas,
                                  ErrorCode::invalid_required_acks,
                                  ErrorCode::topic_authorization_failed,
                                  ErrorCode::cluster_authorization_failed,
                                  ErrorCode::invalid_timestamp,
                                  ErrorCode::unsupported_version,
                                  ErrorCode::unsupported_for_message_format,
                                  ErrorCode::policy_violation,
                                  ErrorCode::out_of_order_sequence_number,
                                  ErrorCode::invalid_producer_epoch,
                                  ErrorCode::unknown_producer_id,
                                  ErrorCode::unsupported_compression_type,
                                  ErrorCode::invalid_record};

// The end of the transaction before is being written down, which is soon done.
constexpr Backoff kConcurrent{std::chrono::milliseconds(20), std::chrono::milliseconds(200)};

bool leaves_open(ErrorCode code) {
  return std::find(kRefusals.begin(), kRefusals.end(), code) == kRefusals.end();
}

bool is_too_large(ErrorCode code) {
  return code == ErrorCode::message_too_large || code == ErrorCode::record_list_too_large;
}

Error locate(const PartitionQueue& queue, const Error& error) {
  auto context = error.context();
  context.topic = *queue.topic.name();
  context.partition = queue.partition;
  return Error(error.code(), error.message(), std::move(context));
}

BatchResult::RecordErrors record_errors(const ProduceResponse::Partition& answer,
                                        const PartitionQueue& queue) {
  BatchResult::RecordErrors errors;
  for (const auto& record : answer.record_errors) {
    if (record.batch_index < 0) continue;
    const std::string message(record.batch_index_error_message.value_or(""));
    errors.emplace_back(static_cast<std::uint32_t>(record.batch_index),
                        locate(queue, Error(answer.error_code, message)));
  }
  return errors;
}

// The parts of an answer by topic and partition; the first one counts.
class AnswerIndex {
 public:
  AnswerIndex(const ProduceResponse& response, const Cluster& cluster) {
    for (const auto& topic : response.responses) {
      std::string_view name = topic.name;
      if (name.empty()) {
        const auto* known = cluster.topic(topic.topic_id);
        if (known == nullptr) continue;
        name = known->name;
      }
      for (const auto& partition : topic.partition_responses) {
        parts_.emplace(std::pair(name, partition.index), &partition);
      }
    }
  }

  const ProduceResponse::Partition* find(const PartitionQueue& queue) const {
    const auto found = parts_.find(
        std::pair<std::string_view, std::int32_t>(*queue.topic.name(), queue.partition));
    return found == parts_.end() ? nullptr : found->second;
  }

 private:
  std::map<std::pair<std::string_view, std::int32_t>, const ProduceResponse::Partition*> parts_;
};

}  // namespace

void Sender::on_response(const ProduceDraft& draft, const ProduceResponse& response,
                         base::TimePoint now) {
  apply_hints(draft, response);
  const AnswerIndex answers(response, metadata_.cluster());
  for (const auto& entry : draft.entries) {
    auto& queue = *entry.queue;
    auto batch = take_in_flight(entry);
    if (const auto* answer = answers.find(queue)) {
      on_batch_answer(queue, std::move(batch), *answer, now);
    } else {
      const Error error(ErrorCode::network_exception, "the broker's answer leaves this one out");
      on_batch_error(queue, std::move(batch), error, {}, now);
    }
    look_at(queue, now);
  }
}

void Sender::on_failure(const ProduceDraft& draft, const Error& error, base::TimePoint now) {
  if (transactions_ != nullptr) transactions_->on_unanswered();
  for (const auto& entry : draft.entries) {
    on_batch_error(*entry.queue, take_in_flight(entry), error, {}, now);
    look_at(*entry.queue, now);
  }
}

void Sender::on_sent_without_acks(const ProduceDraft& draft, base::TimePoint now) {
  for (const auto& entry : draft.entries) {
    const auto batch = take_in_flight(entry);
    if (!batch->sending.reported) accumulator_.complete(*batch, -1, -1);
    look_at(*entry.queue, now);
  }
}

void Sender::on_producer_id(const Result<protocol::InitProducerIdResponse>& response,
                            base::TimePoint now) {
  identity_.on_response(response, now);
  if (identity_.fatal_error()) log_.error(identity_.fatal_error()->to_string());
  // Whoever waited for the id, or will never get one.
  accumulator_.enlist_all();
}

void Sender::on_batch_answer(PartitionQueue& queue, std::unique_ptr<ProducerBatch> batch,
                             const Partition& answer, base::TimePoint now) {
  const bool stored_before = answer.error_code == ErrorCode::duplicate_sequence_number;
  if (answer.error_code == ErrorCode::none || stored_before) {
    // The broker's sequence is now that of this batch, whatever was thought of those before it.
    queue.send.gap = false;
    queue.send.missing_from = SendState::kNothingMissing;
    queue.send.epoch_known = true;
    if (batch->sending.reported) return;
    const auto base_offset = stored_before ? -1 : answer.base_offset.value;
    accumulator_.complete(*batch, base_offset, stored_before ? -1 : answer.log_append_time_ms);
    return;
  }
  const Error error(answer.error_code, std::string(answer.error_message.value_or("")));
  on_batch_error(queue, std::move(batch), error, record_errors(answer, queue), now);
}

void Sender::on_batch_error(PartitionQueue& queue, std::unique_ptr<ProducerBatch> batch,
                            Error error, BatchResult::RecordErrors details, base::TimePoint now) {
  const auto code = error.code();
  auto& sending = batch->sending;
  if (leaves_open(code)) sending.maybe_written = true;
  if (describe(code).error_class == ErrorClass::refresh_metadata) metadata_.request_update();
  const bool stamped = config_.idempotent && batch->stamped();
  if (sending.reported) {
    if (stamped) note_gap(queue, *batch);
    return;
  }
  const bool in_time = now < batch->created() + config_.delivery_timeout;
  if (is_too_large(code) && in_time && split(queue, *batch, error)) return;
  const bool healed = stamped && heal_sequence(queue, *batch, code);
  const bool again = sending.attempts - sending.splits <= config_.retries;
  if ((healed || error.retriable()) && in_time && again) {
    return retry(queue, std::move(batch), error, now);
  }
  if (stamped) note_gap(queue, *batch);
  if (sending.maybe_written) {
    error = Error(code, error.message() + std::string(kMaybeStored), error.context());
  }
  fail_batch(*batch, locate(queue, error), std::move(details));
}

// True if the batch can be sent again though the broker refused its sequence.
bool Sender::heal_sequence(PartitionQueue& queue, ProducerBatch& batch, ErrorCode code) {
  if (code == ErrorCode::out_of_order_sequence_number) {
    // One before it failed for a time and goes first: then this one is in order again.
    if (!queue.send.gap && !is_first_unsettled(queue, batch)) return true;
    if (transactions_ != nullptr) return false;
  } else if (transactions_ != nullptr) {
    return false;
  } else if (code != ErrorCode::unknown_producer_id && code != ErrorCode::invalid_producer_epoch) {
    return false;
  }
  // The refusal may come from a broker that has stored an earlier attempt and forgotten it.
  if (batch.sending.maybe_written && batch.sending.order < queue.send.missing_from) return false;
  // It is not stored: it gets a place in a new epoch.
  batch.clear_stamp();
  note_gap(queue, batch);
  return true;
}

bool Sender::is_first_unsettled(PartitionQueue& queue, const ProducerBatch& batch) {
  const auto order = batch.sending.order;
  const auto earlier = [&](const auto& other) { return other->sending.order < order; };
  const auto& in_flight = queue.send.in_flight;
  if (std::any_of(in_flight.begin(), in_flight.end(), earlier)) return false;
  const auto head = accumulator_.head(queue);
  return !head || head->sending->order.number == 0 || head->sending->order > order;
}

// The parts go at once, in the place of the whole.
bool Sender::split(PartitionQueue& queue, ProducerBatch& batch, const Error& error) {
  auto& sending = batch.sending;
  sending.last_error = error;
  ++sending.splits;
  if (!accumulator_.split(queue, batch)) return false;
  if (log_.enabled(LogLevel::info)) log_.info("splitting: " + locate(queue, error).to_string());
  queue.send.retry_at = base::TimePoint::min();
  return true;
}

void Sender::retry(PartitionQueue& queue, std::unique_ptr<ProducerBatch> batch, const Error& error,
                   base::TimePoint now) {
  auto& sending = batch->sending;
  if (log_.enabled(LogLevel::info)) {
    log_.info("sending again: " + locate(queue, error).to_string());
  }
  sending.last_error = error;
  accumulator_.metrics().on_retry(*queue.topic.name(),
                                  static_cast<std::size_t>(batch->record_count()), now);
  const bool concurrent = error.code() == ErrorCode::concurrent_transactions;
  queue.send.retry_at =
      now + (concurrent ? kConcurrent : config_.retry).after(sending.attempts, random_);
  queue.send.failed_epoch = sending.leader_epoch;
  accumulator_.put_back(queue, std::move(batch));
}

void Sender::apply_hints(const ProduceDraft& draft, const ProduceResponse& response) {
  for (const auto& node : response.node_endpoints) {
    metadata_.add_broker({.id = node.node_id.value,
                          .host = std::string(node.host),
                          .port = node.port,
                          .rack = std::nullopt});
  }
  const AnswerIndex answers(response, metadata_.cluster());
  for (const auto& entry : draft.entries) {
    const auto* answer = answers.find(*entry.queue);
    if (answer == nullptr || answer->current_leader.leader_id.value < 0) continue;
    const Leader leader{answer->current_leader.leader_id, answer->current_leader.leader_epoch};
    metadata_.apply_leader_hint(*entry.queue->topic.name(), entry.queue->partition, leader);
  }
}

}  // namespace ottla::client
