#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/logger.h"
#include "base/loop.h"
#include "base/random.h"
#include "base/task.h"
#include "broker/config/broker_config.h"
#include "broker/metadata/acl_requests.h"
#include "broker/metadata/cluster_requests.h"
#include "broker/metadata/config_requests.h"
#include "broker/metadata/metadata_image.h"
#include "broker/metadata/metadata_loader.h"
#include "broker/metadata/metadata_log.h"
#include "broker/metadata/own_directories.h"
#include "broker/metadata/partition_requests.h"
#include "broker/metadata/quota_requests.h"
#include "broker/metadata/scram_requests.h"
#include "broker/metadata/topic_requests.h"
#include "ottla/result.h"

namespace ottla::broker {

// Producer ids [first, first + count), never handed out before and never again.
struct ProducerIdBlock {
  ProducerId first;
  std::int32_t count = 0;

  bool operator==(const ProducerIdBlock&) const = default;
};

// The one voter, and so the leader, of this broker's metadata quorum: every start opens a raft
// epoch, registers and unfences the broker and makes it the leader of its partitions under a raised
// leader epoch; every change is records in one batch, answered once durable. What Apache Kafka
// expects to find: KIP-500, KIP-631, KIP-630.
//
// Belongs to one loop; every call and every callback is on it. Batches are pipelined: requests are
// checked against what was appended, the image shows what is durable, in the order of appending.
// Requests before `start` has answered and after `stop` are answered not_controller; after a failed
// append or sync kafka_storage_error, since only a restart tells what is in the log. An answer that
// needs no commit of its own waits for those that are under way, since it may rest on one of them
// (what is there already, what is as wanted); if there are none it comes before the call returns.
// If one of those fails or takes too long, that is told in the place of every error, too.
// None comes once the controller is destroyed.
class Controller {
 public:
  struct Identity {
    BrokerId node_id{1};
    std::string cluster_id;  // of meta.properties
    OwnDirectories directories;
    std::optional<std::string> rack;
    std::vector<BrokerEndpoint> endpoints;  // what the broker registers
  };

  struct Deps {
    base::Loop& loop;
    base::Directory& log_directory;  // in which the metadata log is; outlives this
    base::Logger logger;
    base::Random random;
    const BrokerConfig& config;  // outlives this
    // Opens (and makes, if it is not there) `__cluster_metadata-0` for appending; called once by
    // `start`, and may answer later.
    using OpenLog = base::UniqueFunction<void(
        base::UniqueFunction<void(Result<std::unique_ptr<MetadataLog>>)> done)>;
    OpenLog open_log;
  };

  // `loaded` is what `load_metadata` read from the same directory, before anything was written
  // there.
  Controller(Deps deps, Identity identity, LoadedMetadata loaded);
  ~Controller();
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  // Called with the new image and how it differs from the one before, each time something became
  // durable, before whoever asked for it is answered. Set before `start`; its first call is made by
  // `start`, with every topic among the changes, before the callback of `start`.
  using OnImage = std::function<void(const std::shared_ptr<const MetadataImage>& image,
                                     const MetadataChanges& changes)>;
  void on_image(OnImage listener);

  using OnDone = base::UniqueFunction<void(Result<void>)>;

  // Opens the epoch (quorum-state first), and commits what the class comment says. Partitions may
  // accept appends once it has answered with success. Errors: whatever opening or writing the log
  // gave, and kafka_storage_error.
  void start(OnDone done);

  // Takes the leadership off every partition, fences the broker and, once that is durable, closes
  // the metadata log; then answers. The caller goes on to close the other logs and to write
  // `.kafka_cleanshutdown` with `broker_epoch`.
  void stop(OnDone done);

  // One of the broker's directories has failed: its partitions lose their leader. From the making
  // of this on; what it takes to write that down is written when the start is through.
  void on_directory_offline(const Uuid& directory);

  // What is durable; before `start`, what was loaded. Any thread may hold it.
  const std::shared_ptr<const MetadataImage>& image() const;

  // The offset of this start's RegisterBroker record; -1 before `start` has appended it.
  std::int64_t broker_epoch() const;
  // The raft epoch this start opened; 0 before `start`.
  std::int32_t raft_epoch() const;

  // Answers every topic on its own with Kafka's error codes: invalid_topic_exception,
  // topic_already_exists, invalid_partitions, invalid_replication_factor,
  // invalid_replica_assignment, invalid_config, invalid_request (twice in one request, or both
  // numbers and assignments),
  // policy_violation (more than 10,000 partitions), topic_authorization_failed (the metadata log's
  // own topic). With `validate_only` nothing is written. After `timeout` (none if it is
  // zero) the answer is request_timed_out, and the topics may come to be all the same.
  using OnCreated = base::UniqueFunction<void(std::vector<CreateTopicResult>)>;
  void create_topics(std::vector<NewTopic> topics, bool validate_only,
                     std::chrono::milliseconds timeout, OnCreated done);

