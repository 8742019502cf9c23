#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ottla/acl_admin.h"
#include "ottla/admin_config.h"
#include "ottla/cluster_admin.h"
#include "ottla/configs.h"
#include "ottla/error.h"
#include "ottla/feature_admin.h"
#include "ottla/future.h"
#include "ottla/group_admin.h"
#include "ottla/quota_admin.h"
#include "ottla/result.h"
#include "ottla/scram_admin.h"
#include "ottla/topic_admin.h"
#include "ottla/transaction_admin.h"
#include "ottla/types.h"

namespace ottla {

namespace client {
class AdminHandle;
}

struct AdminOptions {
  std::optional<std::chrono::milliseconds> timeout{};  // unset: default_api_timeout
};

struct ChangeOptions {
  std::optional<std::chrono::milliseconds> timeout;  // unset: default_api_timeout
  bool validate_only = false;                        // check, and change nothing
};

struct DescribeConfigsOptions {
  std::optional<std::chrono::milliseconds> timeout;  // unset: default_api_timeout
  bool include_synonyms = false;
};

// Makes, removes and looks at what a cluster has.
//
//   auto admin = ottla::Admin::open({.bootstrap_servers = "localhost:9092"}).value();
//   auto made = admin.create_topics({{.name = "greetings", .partitions = 6}}).get();
//   for (const auto& [topic, error] : made.value())
//     if (error) std::cerr << topic << ": " << *error << '\n';
//
// Any thread may call anything, but for moving and destroying it. Calls do not wait; what can be
// retried is retried until the timeout. A future's own error means that the call as a whole failed:
//   timed_out                 with the last reason why it was tried again
//   no_bootstrap_reachable    no broker answered in that time
//   closed                    the Admin was closed meanwhile
// what concerns one topic is found in that topic's entry. A call that timed out may have taken
// effect. In a child made by fork() every call answers `closed` at once, and the destructor leaves
// threads and sockets to the parent.
class Admin {
 public:
  // Checks the configuration and starts the threads; does not wait for a broker.
  // Errors: invalid_argument, naming the field and what it should be.
  static Result<Admin> open(AdminConfig config);

  Admin(Admin&&) noexcept;
  Admin& operator=(Admin&&) noexcept;
  ~Admin();

  // A topic that was made can be produced to once its leaders are elected, a moment later; clients
  // wait for that by themselves. Per topic: topic_already_exists, invalid_topic_exception,
  // invalid_partitions, invalid_replication_factor, invalid_config, policy_violation ...
  Future<TopicOutcomes> create_topics(std::vector<NewTopic> topics,
                                      const CreateTopicsOptions& options = {});

  // Per topic: unknown_topic_or_partition, topic_deletion_disabled ...
  Future<TopicOutcomes> delete_topics(std::vector<std::string> topics,
                                      const AdminOptions& options = {});

  // All topics that this client may see, by name.
  Future<std::vector<TopicListing>> list_topics(const ListTopicsOptions& options = {});

  // Per topic: unknown_topic_or_partition, topic_authorization_failed ...
  Future<TopicDescriptions> describe_topics(std::vector<std::string> topics,
                                            const DescribeTopicsOptions& options = {});

  Future<ClusterDescription> describe_cluster(const DescribeClusterOptions& options = {});

  // What each broker serves; one that cannot be reached in time has an error of its own.
  Future<BrokerApis> describe_broker_apis(const AdminOptions& options = {});

  // As a whole: what the broker that was asked says.
  Future<FeatureDescriptions> describe_features(const DescribeFeaturesOptions& options = {});

  // All or nothing, by the controller: an error of one is everybody's. invalid_update_version,
  // feature_update_failed, unsupported_version (validate_only of a broker before Kafka 3.3) ...
  Future<FeatureOutcomes> update_features(FeatureUpdates updates,
                                          const ChangeOptions& options = {});

  // No list: every partition that needs it, and only those are told of. Per partition:
  // election_not_needed, preferred_leader_not_available, eligible_leaders_not_available ...
  Future<PartitionOutcomes> elect_leaders(
      ElectionType type, std::optional<std::vector<TopicPartition>> partitions = std::nullopt,
      const AdminOptions& options = {});

  // What these brokers have in their log directories (KIP-113); none: every broker. Per broker:
  // cluster_authorization_failed, or that it cannot be reached in time ...
  Future<DescribedLogDirs> describe_log_dirs(std::vector<std::int32_t> brokers,
                                             const AdminOptions& options = {});

  // Partitions can only be added; records keep theirs, but keys may go to others from then on. Per
  // topic: unknown_topic_or_partition, invalid_partitions, invalid_replica_assignment ...
  Future<TopicOutcomes> create_partitions(std::vector<NewPartitions> topics,
                                          const ChangeOptions& options = {});

  // All settings, sorted by name. Per resource: unknown_topic_or_partition, invalid_request ...
  Future<ConfigDescriptions> describe_configs(std::vector<ConfigResource> resources,
                                              const DescribeConfigsOptions& options = {});

  // Changes single settings (KIP-339); those that are not named stay. All of a resource or nothing.
  // Per resource: unknown_topic_or_partition, invalid_config, invalid_request, policy_violation ...
  Future<ConfigOutcomes> incremental_alter_configs(ConfigChanges changes,
                                                   const ChangeOptions& options = {});

  // Deletes what lies below each partition's offset, for good. Per partition: offset_out_of_range
  // (beyond the end), policy_violation (a topic that is compacted only),
  // unknown_topic_or_partition ...
  Future<DeletedRecords> delete_records(std::map<TopicPartition, std::int64_t> before,
                                        const AdminOptions& options = {});

