#include <algorithm>
#include <set>
#include <unordered_set>

#include "broker/config/topic_config.h"
#include "broker/metadata/partition_placement.h"
#include "broker/metadata/topic_name.h"
#include "broker/metadata/topic_requests.h"

namespace ottla::broker {
namespace {

constexpr std::string_view kMetadataTopic = "__cluster_metadata";
constexpr std::int32_t kDefault = -1;

// Decides on one request.
class TopicCreator {
 public:
  TopicCreator(const MetadataImage& image, const BrokerConfig& config, base::Random& random)
      : image_(image), config_(config), random_(random), placement_(image, random) {}

  Decision<CreateTopicResult> decide(const std::vector<NewTopic>& topics) {
    Decision<CreateTopicResult> decision;
    std::unordered_set<std::string_view> seen;
    std::set<std::string_view> twice;
    for (const auto& topic : topics) {
      if (!seen.insert(topic.name).second) twice.insert(topic.name);
    }
    std::unordered_set<std::string_view> answered;
    for (const auto& topic : topics) {
      if (!answered.insert(topic.name).second) continue;
      if (twice.count(topic.name) != 0) {
        decision.results.push_back(
            {topic.name, Error(ErrorCode::invalid_request, "the topic stands there twice")});
        continue;
      }
      decision.results.push_back({topic.name, create(topic, decision.records)});
    }
    return decision;
  }

 private:
  Result<CreatedTopic> create(const NewTopic& topic, std::vector<MetadataRecord>& records) {
    if (auto checked = check_name(topic.name); !checked) return checked.error();
    auto configs = check_topic_overrides(topic.configs);
    if (!configs) return configs.error();
    auto assignments = topic.assignments.empty() ? place(topic) : check_assignments(topic);
    if (!assignments) return assignments.error();
    if (auto alive = placement_.check_alive(0, *assignments); !alive) return alive.error();

    CreatedTopic created;
    created.id = new_topic_id();
    created.num_partitions = static_cast<std::int32_t>(assignments->size());
    created.replication_factor = static_cast<std::int16_t>(assignments->front().size());
    created.configs = *std::move(configs);
    append_records(topic, created.id, *assignments, records);
    accepted_.push_back(topic.name);
    partitions_ += created.num_partitions;
    return created;
  }

  Result<void> check_name(const std::string& name) const {
    if (name == kMetadataTopic) {
      return Error(ErrorCode::topic_authorization_failed,
                   "the topic of the metadata log cannot be created");
    }
    if (auto checked = check_topic_name(name); !checked) return checked;
    if (image_.find_topic(name) != nullptr) {
      return Error(ErrorCode::topic_already_exists, "the topic " + name + " exists already");
    }
    const std::string collision = find_collision(name);
    if (collision.empty()) return {};
    return Error(ErrorCode::invalid_topic_exception,
                 "the topic " + name + " collides with " + collision +
                     ": '.' and '_' are the same in the names of metrics");
  }

  // The topic, existing or created by this request, whose name is the same but for '.' and '_'.
  std::string find_collision(const std::string& name) const {
    if (name.find_first_of("._") == std::string::npos) return {};
    std::string collision;
    image_.state().topics_by_name.for_each([&](const std::string& other, const auto&) {
      if (topic_names_collide(name, other)) collision = other;
    });
    for (const auto& other : accepted_) {
      if (topic_names_collide(name, other)) collision = other;
    }
    return collision;
  }

  // --- Placement

  Result<std::vector<Replicas>> place(const NewTopic& topic) {
    if (topic.num_partitions == 0 || topic.num_partitions < kDefault) {
      return Error(ErrorCode::invalid_partitions,
                   "the number of partitions is " + std::to_string(topic.num_partitions) +
                       "; it must be above 0, or -1 for the default");
    }
    const auto count =
        topic.num_partitions == kDefault ? config_.num_partitions : topic.num_partitions;
    if (auto checked = check_partition_limit(count); !checked) return checked.error();
    const auto factor = replication_factor(topic);
    if (!factor) return factor.error();
    return placement_.place(static_cast<std::size_t>(count), static_cast<std::size_t>(*factor));
  }

