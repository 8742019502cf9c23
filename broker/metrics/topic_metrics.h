#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "broker/metrics/metrics_page.h"

namespace ottla::broker {

// What went in and out of one topic, or all of them.
struct TopicTraffic {
  std::uint64_t messages_in = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t bytes_rejected = 0;
  std::uint64_t produce_requests = 0;  // one for each partition of a request, as Kafka counts
  std::uint64_t failed_produce_requests = 0;
  std::uint64_t fetch_requests = 0;
  std::uint64_t failed_fetch_requests = 0;

  TopicTraffic& operator+=(const TopicTraffic& more);
};

// Kafka's BrokerTopicMetrics. A topic's figures go with it; those of all topics together stay. On
// one loop.
class TopicMetrics {
 public:
  // Makes them if they are not there; they outlive the topic with whoever keeps them.
  std::shared_ptr<TopicTraffic> of(std::string_view topic);
  void forget(std::string_view topic);

  // To be counted for the topic, if there is one, and for all.
  void add(TopicTraffic* topic, const TopicTraffic& more);

  const TopicTraffic& all() const { return all_; }

  // Under the names kafka_server_brokertopicmetrics_...; without a label for all topics.
  void collect(MetricsPage& page) const;

 private:
  TopicTraffic all_;
  std::map<std::string, std::shared_ptr<TopicTraffic>, std::less<>> topics_;
};

}  // namespace ottla::broker