  // unknown_topic_or_partition, unknown_topic_id, invalid_request (twice, or neither name nor id),
  // topic_deletion_disabled.
  using OnDeleted = base::UniqueFunction<void(std::vector<DeleteTopicResult>)>;
  void delete_topics(std::vector<TopicToDelete> topics, std::chrono::milliseconds timeout,
                     OnDeleted done);

  // unknown_topic_or_partition, invalid_partitions (not more than there are), policy_violation
  // (more than 10,000), invalid_replica_assignment, invalid_replication_factor (fewer brokers alive
  // than the topic has replicas), invalid_request (twice). The rest as for create_topics.
  using OnPartitions = base::UniqueFunction<void(std::vector<CreatePartitionsResult>)>;
  void create_partitions(std::vector<MorePartitions> topics, bool validate_only,
                         std::chrono::milliseconds timeout, OnPartitions done);

  // Each resource changes whole or not at all. unknown_topic_or_partition, invalid_config (an
  // unknown key, named with the nearest one there is, a topic's bad value, settings that contradict
  // each other, an element added to or taken from what is no list), invalid_request (a resource or
  // key twice, no value, an unknown operation, another broker's settings, a resource that has none
  // here, a broker's bad value, a setting that only the start reads). Changes hold for running logs
  // once they are answered.
  using OnAltered = base::UniqueFunction<void(std::vector<AlterConfigsResult>)>;
  void alter_configs(std::vector<ConfigAlteration> alterations, AlterMode mode, bool validate_only,
                     OnAltered done);

  // Answers once for each user, in the order of their names: unacceptable_credential (no name, too
  // few or too many iterations, a salt or a salted password of a wrong size),
  // unsupported_sasl_mechanism, resource_not_found (nothing to delete), duplicate_resource (a
  // user's mechanism twice). Changes hold for who authenticates once they are answered.
  using OnScramAltered = base::UniqueFunction<void(std::vector<AlterScramResult>)>;
  void alter_scram_credentials(ScramAlteration alteration, OnScramAltered done);

  // Per partition: unknown_topic_or_partition, election_not_needed, preferred_leader_not_available,
  // eligible_leaders_not_available (unclean). None named: all there are that need one. An error of
  // all where the controller refuses.
  using OnPartitionResults = base::UniqueFunction<void(Result<std::vector<PartitionResult>>)>;
  void elect_leaders(ElectionType type,
                     const std::optional<std::vector<PartitionToElect>>& partitions,
                     std::chrono::milliseconds timeout, OnPartitionResults done);

  // Per partition: unknown_topic_or_partition, no_reassignment_in_progress,
  // invalid_replication_factor (another number, and `may_change_factor` is false),
  // invalid_replica_assignment (all but another order, or fewer, of the replicas there are: nobody
  // else is alive to become one).
  void reassign_partitions(const std::vector<PartitionToReassign>& partitions,
                           bool may_change_factor, std::chrono::milliseconds timeout,
                           OnPartitionResults done);

  // All or nothing. invalid_update_version: a feature or level this broker does not know, a
  // downgrade that was not asked for as one or would lose metadata, a level that needs another.
  void update_features(const std::vector<FeatureUpdate>& updates, bool validate_only,
                       std::chrono::milliseconds timeout, OnDone done);

  // broker_id_not_registered, invalid_request (this broker).
  void unregister_broker(BrokerId broker, OnDone done);

  // Answer ACL by ACL and filter by filter, in the order of the request. Creating what is there is
  // a success. invalid_request: a number without a name, or that only filters have, an empty name
  // or host, a principal without a type, a cluster of another name than kClusterResource. Changes
  // hold once they are answered. Cost, for all ACLs there are: one look at each.
  using OnAclsCreated = base::UniqueFunction<void(std::vector<CreateAclResult>)>;
  void create_acls(const std::vector<AclBinding>& acls, OnAclsCreated done);
  using OnAclsDeleted = base::UniqueFunction<void(std::vector<DeleteAclsResult>)>;
  void delete_acls(const std::vector<AclBindingFilter>& filters, OnAclsDeleted done);

  // Answers once for each entity, in the order of the request. invalid_request: a type, a key or a
  // combination of types that there is not, an entity or key twice, an empty or overlong name, an
  // ip that is no address, a value that is not above 0 or, where it must be, not whole. Taking away
  // what is not there is a success. Changes hold once they are answered.
  using OnQuotasAltered = base::UniqueFunction<void(std::vector<AlterQuotasResult>)>;
  void alter_quotas(const std::vector<QuotaAlteration>& alterations, bool validate_only,
                    OnQuotasAltered done);

  // A block of 1,000, durable before it is handed out.
  using OnBlock = base::UniqueFunction<void(Result<ProducerIdBlock>)>;
  void allocate_producer_ids(OnBlock done);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ottla::broker
