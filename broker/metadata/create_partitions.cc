#include <map>
#include <string_view>
#include <unordered_set>

#include "broker/metadata/partition_placement.h"
#include "broker/metadata/topic_requests.h"

namespace ottla::broker {
namespace {

// Decides on one request.
class PartitionCreator {
 public:
  PartitionCreator(const MetadataImage& image, base::Random& random)
      : image_(image), placement_(image, random) {}

  Decision<CreatePartitionsResult> decide(const std::vector<MorePartitions>& topics) {
    std::map<std::string_view, int> mentions;
    for (const auto& topic : topics) ++mentions[topic.topic];
    Decision<CreatePartitionsResult> decision;
    std::unordered_set<std::string_view> answered;
    for (const auto& topic : topics) {
      if (!answered.insert(topic.topic).second) continue;
      Result<void> result =
          mentions[topic.topic] == 1
              ? create(topic, decision.records)
              : Error(ErrorCode::invalid_request, "the topic stands in the request twice");
      decision.results.push_back({topic.topic, std::move(result)});
    }
    return decision;
  }

 private:
  Result<void> create(const MorePartitions& wanted, std::vector<MetadataRecord>& records) {
    const auto* topic = image_.find_topic(wanted.topic);
    if (topic == nullptr || topic->partitions.empty()) {
      return Error(ErrorCode::unknown_topic_or_partition,
                   "there is no topic '" + wanted.topic + "'");
    }
    if (topic->is_internal()) {
      return Error(
          ErrorCode::invalid_request,
          "the number of partitions of " + wanted.topic +
              " cannot be changed: it decides where each group or transactional id is kept");
    }
    const auto there = static_cast<std::int32_t>(topic->partitions.size());
    if (auto checked = check_count(wanted, there); !checked) return checked;
    const auto factor = topic->partitions.begin()->second.replicas.size();
    const auto more = static_cast<std::size_t>(wanted.count - there);
    auto assignments =
        wanted.assignments ? check_assignments(wanted, there, factor) : place(more, factor);
    if (!assignments) return assignments.error();
    if (auto alive = placement_.check_alive(there, *assignments); !alive) return alive;
    for (std::size_t p = 0; p < more; ++p) {
      records.push_back(
          placement_.record(topic->id, there + static_cast<std::int32_t>(p), (*assignments)[p]));
    }
    partitions_ += static_cast<std::int64_t>(more);
    return {};
  }

  Result<void> check_count(const MorePartitions& wanted, std::int32_t there) const {
    if (wanted.count <= there) {
      return Error(ErrorCode::invalid_partitions,
                   "the topic " + wanted.topic + " has " + std::to_string(there) +
                       " partition(s) already; " + std::to_string(wanted.count) +
                       " would not be more");
    }
    if (partitions_ + wanted.count - there <= kMaxPartitionsPerRequest) return {};
    return Error(ErrorCode::policy_violation, "the request asks for more than " +
                                                  std::to_string(kMaxPartitionsPerRequest) +
                                                  " partitions; spread them over several requests");
  }

  Result<std::vector<Replicas>> place(std::size_t more, std::size_t factor) const {
    if (factor <= placement_.alive_brokers()) return placement_.place(more, factor);
    return Error(ErrorCode::invalid_replication_factor,
                 "the topic has " + std::to_string(factor) +
                     " replicas a partition, more than the " +
                     std::to_string(placement_.alive_brokers()) + " broker(s) there are");
  }

  Result<std::vector<Replicas>> check_assignments(const MorePartitions& wanted, std::int32_t there,
                                                  std::size_t factor) const {
    const auto& assignments = *wanted.assignments;
    const auto more = static_cast<std::size_t>(wanted.count - there);
    if (assignments.size() != more) {
      return Error(ErrorCode::invalid_replica_assignment,
                   std::to_string(more) + " partition(s) are to be added, but " +
                       std::to_string(assignments.size()) + " assignment(s) are given");
    }
    for (std::size_t p = 0; p < more; ++p) {
      const auto number = there + static_cast<std::int32_t>(p);
      if (auto checked = placement_.check_replicas(number, assignments[p]); !checked) {
        return checked.error();
      }
      if (assignments[p].size() == factor) continue;
      return bad_assignment(number, std::to_string(assignments[p].size()) +
                                        " replica(s), where the topic's other partitions have " +
                                        std::to_string(factor));
    }
    return assignments;
  }

  const MetadataImage& image_;
  PartitionPlacement placement_;
  std::int64_t partitions_ = 0;
};

}  // namespace

Decision<CreatePartitionsResult> decide_create_partitions(const std::vector<MorePartitions>& topics,
                                                          const MetadataImage& image,
                                                          base::Random& random) {
  return PartitionCreator(image, random).decide(topics);
}

}  // namespace ottla::broker
