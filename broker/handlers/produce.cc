#include "broker/handlers/produce.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/handlers/access.h"
#include "broker/handlers/wire_code.h"
#include "protocol/record/record_batch.h"

namespace ottla::broker {
namespace {

using protocol::ProduceRequest;
using protocol::ProduceResponse;

// The one client that may write what coordinators rely on.
constexpr std::string_view kAdminClient = "__admin_client";
constexpr std::int16_t kZstdSince = 7;
constexpr std::int16_t kProduceAbortableSince = 11;
constexpr std::int16_t kAddsPartitionsSince = 12;
constexpr std::int16_t kProduceTopicIdsSince = 13;

// A produce request while its appends become durable. Partitions are counted through in the order
// of the request.
struct Produce {
  Request<ProduceRequest> request;
  std::vector<std::string> topics;          // names, which v13 does not carry
  std::vector<Result<AppendInfo>> results;  // one a partition
  std::vector<ProduceEntry> entries;        // what can be appended
  std::vector<std::size_t> appended;        // which of `results` the entries are for
  std::vector<std::size_t> transactional;   // which entries are to come into a transaction
};

// The request's bytes, which belong to this handler alone: offsets are written into them.
std::span<char> mutable_bytes(BytesView bytes) {
  return {const_cast<char*>(bytes.data()), bytes.size()};
}

// Of bytes that have been checked.
protocol::RecordBatchView batch_of(BytesView bytes) {
  return protocol::RecordBatchView::parse(bytes).value();
}

BytesView bytes_of(const ProduceEntry& entry) {
  return {entry.batches.data(), entry.batches.size()};
}

// What Kafka checks before a partition is looked at; the log checks the rest.
Result<void> check_records(const std::optional<protocol::Records>& records, std::int16_t version) {
  if (!records || records->bytes.empty()) {
    return Error(ErrorCode::invalid_record, "the partition comes without a record batch");
  }
  const auto batch = protocol::RecordBatchView::parse(records->bytes);
  if (!batch) return batch.error();
  if (batch->size_in_bytes() != records->bytes.size()) {
    return Error(ErrorCode::invalid_record, "exactly one record batch is expected per partition");
  }
  if (batch->compression() == Compression::zstd && version < kZstdSince) {
    return Error(ErrorCode::unsupported_compression_type, "zstd needs Produce version 7 or above");
  }
  return {};
}

Result<std::string> resolve_topic(const Services& services, const ProduceRequest::Topic& topic,
                                  std::int16_t version) {
  if (version < kProduceTopicIdsSince) return std::string(topic.name);
  const auto* found = services.image().find_topic(topic.topic_id);
  if (found == nullptr) return ErrorCode::unknown_topic_id;
  return found->name;
}

Result<std::string> writable_topic(const Services& services, const Access& access,
                                   const Produce& produce, const ProduceRequest::Topic& topic) {
  auto name = resolve_topic(services, topic, produce.request.context.version());
  if (name && !access.topic(AclOperation::write, *name)) {
    return Error(ErrorCode::topic_authorization_failed);
  }
  const bool admin = produce.request.context.header.client_id == kAdminClient;
  if (!name || admin || !is_internal_topic(*name)) return name;
  return Error(ErrorCode::invalid_topic_exception, "the topic is the broker's own");
}

// Whether the sender may write with the transactional id. What is asked for shows in the records:
// an id is of no account where none of them is of a transaction.
bool may_write_transactions(const Services& services, const Request<ProduceRequest>& request) {
  const auto is_transactional = [](const ProduceRequest::Partition& partition) {
    if (!partition.records) return false;
    const auto batch = protocol::RecordBatchView::parse(partition.records->bytes);
    return batch && batch->is_transactional();
  };
  const auto& topics = request.message.topic_data;
  const bool transactional = std::any_of(topics.begin(), topics.end(), [&](const auto& topic) {
    return std::any_of(topic.partition_data.begin(), topic.partition_data.end(), is_transactional);
  });
  if (!transactional) return true;
  const auto& id = request.message.transactional_id;
  return !id || Access(services, request.context).transactional_id(AclOperation::write, *id);
}

// Fills `produce` with what can be appended.
void collect(const Services& services, Produce& produce) {
  const auto version = produce.request.context.version();
  const Access access(services, produce.request.context);
  for (const auto& topic : produce.request.message.topic_data) {
    const auto name = writable_topic(services, access, produce, topic);
    produce.topics.push_back(name.value_or(std::string()));
    for (const auto& partition : topic.partition_data) {
      auto checked = name ? check_records(partition.records, version) : name.error();
      if (!checked) {
        produce.results.emplace_back(checked.error());
        continue;
      }
      produce.appended.push_back(produce.results.size());
      produce.results.emplace_back(ErrorCode::unknown_server_error);
      const auto bytes = partition.records->bytes;
      TopicPartition id{*name, partition.index};
      // Nothing comes into a transaction that is not there.
      if (batch_of(bytes).is_transactional() && services.replicas.find(id) != nullptr) {
        produce.transactional.push_back(produce.entries.size());
      }
      produce.entries.push_back({std::move(id), mutable_bytes(bytes)});
    }
  }
}

void describe_error(const Services& services, const Error& error, const std::string& topic,
                    ProduceResponse::Partition& answer, bool& needs_endpoint) {
  answer.error_code = wire_code(error);
  answer.base_offset = protocol::kNoOffset;
  if (!error.message().empty()) answer.error_message = error.message();
  if (error.code() != ErrorCode::not_leader_or_follower) return;
  const auto* partition = services.image().find_partition(topic, answer.index);
  if (partition == nullptr || partition->leader == kNoLeader) return;
  answer.current_leader = {partition->leader, partition->leader_epoch};
  needs_endpoint = true;
}

ProduceResponse response_to(const Services& services, const Produce& produce,
                            const std::string& own_host) {
  ProduceResponse response;
  std::size_t at = 0;
  bool needs_endpoint = false;
  for (std::size_t t = 0; t < produce.topics.size(); ++t) {
    const auto& asked = produce.request.message.topic_data[t];
    auto& topic = response.responses.emplace_back();
    topic.name = asked.name;
    topic.topic_id = asked.topic_id;
    for (const auto& partition : asked.partition_data) {
      const auto& result = produce.results[at++];
      auto& answer = topic.partition_responses.emplace_back();
      answer.index = partition.index;
      if (result) {
        answer.base_offset = result->first_offset;
        answer.log_append_time_ms = result->log_append_time;
        answer.log_start_offset = result->log_start_offset;
      } else {
        describe_error(services, result.error(), produce.topics[t], answer, needs_endpoint);
      }
    }
  }
  if (needs_endpoint && produce.request.context.version() >= 10) {
    response.node_endpoints.push_back(
        {services.self(), own_host, services.advertised(produce.request.context).port, {}});
  } else {
    for (auto& topic : response.responses) {
      for (auto& partition : topic.partition_responses) partition.current_leader = {};
    }
  }
  return response;
}

void finish(Services& services, Produce& produce) {
  auto& context = produce.request.context;
  if (context.quotas != nullptr) {
    context.throttle = context.quotas->charge(QuotaKind::produce, context.quota_client(),
                                              static_cast<double>(context.frame.size()));
  }
  if (produce.request.message.acks == 0) {
    // Nobody reads an answer; a hang-up is how the client learns that its view is wrong.
    for (const auto& result : produce.results) {
      if (!result) return produce.request.reply.refuse(result.error());
    }
    produce.request.reply.mute(context.throttle);
    return produce.request.reply.send_nothing();
  }
  const auto own_host = services.advertised(produce.request.context).host;
  produce.request.answer(response_to(services, produce, own_host));
}

void append(Services& services, const std::shared_ptr<Produce>& produce) {
  const auto& message = produce->request.message;
  const ProduceOptions options{.acks = message.acks,
                               .timeout = std::chrono::milliseconds(message.timeout_ms)};
  services.replicas.append_records(
      produce->entries, options, [&services, produce](std::vector<Result<AppendInfo>> results) {
        for (std::size_t i = 0; i < results.size(); ++i) {
          produce->results[produce->appended[i]] = std::move(results[i]);
        }
        finish(services, *produce);
      });
}

// Takes out what may not be appended; `outcomes` are those of the transactional entries.
void take_out(Produce& produce, const std::vector<ErrorCode>& outcomes) {
  std::size_t kept = 0;
  std::size_t next = 0;  // of the transactional ones
  for (std::size_t i = 0; i < produce.entries.size(); ++i) {
    auto outcome = ErrorCode::none;
    if (next < produce.transactional.size() && produce.transactional[next] == i) {
      outcome = outcomes[next++];
    }
    if (outcome != ErrorCode::none) {
      produce.results[produce.appended[i]] = Error(outcome);
      continue;
    }
    if (kept != i) produce.entries[kept] = std::move(produce.entries[i]);
    produce.appended[kept++] = produce.appended[i];
  }
  produce.entries.resize(kept);
  produce.appended.resize(kept);
  produce.transactional.clear();
}

// Who writes in the transaction; all batches of a request have one producer.
Result<ProducerIdentity> writer_of(const Produce& produce) {
  if (!produce.request.message.transactional_id) {
    return Error(ErrorCode::transactional_id_authorization_failed,
                 "records of a transaction come without a transactional id");
  }
  std::optional<ProducerIdentity> who;
  for (const auto at : produce.transactional) {
    const auto batch = batch_of(bytes_of(produce.entries[at]));
    const ProducerIdentity writer{batch.producer_id(), batch.producer_epoch()};
    if (who && *who != writer) {
      return Error(ErrorCode::invalid_producer_id_mapping,
                   "records of a transaction have more than one producer id");
    }
    who = writer;
  }
  return *who;
}

TransactionCoordinator::Admission::Kind produce_admission(std::int16_t version) {
  using Kind = TransactionCoordinator::Admission::Kind;
  if (version >= kAddsPartitionsSince) return Kind::add;
  return version >= kProduceAbortableSince ? Kind::check_abortable : Kind::check_only;
}

// Appends what may come into the transaction, once it is in it.
void admit(Services& services, const std::shared_ptr<Produce>& produce) {
  const auto who = writer_of(*produce);
  if (!who) {
    take_out(*produce, std::vector(produce->transactional.size(), who.error().code()));
    return append(services, produce);
  }
  const auto& request = produce->request;
  TransactionCoordinator::Admission admission{.kind = produce_admission(request.context.version()),
                                              .id = std::string(*request.message.transactional_id),
                                              .who = *who,
                                              .partitions = {}};
  for (const auto at : produce->transactional) {
    admission.partitions.push_back(produce->entries[at].partition);
  }
  services.transactions.admit(std::move(admission),
                              [&services, produce](const std::vector<ErrorCode>& outcomes) {
                                take_out(*produce, outcomes);
                                append(services, produce);
                              });
}

}  // namespace

ProduceResponse refusal(const ProduceRequest& request, ErrorCode error) {
  ProduceResponse response;
  for (const auto& asked : request.topic_data) {
    auto& topic = response.responses.emplace_back();
    topic.name = asked.name;
    topic.topic_id = asked.topic_id;
    for (const auto& partition : asked.partition_data) {
      auto& answer = topic.partition_responses.emplace_back();
      answer.index = partition.index;
      answer.error_code = error;
      answer.base_offset = protocol::kNoOffset;
    }
  }
  return response;
}

void handle_produce(Services& services, Request<ProduceRequest> request) {
  const auto acks = request.message.acks;
  if (acks != 0 && acks != 1 && acks != -1) {
    return request.answer(refusal(request.message, ErrorCode::invalid_required_acks));
  }
  if (!may_write_transactions(services, request)) {
    constexpr auto kDenied = ErrorCode::transactional_id_authorization_failed;
    if (acks == 0) return request.reply.refuse(Error(kDenied));
    return request.answer(refusal(request.message, kDenied));
  }
  auto produce = std::make_shared<Produce>(Produce{.request = std::move(request),
                                                   .topics = {},
                                                   .results = {},
                                                   .entries = {},
                                                   .appended = {},
                                                   .transactional = {}});
  collect(services, *produce);
  if (produce->transactional.empty()) return append(services, produce);
  admit(services, produce);
}

}  // namespace ottla::broker