  // What each broker coordinates; one that cannot be reached in time has an error of its own. Per
  // broker: invalid_regular_expression, unsupported_version (a filter newer than the broker) ...
  Future<ListedTransactions> list_transactions(const ListTransactionsOptions& options = {});

  // Per id: transactional_id_not_found, transactional_id_authorization_failed ...
  Future<TransactionDescriptions> describe_transactions(std::vector<std::string> transactional_ids,
                                                        const AdminOptions& options = {});

  // Who writes to each partition, in the order in which its leader tells. Per partition:
  // unknown_topic_or_partition, topic_authorization_failed, not_leader_or_follower (the broker that
  // the options name has none of it) ...
  Future<DescribedProducers> describe_producers(std::vector<TopicPartition> partitions,
                                                const DescribeProducersOptions& options = {});

  // Ends a hanging transaction in one partition: one that its coordinator knows nothing of, so that
  // it would hold read_committed consumers up for ever. Its records are as if never written. Takes
  // one that is open in earnest apart: look first. invalid_producer_epoch and
  // transaction_coordinator_fenced: the partition has heard of newer ones.
  Future<void> abort_transaction(AbortTransactionSpec spec, const AdminOptions& options = {});

  // Raises the epoch of each id, which aborts the transaction that it has open and fences the
  // producer: that can go on only after init_transactions. An id that is not known is made. Per id:
  // transactional_id_authorization_failed ...
  Future<FencedProducers> fence_producers(std::vector<std::string> transactional_ids,
                                          const AdminOptions& options = {});

  // The same for one (KIP-939).
  Future<void> force_terminate_transaction(std::string transactional_id,
                                           const AdminOptions& options = {});

  // What each broker coordinates; one that cannot be reached in time has an error of its own.
  Future<ListedGroups> list_groups(const ListGroupsOptions& options = {});

  // Per group: group_id_not_found, group_authorization_failed ...
  Future<GroupDescriptions> describe_consumer_groups(std::vector<std::string> groups,
                                                     const AdminOptions& options = {});

  // With all that they have committed. Per group: non_empty_group, group_id_not_found ...
  Future<GroupOutcomes> delete_consumer_groups(std::vector<std::string> groups,
                                               const AdminOptions& options = {});

  // A group that is not known has committed nothing. Per group: group_authorization_failed ...
  Future<ListedGroupOffsets> list_consumer_group_offsets(
      GroupsToList groups, const ListGroupOffsetsOptions& options = {});

  // Commits for a group without members, and makes it if it is new. Per partition:
  // unknown_member_id (it has members), unknown_topic_or_partition, offset_metadata_too_large ...
  Future<PartitionOutcomes> alter_consumer_group_offsets(std::string group,
                                                         CommittedOffsets offsets,
                                                         const AdminOptions& options = {});

  // Takes commits back (KIP-496). As a whole: group_id_not_found, non_empty_group ... Per
  // partition: group_subscribed_to_topic, unknown_topic_or_partition ...
  Future<PartitionOutcomes> delete_consumer_group_offsets(std::string group,
                                                          std::vector<TopicPartition> partitions,
                                                          const AdminOptions& options = {});

  // As if they had left (KIP-345, Kafka 2.4). One entry for each, by instance id or else member id:
  // unknown_member_id ...
  Future<MemberOutcomes> remove_members_from_consumer_group(
      std::string group, std::vector<MemberToRemove> members,
      const RemoveMembersOptions& options = {});

  // Per partition: unknown_topic_or_partition, unsupported_version (max_timestamp) ...
  Future<ListedOffsets> list_offsets(std::map<TopicPartition, OffsetSpec> wanted,
                                     const ListOffsetsOptions& options = {});

  // Who can log in by SCRAM; no users: all of them. Per user: resource_not_found ...
  Future<ScramUsers> describe_user_scram_credentials(std::vector<std::string> users = {},
                                                     const AdminOptions& options = {});

  // Per user: unacceptable_credential, resource_not_found (nothing to delete), duplicate_resource.
  Future<UserOutcomes> alter_user_scram_credentials(
      std::vector<ScramCredentialUpsertion> upsertions,
      std::vector<ScramCredentialDeletion> deletions = {}, const AdminOptions& options = {});

  // As a whole: invalid_request, cluster_authorization_failed ...
  Future<ClientQuotas> describe_client_quotas(ClientQuotaFilter filter = {},
                                              const AdminOptions& options = {});

  // Each entity is changed whole or not at all. Per entity: invalid_request (a quota, a value or an
  // entity that there cannot be), cluster_authorization_failed ...
  Future<ClientQuotaOutcomes> alter_client_quotas(std::vector<ClientQuotaAlteration> alterations,
                                                  const ChangeOptions& options = {});

  // An ACL that is there already is no error. Per ACL: invalid_request, security_disabled (the
  // brokers have no authorizer), cluster_authorization_failed ...
  Future<AclOutcomes> create_acls(std::vector<AclBinding> acls, const AdminOptions& options = {});

  // Sorted; as a whole: security_disabled, cluster_authorization_failed ...
  Future<std::vector<AclBinding>> describe_acls(AclBindingFilter filter,
                                                const AdminOptions& options = {});

  // If an answer was lost, what the attempt before took away is not told. Per filter: as
  // create_acls.
  Future<DeletedAcls> delete_acls(std::vector<AclBindingFilter> filters,
                                  const AdminOptions& options = {});

  // Fails what is under way with `closed` and stops the threads. Closing again is success. On the
  // callback thread: invalid_argument.
  Result<void> close();

  // For the library's own use: an Admin on a runtime that is shared.
  explicit Admin(std::unique_ptr<client::AdminHandle> handle);

 private:
  std::unique_ptr<client::AdminHandle> handle_;
};

}  // namespace ottla
