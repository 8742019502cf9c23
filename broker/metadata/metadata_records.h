// Table of data: the records of the metadata log, as Kafka 4.4 has them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "protocol/types.h"
#include "protocol/uuid.h"
#include "protocol/wire/api.h"
#include "protocol/wire/visitor.h"

// One struct a record, in the vocabulary of protocol/wire: names and versions are those of Kafka's
// schemas (KIP-631 and later). Strings and bytes are borrowed from the batch. All are flexible.
namespace ottla::broker {

using protocol::BrokerId;
using protocol::LeaderEpoch;
using protocol::OpaqueBytes;
using protocol::ProducerId;
using protocol::Uuid;

// The facts of one record type in the form that protocol::Codec wants.
constexpr protocol::Api metadata_record_api(std::int16_t number, std::string_view name,
                                            std::int16_t max_version) {
  return {static_cast<ApiKey>(number), name, 0, 0, max_version};
}

// A broker came, with a new epoch: the offset of this record.
struct RegisterBrokerRecord {
  static constexpr protocol::Api api = metadata_record_api(0, "RegisterBrokerRecord", 4);
  static constexpr protocol::Side side = protocol::Side::record;

  struct BrokerEndpoint {
    std::string_view name;
    std::string_view host;
    std::uint16_t port = 0;
    std::int16_t security_protocol = 0;

    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
      w("host", m.host);
      w("port", m.port);
      w("securityProtocol", m.security_protocol);
    }

    bool operator==(const BrokerEndpoint&) const = default;
  };

  struct BrokerFeature {
    std::string_view name;
    std::int16_t min_supported_version = 0;
    std::int16_t max_supported_version = 0;

    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
      w("minSupportedVersion", m.min_supported_version);
      w("maxSupportedVersion", m.max_supported_version);
    }

    bool operator==(const BrokerFeature&) const = default;
  };

  BrokerId broker_id;
  bool is_migrating_zk_broker = false;
  Uuid incarnation_id;
  std::int64_t broker_epoch = 0;
  std::vector<BrokerEndpoint> end_points;
  std::vector<BrokerFeature> features;
  std::optional<std::string_view> rack{""};
  bool fenced = true;
  bool in_controlled_shutdown = false;
  std::vector<Uuid> log_dirs;
  std::optional<std::vector<Uuid>> cordoned_log_dirs;

  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("brokerId", m.broker_id);
    w.since(2)("isMigratingZkBroker", m.is_migrating_zk_broker);
    w("incarnationId", m.incarnation_id);
    w("brokerEpoch", m.broker_epoch);
    w("endPoints", m.end_points);
    w("features", m.features);
    w("rack", m.rack);
    w("fenced", m.fenced);
    w.since(1)("inControlledShutdown", m.in_controlled_shutdown);
    w.tags(w.since(3).tag(0, "logDirs", m.log_dirs),
           w.since(4).tag(1, "cordonedLogDirs", m.cordoned_log_dirs));
  }

  bool operator==(const RegisterBrokerRecord&) const = default;
};

// A broker is gone for good.
struct UnregisterBrokerRecord {
  static constexpr protocol::Api api = metadata_record_api(1, "UnregisterBrokerRecord", 0);
  static constexpr protocol::Side side = protocol::Side::record;

  BrokerId broker_id;
  std::int64_t broker_epoch = 0;

  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("brokerId", m.broker_id);
    w("brokerEpoch", m.broker_epoch);
  }

  bool operator==(const UnregisterBrokerRecord&) const = default;
};

// A topic came; its partitions and settings follow.
struct TopicRecord {
  static constexpr protocol::Api api = metadata_record_api(2, "TopicRecord", 0);
  static constexpr protocol::Side side = protocol::Side::record;

  std::string_view name;
  Uuid topic_id;

  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("name", m.name);
    w("topicId", m.topic_id);
  }

  bool operator==(const TopicRecord&) const = default;
};

