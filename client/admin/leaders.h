#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "client/admin/routed_call.h"
#include "client/admin/topics_call.h"
#include "ottla/types.h"
#include "protocol/messages/metadata.h"

namespace ottla::client {

// Asks for the topics of `partitions`, from which the message borrows, without making them.
protocol::MetadataRequest leaders_request(const std::set<TopicPartition>& partitions,
                                          std::int16_t version);

// Who leads each of the `partitions`, or why that is not known.
std::map<TopicPartition, Result<BrokerId>> leaders_in(const protocol::MetadataResponse& response,
                                                      const std::set<TopicPartition>& partitions);

// What a leader that is not the one, or does not know the partition yet, answers: metadata decide.
bool leads_no_more(ErrorCode code);

// A call that the leaders of partitions answer.
template <class Outcome>
class LeadersCall : public RoutedCall<TopicPartition, Outcome> {
 public:
  using Keys = typename RoutedCall<TopicPartition, Outcome>::Keys;
  using RoutedCall<TopicPartition, Outcome>::RoutedCall;

 protected:
  void add(const TopicPartition& partition) {
    const auto size = partition.topic.size();
    if (size == 0 || size > kLongestTopicName) {
      this->settle(partition,
                   topic_error(ErrorCode::invalid_topic_exception,
                               "a topic's name has 1 to 249 characters", partition.topic));
    } else {
      this->add_pending(partition);
    }
  }

  Request look_up(BrokerId any, Keys keys) override {
    auto make = [keys](std::int16_t version) { return leaders_request(keys, version); };
    auto done = [this, keys](Result<Response<protocol::MetadataResponse>> response) {
      if (!response) return this->on_failure(response.error());
      this->take_routes(leaders_in(response->message, keys));
    };
    return make_request<protocol::MetadataRequest>(any, std::move(make), std::move(done));
  }

  Error about(const TopicPartition& partition, const Error& error) const final {
    auto context = error.context();
    context.topic = partition.topic;
    context.partition = partition.partition;
    return {error.code(), error.message(), std::move(context)};
  }
  std::string_view noun() const final { return "partition"; }
};

}  // namespace ottla::client
