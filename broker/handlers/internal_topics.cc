#include "broker/handlers/internal_topics.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace ottla::broker {
namespace {

NewTopic offsets_topic(const BrokerConfig& config) {
  NewTopic topic;
  topic.name = kOffsetsTopic;
  topic.num_partitions = config.offsets_topic_num_partitions;
  topic.replication_factor = config.offsets_topic_replication_factor;
  topic.configs = {{"cleanup.policy", "compact"},
                   {"compression.type", "producer"},
                   {"segment.bytes", std::to_string(config.offsets_topic_segment_bytes)}};
  topic.internal = true;
  return topic;
}

NewTopic transactions_topic(const BrokerConfig& config) {
  NewTopic topic;
  topic.name = kTransactionsTopic;
  topic.num_partitions = config.transaction_state_log_num_partitions;
  topic.replication_factor = config.transaction_state_log_replication_factor;
  topic.configs = {{"cleanup.policy", "compact"},
                   {"compression.type", "uncompressed"},
                   {"min.insync.replicas", std::to_string(config.transaction_state_log_min_isr)},
                   {"segment.bytes", std::to_string(config.transaction_state_log_segment_bytes)},
                   {"unclean.leader.election.enable", "false"}};
  topic.internal = true;
  return topic;
}

void make(Services& services, NewTopic topic, base::Task done) {
  if (services.image().find_topic(topic.name) != nullptr) return done();
  const std::chrono::milliseconds timeout(services.config.request_timeout_ms);
  auto on_made = [&services, name = topic.name,
                  done = std::move(done)](const std::vector<CreateTopicResult>& results) mutable {
    const auto& made = results.front().result;
    if (!made && made.error().code() != ErrorCode::topic_already_exists) {
      services.logger.error(name + " cannot be made: " + made.error().to_string());
    }
    done();
  };
  services.controller.create_topics({std::move(topic)}, false, timeout, std::move(on_made));
}

}  // namespace

void make_offsets_topic(Services& services, base::Task done) {
  make(services, offsets_topic(services.config), std::move(done));
}

void make_transactions_topic(Services& services, base::Task done) {
  make(services, transactions_topic(services.config), std::move(done));
}

}  // namespace ottla::broker