// A partition as a whole.
struct PartitionRecord {
  static constexpr protocol::Api api = metadata_record_api(3, "PartitionRecord", 2);
  static constexpr protocol::Side side = protocol::Side::record;

  std::int32_t partition_id = -1;
  Uuid topic_id;
  std::vector<BrokerId> replicas;
  std::vector<BrokerId> isr;
  std::vector<BrokerId> removing_replicas;
  std::vector<BrokerId> adding_replicas;
  BrokerId leader{-1};
  std::int8_t leader_recovery_state = 0;
  LeaderEpoch leader_epoch{-1};
  std::int32_t partition_epoch = -1;
  std::vector<Uuid> directories;
  std::optional<std::vector<BrokerId>> eligible_leader_replicas;
  std::optional<std::vector<BrokerId>> last_known_elr;

  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("partitionId", m.partition_id);
    w("topicId", m.topic_id);
    w("replicas", m.replicas);
    w("isr", m.isr);
    w("removingReplicas", m.removing_replicas);
    w("addingReplicas", m.adding_replicas);
    w("leader", m.leader);
    w("leaderEpoch", m.leader_epoch);
    w("partitionEpoch", m.partition_epoch);
    w.since(1)("directories", m.directories);
    w.tags(w.tag(0, "leaderRecoveryState", m.leader_recovery_state),
           w.since(2).tag(1, "eligibleLeaderReplicas", m.eligible_leader_replicas),
           w.since(2).tag(2, "lastKnownElr", m.last_known_elr));
  }

  bool operator==(const PartitionRecord&) const = default;
};

// One setting of a topic, a broker or another resource; null: back to the default.
struct ConfigRecord {
  static constexpr protocol::Api api = metadata_record_api(4, "ConfigRecord", 0);
  static constexpr protocol::Side side = protocol::Side::record;

  std::int8_t resource_type = 0;
  std::string_view resource_name;
  std::string_view name;
  std::optional<std::string_view> value{""};

  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("resourceType", m.resource_type);
    w("resourceName", m.resource_name);
    w("name", m.name);
    w("value", m.value);
  }

  bool operator==(const ConfigRecord&) const = default;
};

// What changed of a partition. Every one raises the partition epoch; one that names a leader
// raises the leader epoch.
struct PartitionChangeRecord {
  static constexpr protocol::Api api = metadata_record_api(5, "PartitionChangeRecord", 2);
  static constexpr protocol::Side side = protocol::Side::record;

  std::int32_t partition_id = -1;
  Uuid topic_id;
  std::optional<std::vector<BrokerId>> isr;
  BrokerId leader{-2};
  std::optional<std::vector<BrokerId>> replicas;
  std::optional<std::vector<BrokerId>> removing_replicas;
  std::optional<std::vector<BrokerId>> adding_replicas;
  std::int8_t leader_recovery_state = -1;
  std::optional<std::vector<Uuid>> directories;
  std::optional<std::vector<BrokerId>> eligible_leader_replicas;
  std::optional<std::vector<BrokerId>> last_known_elr;

  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("partitionId", m.partition_id);
    w("topicId", m.topic_id);
    w.tags(w.tag(0, "isr", m.isr), w.tag(1, "leader", m.leader), w.tag(2, "replicas", m.replicas),
           w.tag(3, "removingReplicas", m.removing_replicas),
           w.tag(4, "addingReplicas", m.adding_replicas),
           w.tag(5, "leaderRecoveryState", m.leader_recovery_state),
           w.since(2).tag(6, "eligibleLeaderReplicas", m.eligible_leader_replicas),
           w.since(2).tag(7, "lastKnownElr", m.last_known_elr),
           w.since(1).tag(8, "directories", m.directories));
  }

  bool operator==(const PartitionChangeRecord&) const = default;
};

// A broker may not lead (older form of BrokerRegistrationChange).
struct FenceBrokerRecord {
  static constexpr protocol::Api api = metadata_record_api(7, "FenceBrokerRecord", 0);
  static constexpr protocol::Side side = protocol::Side::record;

