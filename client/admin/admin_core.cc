#include "client/admin/admin_core.h"

#include <utility>

#include "client/admin/acls.h"
#include "client/admin/brokers.h"
#include "client/admin/change_topics.h"
#include "client/admin/client_quotas.h"
#include "client/admin/committed_offsets.h"
#include "client/admin/configs.h"
#include "client/admin/delete_records.h"
#include "client/admin/describe.h"
#include "client/admin/describe_groups.h"
#include "client/admin/describe_topics.h"
#include "client/admin/elect_leaders.h"
#include "client/admin/features.h"
#include "client/admin/groups.h"
#include "client/admin/list_offsets.h"
#include "client/admin/scram_users.h"
#include "client/admin/transactions.h"
#include "client/metadata/client_config.h"

namespace ottla::client {
namespace {

Error closed_error() {
  return Error(ErrorCode::closed, "the admin client was closed");
}

}  // namespace

Result<std::shared_ptr<AdminCore>> AdminCore::start(base::Runtime& runtime,
                                                    const AdminConfig& config) {
  auto settings = AdminSettings::from(config, runtime.next_seed());
  if (!settings) return std::move(settings).error();
  auto core =
      std::make_shared<AdminCore>(runtime, std::move(*settings), make_logger(config, "admin"));
  core->client_.metadata().on_update([core = core.get()] { core->calls_.on_metadata_update(); });
  core->client_.start([core = core.get()](base::TimePoint now) { return core->turn(now); });
  return core;
}

AdminCore::AdminCore(base::Runtime& runtime, AdminSettings settings, base::Logger log)
    : runtime_(runtime),
      settings_(std::move(settings)),
      executor_(std::make_shared<CallbackExecutor>(runtime, log)),
      client_(runtime, settings_.network, settings_.metadata, log),
      calls_(runtime.clock(), settings_.network.request_timeout, settings_.retry,
             runtime.next_seed(),
             {.on_change = [this] { client_.wake(); },
              .on_unreachable = [this] { return client_.network().unreachable(); }}) {}

Future<TopicOutcomes> AdminCore::create_topics(std::vector<NewTopic> topics,
                                               const CreateTopicsOptions& options) {
  const Promise<TopicOutcomes> promise(executor_);
  submit(std::make_unique<CreateTopicsCall>(promise, std::move(topics), options.validate_only),
         options.timeout);
  return promise.future();
}

Future<TopicOutcomes> AdminCore::delete_topics(const std::vector<std::string>& topics,
                                               const AdminOptions& options) {
  const Promise<TopicOutcomes> promise(executor_);
  submit(std::make_unique<DeleteTopicsCall>(promise, topics), options.timeout);
  return promise.future();
}

Future<std::vector<TopicListing>> AdminCore::list_topics(const ListTopicsOptions& options) {
  const Promise<std::vector<TopicListing>> promise(executor_);
  submit(std::make_unique<ListTopicsCall>(promise, options.list_internal), options.timeout);
  return promise.future();
}

Future<TopicDescriptions> AdminCore::describe_topics(const std::vector<std::string>& topics,
                                                     const DescribeTopicsOptions& options) {
  const Promise<TopicDescriptions> promise(executor_);
  submit(std::make_unique<DescribeTopicsCall>(promise, topics, options.partitions_per_answer),
         options.timeout);
  return promise.future();
}

Future<ClusterDescription> AdminCore::describe_cluster(const DescribeClusterOptions& options) {
  const Promise<ClusterDescription> promise(executor_);
  submit(std::make_unique<DescribeClusterCall>(promise, options.include_fenced_brokers),
         options.timeout);
  return promise.future();
}

Future<BrokerApis> AdminCore::describe_broker_apis(const AdminOptions& options) {
  const Promise<BrokerApis> promise(executor_);
  submit(std::make_unique<DescribeBrokerApisCall>(promise), options.timeout);
  return promise.future();
}

Future<FeatureDescriptions> AdminCore::describe_features(const DescribeFeaturesOptions& options) {
  const Promise<FeatureDescriptions> promise(executor_);
  submit(std::make_unique<DescribeFeaturesCall>(promise, options.broker), options.timeout);
  return promise.future();
}

Future<FeatureOutcomes> AdminCore::update_features(FeatureUpdates updates,
                                                   const ChangeOptions& options) {
  const Promise<FeatureOutcomes> promise(executor_);
  submit(std::make_unique<UpdateFeaturesCall>(promise, std::move(updates), options.validate_only),
         options.timeout);
  return promise.future();
}

Future<PartitionOutcomes> AdminCore::elect_leaders(
    ElectionType type, std::optional<std::vector<TopicPartition>> partitions,
    const AdminOptions& options) {
  const Promise<PartitionOutcomes> promise(executor_);
  submit(std::make_unique<ElectLeadersCall>(promise, type, std::move(partitions)), options.timeout);
  return promise.future();
}

Future<DescribedLogDirs> AdminCore::describe_log_dirs(const std::vector<std::int32_t>& brokers,
                                                      const AdminOptions& options) {
  const Promise<DescribedLogDirs> promise(executor_);
  submit(std::make_unique<DescribeLogDirsCall>(promise, brokers), options.timeout);
  return promise.future();
}

Future<TopicOutcomes> AdminCore::create_partitions(std::vector<NewPartitions> topics,
                                                   const ChangeOptions& options) {
  const Promise<TopicOutcomes> promise(executor_);
  submit(std::make_unique<CreatePartitionsCall>(promise, std::move(topics), options.validate_only),
         options.timeout);
  return promise.future();
}

Future<ConfigDescriptions> AdminCore::describe_configs(const std::vector<ConfigResource>& resources,
                                                       const DescribeConfigsOptions& options) {
  const Promise<ConfigDescriptions> promise(executor_);
  submit(std::make_unique<DescribeConfigsCall>(promise, resources, options.include_synonyms),
         options.timeout);
  return promise.future();
}

Future<ConfigOutcomes> AdminCore::incremental_alter_configs(ConfigChanges changes,
                                                            const ChangeOptions& options) {
  const Promise<ConfigOutcomes> promise(executor_);
  submit(std::make_unique<AlterConfigsCall>(promise, std::move(changes), options.validate_only),
         options.timeout);
  return promise.future();
}

Future<DeletedRecords> AdminCore::delete_records(std::map<TopicPartition, std::int64_t> before,
                                                 const AdminOptions& options) {
  const Promise<DeletedRecords> promise(executor_);
  submit(std::make_unique<DeleteRecordsCall>(promise, std::move(before)), options.timeout);
  return promise.future();
}

Future<ListedTransactions> AdminCore::list_transactions(const ListTransactionsOptions& options) {
  const Promise<ListedTransactions> promise(executor_);
  submit(std::make_unique<ListTransactionsCall>(promise, options), options.timeout);
  return promise.future();
}

Future<TransactionDescriptions> AdminCore::describe_transactions(
    const std::vector<std::string>& transactional_ids, const AdminOptions& options) {
  const Promise<TransactionDescriptions> promise(executor_);
  submit(std::make_unique<DescribeTransactionsCall>(promise, transactional_ids), options.timeout);
  return promise.future();
}

Future<DescribedProducers> AdminCore::describe_producers(
    const std::vector<TopicPartition>& partitions, const DescribeProducersOptions& options) {
  const Promise<DescribedProducers> promise(executor_);
  submit(std::make_unique<DescribeProducersCall>(promise, partitions, options.broker),
         options.timeout);
  return promise.future();
}

Future<void> AdminCore::abort_transaction(AbortTransactionSpec spec, const AdminOptions& options) {
  const Promise<void> promise(executor_);
  submit(std::make_unique<AbortTransactionCall>(promise, std::move(spec)), options.timeout);
  return promise.future();
}

Future<FencedProducers> AdminCore::fence_producers(
    const std::vector<std::string>& transactional_ids, const AdminOptions& options) {
  const Promise<FencedProducers> promise(executor_);
  submit(std::make_unique<FenceProducersCall>(promise, transactional_ids), options.timeout);
  return promise.future();
}

Future<void> AdminCore::force_terminate_transaction(const std::string& transactional_id,
                                                    const AdminOptions& options) {
  const Promise<void> promise(executor_);
  submit(std::make_unique<FenceProducersCall>(promise, transactional_id), options.timeout);
  return promise.future();
}

Future<ListedGroups> AdminCore::list_groups(const ListGroupsOptions& options) {
  const Promise<ListedGroups> promise(executor_);
  submit(std::make_unique<ListGroupsCall>(promise, options), options.timeout);
  return promise.future();
}

Future<GroupDescriptions> AdminCore::describe_consumer_groups(
    const std::vector<std::string>& groups, const AdminOptions& options) {
  const Promise<GroupDescriptions> promise(executor_);
  submit(std::make_unique<DescribeGroupsCall>(promise, groups), options.timeout);
  return promise.future();
}

Future<GroupOutcomes> AdminCore::delete_consumer_groups(const std::vector<std::string>& groups,
                                                        const AdminOptions& options) {
  const Promise<GroupOutcomes> promise(executor_);
  submit(std::make_unique<DeleteGroupsCall>(promise, groups), options.timeout);
  return promise.future();
}

Future<ListedGroupOffsets> AdminCore::list_consumer_group_offsets(
    GroupsToList groups, const ListGroupOffsetsOptions& options) {
  const Promise<ListedGroupOffsets> promise(executor_);
  submit(std::make_unique<ListGroupOffsetsCall>(promise, std::move(groups), options.require_stable),
         options.timeout);
  return promise.future();
}

Future<PartitionOutcomes> AdminCore::alter_consumer_group_offsets(std::string group,
                                                                  CommittedOffsets offsets,
                                                                  const AdminOptions& options) {
  const Promise<PartitionOutcomes> promise(executor_);
  submit(std::make_unique<AlterGroupOffsetsCall>(promise, std::move(group), std::move(offsets)),
         options.timeout);
  return promise.future();
}

Future<PartitionOutcomes> AdminCore::delete_consumer_group_offsets(
    std::string group, const std::vector<TopicPartition>& partitions, const AdminOptions& options) {
  const Promise<PartitionOutcomes> promise(executor_);
  submit(std::make_unique<DeleteGroupOffsetsCall>(promise, std::move(group), partitions),
         options.timeout);
  return promise.future();
}

Future<MemberOutcomes> AdminCore::remove_members_from_consumer_group(
    std::string group, std::vector<MemberToRemove> members, const RemoveMembersOptions& options) {
  const Promise<MemberOutcomes> promise(executor_);
  submit(std::make_unique<RemoveMembersCall>(promise, std::move(group), std::move(members),
                                             options.reason),
         options.timeout);
  return promise.future();
}

Future<ListedOffsets> AdminCore::list_offsets(std::map<TopicPartition, OffsetSpec> wanted,
                                              const ListOffsetsOptions& options) {
  const Promise<ListedOffsets> promise(executor_);
  submit(std::make_unique<ListOffsetsCall>(promise, std::move(wanted), options.isolation_level),
         options.timeout);
  return promise.future();
}

Future<ScramUsers> AdminCore::describe_user_scram_credentials(std::vector<std::string> users,
                                                              const AdminOptions& options) {
  const Promise<ScramUsers> promise(executor_);
  submit(std::make_unique<DescribeScramUsersCall>(promise, std::move(users)), options.timeout);
  return promise.future();
}

// Passwords are salted by a worker, since that is slow.
Future<UserOutcomes> AdminCore::alter_user_scram_credentials(
    std::vector<ScramCredentialUpsertion> upsertions,
    std::vector<ScramCredentialDeletion> deletions, const AdminOptions& options) {
  const Promise<UserOutcomes> promise(executor_);
  auto change = std::make_shared<ScramChange>();
  change->deletions = std::move(deletions);
  client_.post([self = shared_from_this(), promise, change, timeout = options.timeout,
                upsertions = std::move(upsertions)]() mutable {
    self->client_.loop().offload(
        [change, upsertions = std::move(upsertions)]() mutable {
          change->upsertions = salt_passwords(std::move(upsertions));
        },
        [self, promise, change, timeout] {
          self->submit(std::make_unique<AlterScramUsersCall>(promise, std::move(*change)), timeout);
        });
  });
  return promise.future();
}

Future<ClientQuotas> AdminCore::describe_client_quotas(ClientQuotaFilter filter,
                                                       const AdminOptions& options) {
  const Promise<ClientQuotas> promise(executor_);
  submit(std::make_unique<DescribeClientQuotasCall>(promise, std::move(filter)), options.timeout);
  return promise.future();
}

Future<ClientQuotaOutcomes> AdminCore::alter_client_quotas(
    const std::vector<ClientQuotaAlteration>& alterations, const ChangeOptions& options) {
  const Promise<ClientQuotaOutcomes> promise(executor_);
  submit(std::make_unique<AlterClientQuotasCall>(promise, alterations, options.validate_only),
         options.timeout);
  return promise.future();
}

void AdminCore::submit(std::unique_ptr<AdminCall> call, const Timeout& timeout) {
  const auto time = timeout ? detail::clamp_timeout(*timeout) : settings_.default_timeout;
  const auto deadline = runtime_.clock().now() + time;
  client_.post([self = shared_from_this(), call = std::move(call), deadline]() mutable {
    if (call->answered()) return;
    if (self->client_.stopped()) return call->fail(closed_error());
    self->calls_.add(std::move(call), deadline);
  });
}

Future<AclOutcomes> AdminCore::create_acls(std::vector<AclBinding> acls,
                                           const AdminOptions& options) {
  const Promise<AclOutcomes> promise(executor_);
  submit(std::make_unique<CreateAclsCall>(promise, std::move(acls)), options.timeout);
  return promise.future();
}

Future<std::vector<AclBinding>> AdminCore::describe_acls(AclBindingFilter filter,
                                                         const AdminOptions& options) {
  const Promise<std::vector<AclBinding>> promise(executor_);
  submit(std::make_unique<DescribeAclsCall>(promise, std::move(filter)), options.timeout);
  return promise.future();
}

Future<DeletedAcls> AdminCore::delete_acls(std::vector<AclBindingFilter> filters,
                                           const AdminOptions& options) {
  const Promise<DeletedAcls> promise(executor_);
  submit(std::make_unique<DeleteAclsCall>(promise, std::move(filters)), options.timeout);
  return promise.future();
}

Future<void> AdminCore::close_async() {
  const Promise<void> promise(executor_);
  client_.post([self = shared_from_this(), promise] {
    self->stop();
    // After the callbacks of the calls that this has ended.
    self->executor_->complete<void>(promise, {});
  });
  return promise.future();
}

void AdminCore::stop() {
  calls_.close(closed_error());
  client_.stop();
}

base::TimePoint AdminCore::turn(base::TimePoint now) {
  auto poll = calls_.poll(now, client_.cluster());
  for (auto& request : poll.requests) client_.network().send(std::move(request));
  if (poll.update_metadata) {
    client_.metadata().request_update();
    client_.wake();
  }
  return poll.next;
}

}  // namespace ottla::client