  Result<std::int32_t> replication_factor(const NewTopic& topic) const {
    const auto brokers = static_cast<std::int32_t>(placement_.alive_brokers());
    const auto wanted = topic.replication_factor == kDefault ? config_.default_replication_factor
                                                             : topic.replication_factor;
    if (wanted <= 0) {
      return Error(ErrorCode::invalid_replication_factor,
                   "the replication factor is " + std::to_string(wanted) +
                       "; it must be above 0, or -1 for the default");
    }
    if (wanted <= brokers) return wanted;
    if (brokers > 0 && (topic.internal || config_.ottla_clamp_replication_factor)) return brokers;
    return Error(ErrorCode::invalid_replication_factor,
                 "the replication factor " + std::to_string(wanted) + " is more than the " +
                     std::to_string(brokers) + " broker(s) there are");
  }

  Result<void> check_partition_limit(std::int64_t count) const {
    if (partitions_ + count <= kMaxPartitionsPerRequest) return {};
    return Error(ErrorCode::policy_violation, "the request asks for more than " +
                                                  std::to_string(kMaxPartitionsPerRequest) +
                                                  " partitions; spread them over several requests");
  }

  // --- Manual assignments

  Result<std::vector<Replicas>> check_assignments(const NewTopic& topic) const {
    if (topic.replication_factor != kDefault || topic.num_partitions != kDefault) {
      return Error(ErrorCode::invalid_request,
                   "partitions are assigned by hand, so both their number and the replication "
                   "factor must be -1");
    }
    const auto count = static_cast<std::int64_t>(topic.assignments.size());
    if (auto checked = check_partition_limit(count); !checked) return checked.error();
    std::vector<Replicas> assignments(topic.assignments.size());
    for (const auto& assignment : topic.assignments) {
      const auto checked = placement_.check_replicas(assignment.partition, assignment.replicas);
      if (!checked) return checked.error();
      const auto number = static_cast<std::size_t>(assignment.partition);
      if (assignment.partition < 0 || number >= assignments.size()) {
        return bad_assignment(assignment.partition,
                              "the assigned partitions must be numbered from 0 without gaps");
      }
      if (!assignments[number].empty()) {
        return bad_assignment(assignment.partition, "the partition is assigned twice");
      }
      assignments[number] = assignment.replicas;
    }
    for (std::size_t p = 1; p < assignments.size(); ++p) {
      if (assignments[p].size() == assignments[0].size()) continue;
      return bad_assignment(static_cast<std::int32_t>(p),
                            "all partitions must have the same number of replicas");
    }
    return assignments;
  }

  // --- Records

  void append_records(const NewTopic& topic, const Uuid& id,
                      const std::vector<Replicas>& assignments,
                      std::vector<MetadataRecord>& records) {
    records.push_back(TopicRecord{.name = topic.name, .topic_id = id});
    for (const auto& [name, value] : topic.configs) {
      if (!value) continue;
      records.push_back(
          ConfigRecord{.resource_type = static_cast<std::int8_t>(ConfigResourceType::topic),
                       .resource_name = topic.name,
                       .name = name,
                       .value = *value});
    }
    for (std::size_t p = 0; p < assignments.size(); ++p) {
      records.push_back(placement_.record(id, static_cast<std::int32_t>(p), assignments[p]));
    }
  }

  // Kafka keeps ids 0 and 1 for itself, and its tools stumble over a leading '-'.
  Uuid new_topic_id() {
    for (;;) {
      const auto random = random_.uuid();
      const Uuid id{random.high, random.low};
      const bool reserved = id.high == 0 && id.low <= 1;
      if (!reserved && id.to_string().front() != '-' && image_.find_topic(id) == nullptr) return id;
    }
  }

  const MetadataImage& image_;
  const BrokerConfig& config_;
  base::Random& random_;
  PartitionPlacement placement_;
  std::vector<std::string_view> accepted_;
  std::int64_t partitions_ = 0;
};

}  // namespace

Decision<CreateTopicResult> decide_create_topics(const std::vector<NewTopic>& topics,
                                                 const MetadataImage& image,
                                                 const BrokerConfig& config, base::Random& random) {
  return TopicCreator(image, config, random).decide(topics);
}

}  // namespace ottla::broker