  BrokerId id;
  std::int64_t epoch = 0;

  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("id", m.id);
    w("epoch", m.epoch);
  }

  bool operator==(const FenceBrokerRecord&) const = default;
};

// A broker may lead (older form of BrokerRegistrationChange).
struct UnfenceBrokerRecord {
  static constexpr protocol::Api api = metadata_record_api(8, "UnfenceBrokerRecord", 0);
  static constexpr protocol::Side side = protocol::Side::record;

  BrokerId id;
  std::int64_t epoch = 0;

  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("id", m.id);
    w("epoch", m.epoch);
  }

  bool operator==(const UnfenceBrokerRecord&) const = default;
};

// A topic is gone, with its partitions and settings.
struct RemoveTopicRecord {
  static constexpr protocol::Api api = metadata_record_api(9, "RemoveTopicRecord", 0);
  static constexpr protocol::Side side = protocol::Side::record;

  Uuid topic_id;

  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("topicId", m.topic_id);
  }

  bool operator==(const RemoveTopicRecord&) const = default;
};

// Not acted on.
struct DelegationTokenRecord {
  static constexpr protocol::Api api = metadata_record_api(10, "DelegationTokenRecord", 0);
  static constexpr protocol::Side side = protocol::Side::record;

  std::string_view owner;
  std::string_view requester;
  std::vector<std::string_view> renewers;
  std::int64_t issue_timestamp = 0;
  std::int64_t max_timestamp = 0;
  std::int64_t expiration_timestamp = 0;
  std::string_view token_id;

  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("owner", m.owner);
    w("requester", m.requester);
    w("renewers", m.renewers);
    w("issueTimestamp", m.issue_timestamp);
    w("maxTimestamp", m.max_timestamp);
    w("expirationTimestamp", m.expiration_timestamp);
    w("tokenId", m.token_id);
  }

  bool operator==(const DelegationTokenRecord&) const = default;
};

// What a user authenticates with by SCRAM from now on.
struct UserScramCredentialRecord {
  static constexpr protocol::Api api = metadata_record_api(11, "UserScramCredentialRecord", 0);
  static constexpr protocol::Side side = protocol::Side::record;

  std::string_view name;
  std::int8_t mechanism = 0;
  OpaqueBytes salt;
  OpaqueBytes stored_key;
  OpaqueBytes server_key;
  std::int32_t iterations = 0;

  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("name", m.name);
    w("mechanism", m.mechanism);
    w("salt", m.salt);
    w("storedKey", m.stored_key);
    w("serverKey", m.server_key);
    w("iterations", m.iterations);
  }

  bool operator==(const UserScramCredentialRecord&) const = default;
};

// The finalized level of a feature; 0: gone. The first record of a cluster sets
// metadata.version.
struct FeatureLevelRecord {
  static constexpr protocol::Api api = metadata_record_api(12, "FeatureLevelRecord", 0);
  static constexpr protocol::Side side = protocol::Side::record;

  std::string_view name;
  std::int16_t feature_level = 0;

  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("name", m.name);
    w("featureLevel", m.feature_level);
  }

  bool operator==(const FeatureLevelRecord&) const = default;
};

// What an entity may use of the broker, or that it has no such limit.
struct ClientQuotaRecord {
  static constexpr protocol::Api api = metadata_record_api(14, "ClientQuotaRecord", 0);
  static constexpr protocol::Side side = protocol::Side::record;

  struct EntityData {
    std::string_view entity_type;
    std::optional<std::string_view> entity_name{""};

    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("entityType", m.entity_type);
      w("entityName", m.entity_name);
    }

    bool operator==(const EntityData&) const = default;
  };

  std::vector<EntityData> entity;
  std::string_view key;
  double value = 0;
  bool remove = false;

  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("entity", m.entity);
    w("key", m.key);
    w("value", m.value);
    w("remove", m.remove);
  }

  bool operator==(const ClientQuotaRecord&) const = default;
};

