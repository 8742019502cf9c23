#include <map>
#include <memory>
#include <utility>

#include "client/producer/producer_core.h"

// From a draft of the Sender to a Produce request on the wire.
namespace ottla::client {
namespace {

using protocol::ProduceRequest;

// The newest version that names topics; later ones have their ids.
constexpr std::int16_t kLastVersionWithNames = 12;

OutgoingMessage<ProduceRequest> to_message(const ProduceDraft& draft, const Cluster& cluster,
                                           std::int16_t acks, std::int32_t timeout_ms) {
  OutgoingMessage<ProduceRequest> out;
  out.message.acks = acks;
  out.message.timeout_ms = timeout_ms;
  // Batches lie in the frame in the order of topics and their partitions.
  std::map<std::string_view, std::vector<const ProduceDraft::Entry*>> by_topic;
  for (const auto& entry : draft.entries) by_topic[*entry.queue->topic.name()].push_back(&entry);
  for (const auto& [name, entries] : by_topic) {
    const auto* known = cluster.topic(name);
    auto& topic = out.message.topic_data.emplace_back();
    topic.name = name;
    if (known != nullptr) topic.topic_id = known->id;
    for (const auto* entry : entries) {
      protocol::Records records{.bytes = {}, .external_size = entry->bytes.bytes.size()};
      topic.partition_data.push_back({.index = entry->queue->partition, .records = records});
      out.batches.push_back(entry->bytes);
    }
  }
  return out;
}

bool all_have_ids(const ProduceDraft& draft, const Cluster& cluster) {
  for (const auto& entry : draft.entries) {
    const auto* known = cluster.topic(*entry.queue->topic.name());
    if (known == nullptr || known->id.is_zero()) return false;
  }
  return true;
}

}  // namespace

void ProducerCore::send_produce(ProduceDraft draft) {
  const auto acks = static_cast<std::int16_t>(settings_.sender.acks);
  const auto broker = draft.broker;
  const bool ids = all_have_ids(draft, client_.cluster());
  const auto shared = std::make_shared<ProduceDraft>(std::move(draft));
  auto make = [this, shared, acks](std::int16_t) {
    auto message = to_message(*shared, client_.cluster(), acks, settings_.request_timeout_ms);
    if (shared->transactional) {
      message.message.transactional_id = transactions_->transactional_id();
    }
    // From here on the network alone holds what has to be written.
    for (auto& entry : shared->entries) entry.bytes = {};
    return message;
  };
  auto request = make_request<ProduceRequest>(
      broker, make, [this, shared](Result<Response<protocol::ProduceResponse>> response) {
        const auto now = client_.loop().now();
        if (response) {
          const std::chrono::milliseconds throttled(response->message.throttle_time_ms);
          accumulator_.metrics().on_throttle(throttled, now);
          sender_.on_response(*shared, response->message, now);
        } else {
          for (auto& entry : shared->entries) entry.bytes = {};
          sender_.on_failure(*shared, response.error(), now);
        }
        client_.wake();
      });
  if (!ids) request.max_version = kLastVersionWithNames;
  if (shared->transactional && shared->transactions_v2) request.min_version = kFirstProduceV2;
  if (shared->transactional && !shared->transactions_v2) request.max_version = kLastProduceV1;
  if (acks == 0) {
    request.has_response = false;
    request.done = [this, shared](Result<RawResponse> sent) -> Verdict {
      const auto now = client_.loop().now();
      if (sent) {
        sender_.on_sent_without_acks(*shared, now);
      } else {
        for (auto& entry : shared->entries) entry.bytes = {};
        sender_.on_failure(*shared, sent.error(), now);
      }
      client_.wake();
      return {};
    };
  }
  client_.network().send(std::move(request));
}

}  // namespace ottla::client
