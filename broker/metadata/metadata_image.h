#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/metadata/cow_map.h"
#include "broker/metadata/quota_entity.h"
#include "ottla/acl.h"
#include "ottla/result.h"
#include "protocol/sasl/scram.h"
#include "protocol/types.h"
#include "protocol/uuid.h"

namespace ottla::broker {

using protocol::BrokerId;
using protocol::LeaderEpoch;
using protocol::Offset;
using protocol::ProducerId;
using protocol::Uuid;

inline constexpr BrokerId kNoLeader{-1};

// What a topic and a broker are to DescribeConfigs and in ConfigRecords; the numbers are Kafka's.
enum class ConfigResourceType : std::int8_t {
  unknown = 0,
  topic = 2,
  broker = 4,
  broker_logger = 8,
  client_metrics = 16,
  group = 32,
};

struct ConfigResource {
  ConfigResourceType type = ConfigResourceType::unknown;
  std::string name;  // empty for brokers: the default of all brokers

  auto operator<=>(const ConfigResource&) const = default;
};

using ConfigMap = std::map<std::string, std::string, std::less<>>;

struct BrokerEndpoint {
  std::string name;  // of the listener
  std::string host;
  std::uint16_t port = 0;
  std::int16_t security_protocol = 0;

  bool operator==(const BrokerEndpoint&) const = default;
};

struct FeatureRange {
  std::int16_t min = 0;
  std::int16_t max = 0;

  bool operator==(const FeatureRange&) const = default;
};

struct BrokerRegistration {
  BrokerId id;
  std::int64_t epoch = -1;  // the offset of the record that registered it
  Uuid incarnation_id;
  std::vector<BrokerEndpoint> endpoints;
  std::map<std::string, FeatureRange> features;
  std::optional<std::string> rack;
  bool fenced = true;
  bool in_controlled_shutdown = false;
  std::vector<Uuid> directories;

  bool operator==(const BrokerRegistration&) const = default;
  const BrokerEndpoint* find_endpoint(std::string_view listener_name) const;
};

bool contains(const std::vector<BrokerId>& brokers, BrokerId id);

struct PartitionImage {
  std::vector<BrokerId> replicas;  // in the order of preference
  std::vector<Uuid> directories;   // one for each replica, or none
  std::vector<BrokerId> in_sync_replicas;
  std::vector<BrokerId> removing_replicas;
  std::vector<BrokerId> adding_replicas;
  std::vector<BrokerId> eligible_leader_replicas;
  std::vector<BrokerId> last_known_eligible_leader_replicas;
  BrokerId leader = kNoLeader;
  LeaderEpoch leader_epoch;
  std::int32_t partition_epoch = 0;
  bool recovering_from_unclean_election = false;

  bool operator==(const PartitionImage&) const = default;
};

struct TopicImage {
  std::string name;
  Uuid id;
  std::map<std::int32_t, PartitionImage> partitions;  // by partition number, from 0, without gaps

  const PartitionImage* find(std::int32_t partition) const {
    const auto found = partitions.find(partition);
    return found == partitions.end() ? nullptr : &found->second;
  }
  bool is_internal() const;
};

// What one user authenticates with by SCRAM.
using ScramUser = std::map<protocol::ScramMechanism, protocol::ScramCredential>;

// "__consumer_offsets", "__transaction_state" and "__share_group_state".
bool is_internal_topic(std::string_view name);

// The parts of a MetadataImage; copying it is cheap, and what a copy changes the original does not
// see.
struct MetadataState {
  std::string cluster_id;
  Offset last_offset{-1};
  std::int32_t last_epoch = -1;
  CowMap<std::string, TopicImage, StringHash> topics_by_name;
  CowMap<Uuid, TopicImage> topics_by_id;
  CowMap<std::string, ConfigMap, StringHash> topic_configs;  // by topic name
  std::map<ConfigResource, ConfigMap> other_configs;
  std::map<BrokerId, BrokerRegistration> brokers;
  std::map<std::string, std::int16_t, std::less<>> features;
  ProducerId next_producer_id{0};
  CowMap<std::string, ScramUser, StringHash> scram_users;
  // The first few forms that credentials ever had, be their users still there or not.
  std::map<protocol::ScramMechanism, std::vector<protocol::ScramForm>> scram_forms;
  CowMap<Uuid, AclBinding> acls;
  CowMap<QuotaEntity, QuotaValues, QuotaEntityHash> quotas;  // of entities that have any
};

// Everything the metadata log says up to one offset. Never changes: whoever holds one sees one
// state, on any thread. A new state shares with the old one what did not change. Made by
// MetadataDelta.
class MetadataImage {
 public:
  explicit MetadataImage(MetadataState state) : state_(std::move(state)) {}