// All producer ids below `next_producer_id` are handed out; rises with every record.
struct ProducerIdsRecord {
  static constexpr protocol::Api api = metadata_record_api(15, "ProducerIdsRecord", 0);
  static constexpr protocol::Side side = protocol::Side::record;

  BrokerId broker_id;
  std::int64_t broker_epoch = -1;
  ProducerId next_producer_id;

  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("brokerId", m.broker_id);
    w("brokerEpoch", m.broker_epoch);
    w("nextProducerId", m.next_producer_id);
  }

  bool operator==(const ProducerIdsRecord&) const = default;
};

// What changed of a registration; only for the epoch it names.
struct BrokerRegistrationChangeRecord {
  static constexpr protocol::Api api = metadata_record_api(17, "BrokerRegistrationChangeRecord", 3);
  static constexpr protocol::Side side = protocol::Side::record;

  BrokerId broker_id;
  std::int64_t broker_epoch = 0;
  std::int8_t fenced = 0;
  std::int8_t in_controlled_shutdown = 0;
  std::vector<Uuid> log_dirs;
  std::optional<std::vector<Uuid>> cordoned_log_dirs;

  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("brokerId", m.broker_id);
    w("brokerEpoch", m.broker_epoch);
    w.tags(w.tag(0, "fenced", m.fenced),
           w.since(1).tag(1, "inControlledShutdown", m.in_controlled_shutdown),
           w.since(2).tag(2, "logDirs", m.log_dirs),
           w.since(3).tag(3, "cordonedLogDirs", m.cordoned_log_dirs));
  }

  bool operator==(const BrokerRegistrationChangeRecord&) const = default;
};

// Somebody may do something, or must not.
struct AccessControlEntryRecord {
  static constexpr protocol::Api api = metadata_record_api(18, "AccessControlEntryRecord", 0);
  static constexpr protocol::Side side = protocol::Side::record;

  Uuid id;
  std::int8_t resource_type = 0;
  std::string_view resource_name;
  std::int8_t pattern_type = 0;
  std::string_view principal;
  std::string_view host;
  std::int8_t operation = 0;
  std::int8_t permission_type = 0;

  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("id", m.id);
    w("resourceType", m.resource_type);
    w("resourceName", m.resource_name);
    w("patternType", m.pattern_type);
    w("principal", m.principal);
    w("host", m.host);
    w("operation", m.operation);
    w("permissionType", m.permission_type);
  }

  bool operator==(const AccessControlEntryRecord&) const = default;
};

// That is no more.
struct RemoveAccessControlEntryRecord {
  static constexpr protocol::Api api = metadata_record_api(19, "RemoveAccessControlEntryRecord", 0);
  static constexpr protocol::Side side = protocol::Side::record;

  Uuid id;

  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("id", m.id);
  }

  bool operator==(const RemoveAccessControlEntryRecord&) const = default;
};

// Says that the controller lives.
struct NoOpRecord {
  static constexpr protocol::Api api = metadata_record_api(20, "NoOpRecord", 0);
  static constexpr protocol::Side side = protocol::Side::record;

  template <class Self, class Wire>
  static constexpr void fields(Self&, Wire&) {}

  bool operator==(const NoOpRecord&) const = default;
};

// Not acted on.
struct ZkMigrationStateRecord {
  static constexpr protocol::Api api = metadata_record_api(21, "ZkMigrationStateRecord", 0);
  static constexpr protocol::Side side = protocol::Side::record;

  std::int8_t zk_migration_state = 0;

  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("zkMigrationState", m.zk_migration_state);
  }

  bool operator==(const ZkMigrationStateRecord&) const = default;
};

// That is no more.
struct RemoveUserScramCredentialRecord {
  static constexpr protocol::Api api =
      metadata_record_api(22, "RemoveUserScramCredentialRecord", 0);
  static constexpr protocol::Side side = protocol::Side::record;

