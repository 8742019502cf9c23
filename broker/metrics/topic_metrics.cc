#include "broker/metrics/topic_metrics.h"

#include <array>

namespace ottla::broker {
namespace {

struct Figure {
  std::string_view name;
  std::uint64_t TopicTraffic::*member;
  std::string_view help;
};
constexpr std::array kFigures = {
    Figure{"messagesin", &TopicTraffic::messages_in, "Records appended."},
    Figure{"bytesin", &TopicTraffic::bytes_in, "Bytes of batches appended."},
    Figure{"bytesout", &TopicTraffic::bytes_out, "Bytes of batches handed to readers."},
    Figure{"bytesrejected", &TopicTraffic::bytes_rejected, "Bytes of batches that were refused."},
    Figure{"totalproducerequests", &TopicTraffic::produce_requests,
           "Partitions of produce requests."},
    Figure{"failedproducerequests", &TopicTraffic::failed_produce_requests,
           "Those that were refused."},
    Figure{"totalfetchrequests", &TopicTraffic::fetch_requests, "Partitions of fetch requests."},
    Figure{"failedfetchrequests", &TopicTraffic::failed_fetch_requests,
           "Those that were answered with an error."},
};

}  // namespace

TopicTraffic& TopicTraffic::operator+=(const TopicTraffic& more) {
  for (const auto& figure : kFigures) this->*figure.member += more.*figure.member;
  return *this;
}

std::shared_ptr<TopicTraffic> TopicMetrics::of(std::string_view topic) {
  const auto found = topics_.find(topic);
  if (found != topics_.end()) return found->second;
  return topics_.emplace(topic, std::make_shared<TopicTraffic>()).first->second;
}

void TopicMetrics::forget(std::string_view topic) {
  const auto found = topics_.find(topic);
  if (found != topics_.end()) topics_.erase(found);
}

void TopicMetrics::add(TopicTraffic* topic, const TopicTraffic& more) {
  all_ += more;
  if (topic != nullptr) *topic += more;
}

void TopicMetrics::collect(MetricsPage& page) const {
  for (const auto& figure : kFigures) {
    auto& family = page.counters(
        "kafka_server_brokertopicmetrics_" + std::string(figure.name) + "_total", figure.help);
    family.add(static_cast<double>(all_.*figure.member));
    for (const auto& [topic, traffic] : topics_) {
      family.add(static_cast<double>((*traffic).*figure.member), metric_labels({{"topic", topic}}));
    }
  }
}

}  // namespace ottla::broker
