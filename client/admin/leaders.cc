#include "client/admin/leaders.h"

#include <limits>
#include <string>
#include <string_view>

#include "client/admin/describe.h"

namespace ottla::client {

protocol::MetadataRequest leaders_request(const std::set<TopicPartition>& partitions,
                                          std::int16_t version) {
  auto request = metadata_request_for(version);
  auto& topics = request.topics.emplace();
  for (const auto& partition : partitions) {
    // Sorted: those of a topic stand together.
    if (topics.empty() || topics.back().name != partition.topic) {
      topics.push_back({.topic_id = {}, .name = partition.topic});
    }
  }
  return request;
}

std::map<TopicPartition, Result<BrokerId>> leaders_in(const protocol::MetadataResponse& response,
                                                      const std::set<TopicPartition>& partitions) {
  std::map<TopicPartition, Result<BrokerId>> leaders;
  for (const auto& partition : partitions) {
    leaders.insert_or_assign(partition, Error(ErrorCode::unknown_topic_or_partition));
  }
  for (const auto& topic : response.topics) {
    if (!topic.name) continue;
    const std::string name(*topic.name);
    if (topic.error_code != ErrorCode::none) {
      for (auto at = leaders.lower_bound({name, std::numeric_limits<std::int32_t>::min()});
           at != leaders.end() && at->first.topic == name; ++at) {
        at->second = Error(topic.error_code);
      }
      continue;
    }
    for (const auto& partition : topic.partitions) {
      const auto found = leaders.find({name, partition.partition_index});
      if (found == leaders.end()) continue;
      if (partition.leader_id.value >= 0) {
        found->second = partition.leader_id;
      } else {
        found->second = Error(ErrorCode::leader_not_available);
      }
    }
  }
  return leaders;
}

bool leads_no_more(ErrorCode code) {
  return code == ErrorCode::not_leader_or_follower ||
         code == ErrorCode::unknown_topic_or_partition || code == ErrorCode::leader_not_available ||
         code == ErrorCode::replica_not_available || code == ErrorCode::broker_not_available ||
         code == ErrorCode::fenced_leader_epoch || code == ErrorCode::kafka_storage_error;
}

}  // namespace ottla::client