  // Nothing yet: offset -1.
  static std::shared_ptr<const MetadataImage> empty(std::string cluster_id);

  const std::string& cluster_id() const { return state_.cluster_id; }

  // The last record that is part of this image, and the raft epoch it was written in; -1 at first.
  Offset last_offset() const { return state_.last_offset; }
  std::int32_t last_epoch() const { return state_.last_epoch; }

  // Null if there is none. Valid as long as this image (or the shared pointer) is kept. By name and
  // by id in constant time, without allocation.
  const TopicImage* find_topic(std::string_view name) const;
  const TopicImage* find_topic(const Uuid& id) const;
  std::shared_ptr<const TopicImage> share_topic(std::string_view name) const;
  const PartitionImage* find_partition(std::string_view topic, std::int32_t partition) const;

  // Sorted by name; costs n log n.
  std::vector<const TopicImage*> topics() const;
  std::size_t topic_count() const { return state_.topics_by_name.size(); }

  // Sorted by id.
  const std::map<BrokerId, BrokerRegistration>& brokers() const { return state_.brokers; }
  const BrokerRegistration* find_broker(BrokerId id) const;

  // What was set for a resource; empty if nothing was.
  const ConfigMap& configs(const ConfigResource& resource) const;
  const ConfigMap& topic_configs(std::string_view topic) const;

  // Finalized levels: metadata.version, group.version ...
  const std::map<std::string, std::int16_t, std::less<>>& features() const {
    return state_.features;
  }
  // 0 if the feature is not there.
  std::int16_t feature(std::string_view name) const;

  // Every producer id below this was handed out.
  ProducerId next_producer_id() const { return state_.next_producer_id; }

  // Null if the user has none of this mechanism. In constant time, without allocation.
  const protocol::ScramCredential* scram_credential(std::string_view user,
                                                    protocol::ScramMechanism mechanism) const;
  // What credentials of this mechanism look like, each form once.
  std::span<const protocol::ScramForm> scram_forms(protocol::ScramMechanism mechanism) const;
  const CowMap<std::string, ScramUser, StringHash>& scram_users() const {
    return state_.scram_users;
  }

  // Who may do what, by the ids of the records.
  const CowMap<Uuid, AclBinding>& acls() const { return state_.acls; }

  // What users, clients and addresses may use; nothing is there without a value.
  const CowMap<QuotaEntity, QuotaValues, QuotaEntityHash>& quotas() const { return state_.quotas; }

  const MetadataState& state() const { return state_; }

 private:
  const MetadataState state_;
};

// What lies between two images, for those who keep something per topic (logs, coordinators).
struct MetadataChanges {
  // As they were.
  std::vector<std::shared_ptr<const TopicImage>> deleted_topics;
  // As they are now: new ones, and those of which any partition changed. A topic deleted and made
  // anew under its name is in both.
  std::vector<std::shared_ptr<const TopicImage>> changed_topics;
  std::vector<ConfigResource> changed_configs;
  std::vector<std::shared_ptr<const AclBinding>> removed_acls;
  std::vector<std::shared_ptr<const AclBinding>> added_acls;
  std::vector<QuotaEntity> changed_quotas;
  bool brokers_changed = false;
  bool features_changed = false;
};

}  // namespace ottla::broker
