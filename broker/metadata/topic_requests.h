#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "broker/config/broker_config.h"
#include "broker/metadata/decision.h"
#include "broker/metadata/metadata_image.h"
#include "ottla/result.h"

namespace ottla::broker {

// One topic of a CreateTopics request.
struct NewTopic {
  struct Assignment {
    std::int32_t partition = 0;
    std::vector<BrokerId> replicas;
  };

  std::string name;
  std::int32_t num_partitions = -1;      // -1: num.partitions
  std::int32_t replication_factor = -1;  // -1: default.replication.factor
  std::vector<Assignment> assignments;   // if there are any, both numbers above must be -1
  std::vector<std::pair<std::string, std::optional<std::string>>> configs;
  // A topic of the broker's own: gets min(replication_factor, brokers there are) replicas.
  bool internal = false;
};

struct CreatedTopic {
  Uuid id;
  std::int32_t num_partitions = 0;
  std::int16_t replication_factor = 0;
  ConfigMap configs;  // what was set explicitly

  bool operator==(const CreatedTopic&) const = default;
};

// In the order of the request; a name that stands there twice is answered once.
struct CreateTopicResult {
  std::string name;
  Result<CreatedTopic> result;
};

// A topic to delete: by name, which may be an empty one, or by id without one.
struct TopicToDelete {
  std::optional<std::string> name;
  Uuid id;
};

struct DeleteTopicResult {
  std::string name;  // empty if only the id was given and is unknown
  Uuid id;
  Result<void> result;
};

// More partitions for a topic. `count` is of all of them, those that are there included.
struct MorePartitions {
  std::string topic;
  std::int32_t count = 0;
  std::optional<std::vector<std::vector<BrokerId>>>
      assignments;  // none: the controller places them
};

// A name that stands in the request twice is answered once.
struct CreatePartitionsResult {
  std::string topic;
  Result<void> result;
};

// Decides on requests by the image alone; writes nothing. The error codes are documented at
// Controller's functions of the same names.
Decision<CreateTopicResult> decide_create_topics(const std::vector<NewTopic>& topics,
                                                 const MetadataImage& image,
                                                 const BrokerConfig& config, base::Random& random);
Decision<DeleteTopicResult> decide_delete_topics(const std::vector<TopicToDelete>& topics,
                                                 const MetadataImage& image,
                                                 const BrokerConfig& config);
Decision<CreatePartitionsResult> decide_create_partitions(const std::vector<MorePartitions>& topics,
                                                          const MetadataImage& image,
                                                          base::Random& random);

}  // namespace ottla::broker
