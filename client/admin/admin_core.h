#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/runtime.h"
#include "client/admin/admin_calls.h"
#include "client/admin/admin_settings.h"
#include "client/callback_executor.h"
#include "client/metadata/cluster_client.h"
#include "ottla/admin.h"

namespace ottla::client {

// The Admin itself, on a runtime that somebody else owns; ottla::Admin is a handle to one.
// Deterministic on a simulated runtime: nothing here waits. Must be closed before its last owner
// lets it go.
class AdminCore final : public std::enable_shared_from_this<AdminCore> {
 public:
  static Result<std::shared_ptr<AdminCore>> start(base::Runtime& runtime,
                                                  const AdminConfig& config);
  AdminCore(base::Runtime& runtime, AdminSettings settings, base::Logger log);

  // Any thread; as those of ottla::Admin.
  Future<TopicOutcomes> create_topics(std::vector<NewTopic> topics,
                                      const CreateTopicsOptions& options);
  Future<TopicOutcomes> delete_topics(const std::vector<std::string>& topics,
                                      const AdminOptions& options);
  Future<std::vector<TopicListing>> list_topics(const ListTopicsOptions& options);
  Future<TopicDescriptions> describe_topics(const std::vector<std::string>& topics,
                                            const DescribeTopicsOptions& options);
  Future<ClusterDescription> describe_cluster(const DescribeClusterOptions& options);
  Future<BrokerApis> describe_broker_apis(const AdminOptions& options);
  Future<FeatureDescriptions> describe_features(const DescribeFeaturesOptions& options);
  Future<FeatureOutcomes> update_features(FeatureUpdates updates, const ChangeOptions& options);
  Future<PartitionOutcomes> elect_leaders(ElectionType type,
                                          std::optional<std::vector<TopicPartition>> partitions,
                                          const AdminOptions& options);
  Future<DescribedLogDirs> describe_log_dirs(const std::vector<std::int32_t>& brokers,
                                             const AdminOptions& options);
  Future<TopicOutcomes> create_partitions(std::vector<NewPartitions> topics,
                                          const ChangeOptions& options);
  Future<ConfigDescriptions> describe_configs(const std::vector<ConfigResource>& resources,
                                              const DescribeConfigsOptions& options);
  Future<ConfigOutcomes> incremental_alter_configs(ConfigChanges changes,
                                                   const ChangeOptions& options);
  Future<DeletedRecords> delete_records(std::map<TopicPartition, std::int64_t> before,
                                        const AdminOptions& options);
  Future<ListedTransactions> list_transactions(const ListTransactionsOptions& options);
  Future<TransactionDescriptions> describe_transactions(
      const std::vector<std::string>& transactional_ids, const AdminOptions& options);
  Future<DescribedProducers> describe_producers(const std::vector<TopicPartition>& partitions,
                                                const DescribeProducersOptions& options);
  Future<void> abort_transaction(AbortTransactionSpec spec, const AdminOptions& options);
  Future<FencedProducers> fence_producers(const std::vector<std::string>& transactional_ids,
                                          const AdminOptions& options);
  Future<void> force_terminate_transaction(const std::string& transactional_id,
                                           const AdminOptions& options);
  Future<ListedGroups> list_groups(const ListGroupsOptions& options);
  Future<GroupDescriptions> describe_consumer_groups(const std::vector<std::string>& groups,
                                                     const AdminOptions& options);
  Future<GroupOutcomes> delete_consumer_groups(const std::vector<std::string>& groups,
                                               const AdminOptions& options);
  Future<ListedGroupOffsets> list_consumer_group_offsets(GroupsToList groups,
                                                         const ListGroupOffsetsOptions& options);
  Future<PartitionOutcomes> alter_consumer_group_offsets(std::string group,
                                                         CommittedOffsets offsets,
                                                         const AdminOptions& options);
  Future<PartitionOutcomes> delete_consumer_group_offsets(
      std::string group, const std::vector<TopicPartition>& partitions,
      const AdminOptions& options);
  Future<MemberOutcomes> remove_members_from_consumer_group(std::string group,
                                                            std::vector<MemberToRemove> members,
                                                            const RemoveMembersOptions& options);
  Future<ListedOffsets> list_offsets(std::map<TopicPartition, OffsetSpec> wanted,
                                     const ListOffsetsOptions& options);
  Future<ScramUsers> describe_user_scram_credentials(std::vector<std::string> users,
                                                     const AdminOptions& options);
  Future<UserOutcomes> alter_user_scram_credentials(
      std::vector<ScramCredentialUpsertion> upsertions,
      std::vector<ScramCredentialDeletion> deletions, const AdminOptions& options);

  Future<ClientQuotas> describe_client_quotas(ClientQuotaFilter filter,
                                              const AdminOptions& options);
  Future<ClientQuotaOutcomes> alter_client_quotas(
      const std::vector<ClientQuotaAlteration>& alterations, const ChangeOptions& options);

  Future<AclOutcomes> create_acls(std::vector<AclBinding> acls, const AdminOptions& options);
  Future<std::vector<AclBinding>> describe_acls(AclBindingFilter filter,
                                                const AdminOptions& options);
  Future<DeletedAcls> delete_acls(std::vector<AclBindingFilter> filters,
                                  const AdminOptions& options);

  // Done when all calls are answered and the network is closed. Closing again is success.
  Future<void> close_async();

  const std::shared_ptr<CallbackExecutor>& executor() const { return executor_; }
  const base::Logger& log() const { return client_.log(); }

 private:
  using Timeout = std::optional<std::chrono::milliseconds>;

  void submit(std::unique_ptr<AdminCall> call, const Timeout& timeout);

  // Loop thread.
  base::TimePoint turn(base::TimePoint now);
  void stop();

  base::Runtime& runtime_;
  const AdminSettings settings_;
  const std::shared_ptr<CallbackExecutor> executor_;
  ClusterClient client_;
  AdminCalls calls_;
};

}  // namespace ottla::client