  std::string_view name;
  std::int8_t mechanism = 0;

  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("name", m.name);
    w("mechanism", m.mechanism);
  }

  bool operator==(const RemoveUserScramCredentialRecord&) const = default;
};

// What follows counts only once its EndTransaction comes (KIP-868).
struct BeginTransactionRecord {
  static constexpr protocol::Api api = metadata_record_api(23, "BeginTransactionRecord", 0);
  static constexpr protocol::Side side = protocol::Side::record;

  std::optional<std::string_view> name;

  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w.tags(w.tag(0, "name", m.name));
  }

  bool operator==(const BeginTransactionRecord&) const = default;
};

// What came since BeginTransaction counts.
struct EndTransactionRecord {
  static constexpr protocol::Api api = metadata_record_api(24, "EndTransactionRecord", 0);
  static constexpr protocol::Side side = protocol::Side::record;

  template <class Self, class Wire>
  static constexpr void fields(Self&, Wire&) {}

  bool operator==(const EndTransactionRecord&) const = default;
};

// What came since BeginTransaction never was.
struct AbortTransactionRecord {
  static constexpr protocol::Api api = metadata_record_api(25, "AbortTransactionRecord", 0);
  static constexpr protocol::Side side = protocol::Side::record;

  std::optional<std::string_view> reason;

  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w.tags(w.tag(0, "reason", m.reason));
  }

  bool operator==(const AbortTransactionRecord&) const = default;
};

// Not acted on.
struct RemoveDelegationTokenRecord {
  static constexpr protocol::Api api = metadata_record_api(26, "RemoveDelegationTokenRecord", 0);
  static constexpr protocol::Side side = protocol::Side::record;

  std::string_view token_id;

  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("tokenId", m.token_id);
  }

  bool operator==(const RemoveDelegationTokenRecord&) const = default;
};

// Not acted on.
struct RegisterControllerRecord {
  static constexpr protocol::Api api = metadata_record_api(27, "RegisterControllerRecord", 0);
  static constexpr protocol::Side side = protocol::Side::record;

  struct ControllerEndpoint {
    std::string_view name;
    std::string_view host;
    std::uint16_t port = 0;
    std::int16_t security_protocol = 0;

    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
      w("host", m.host);
      w("port", m.port);
      w("securityProtocol", m.security_protocol);
    }

    bool operator==(const ControllerEndpoint&) const = default;
  };

  struct ControllerFeature {
    std::string_view name;
    std::int16_t min_supported_version = 0;
    std::int16_t max_supported_version = 0;

    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
      w("minSupportedVersion", m.min_supported_version);
      w("maxSupportedVersion", m.max_supported_version);
    }

    bool operator==(const ControllerFeature&) const = default;
  };

  std::int32_t controller_id = 0;
  Uuid incarnation_id;
  bool zk_migration_ready = false;
  std::vector<ControllerEndpoint> end_points;
  std::vector<ControllerFeature> features;

  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("controllerId", m.controller_id);
    w("incarnationId", m.incarnation_id);
    w("zkMigrationReady", m.zk_migration_ready);
    w("endPoints", m.end_points);
    w("features", m.features);
  }

  bool operator==(const RegisterControllerRecord&) const = default;
};

// Empties the eligible leader replicas of a topic, or of all if the name is empty.
struct ClearElrRecord {
  static constexpr protocol::Api api = metadata_record_api(28, "ClearElrRecord", 0);
  static constexpr protocol::Side side = protocol::Side::record;

  std::string_view topic_name;

  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("topicName", m.topic_name);
  }

  bool operator==(const ClearElrRecord&) const = default;
};

// Not acted on.
struct UnregisterControllerRecord {
  static constexpr protocol::Api api = metadata_record_api(29, "UnregisterControllerRecord", 0);
  static constexpr protocol::Side side = protocol::Side::record;

  std::int32_t controller_id = 0;

  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("controllerId", m.controller_id);
  }

  bool operator==(const UnregisterControllerRecord&) const = default;
};

}  // namespace ottla::broker
