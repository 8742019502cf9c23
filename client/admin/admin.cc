#include "ottla/admin.h"

#include <utility>

#include "client/admin/admin_handle.h"
#include "client/metadata/client_config.h"

namespace ottla {

Result<Admin> Admin::open(AdminConfig config) {
  return client::open_on(config.runtime, client::make_logger(config, "admin"), config,
                         client::open_admin);
}

Admin::Admin(std::unique_ptr<client::AdminHandle> handle) : handle_(std::move(handle)) {}

Admin::Admin(Admin&&) noexcept = default;

Admin& Admin::operator=(Admin&& other) noexcept {
  Admin old(std::move(*this));
  handle_ = std::move(other.handle_);
  return *this;
}

namespace {

Error forked_error() {
  return Error(ErrorCode::closed,
               "this process was forked from the one that opened the admin client; open one here");
}

template <class T>
Future<T> forked_future() {
  return Future<T>::ready_with(forked_error());
}

}  // namespace

Admin::~Admin() {
  if (!handle_ || handle_->forked()) return;
  auto closing = handle_->core().close_async();
  // The callback thread cannot wait; the close goes on by itself.
  if (handle_->on_callback_thread()) {
    closing.forget();
    return;
  }
  const auto closed = closing.get();
  if (closed || closed.error().code() == ErrorCode::would_block) return;
  handle_->core().log().warn("closing the admin client: " + closed.error().to_string());
}

Future<TopicOutcomes> Admin::create_topics(std::vector<NewTopic> topics,
                                           const CreateTopicsOptions& options) {
  if (handle_->forked()) return forked_future<TopicOutcomes>();
  return handle_->core().create_topics(std::move(topics), options);
}

Future<TopicOutcomes> Admin::delete_topics(std::vector<std::string> topics,
                                           const AdminOptions& options) {
  if (handle_->forked()) return forked_future<TopicOutcomes>();
  return handle_->core().delete_topics(topics, options);
}

Future<std::vector<TopicListing>> Admin::list_topics(const ListTopicsOptions& options) {
  if (handle_->forked()) return forked_future<std::vector<TopicListing>>();
  return handle_->core().list_topics(options);
}

Future<TopicDescriptions> Admin::describe_topics(std::vector<std::string> topics,
                                                 const DescribeTopicsOptions& options) {
  if (handle_->forked()) return forked_future<TopicDescriptions>();
  return handle_->core().describe_topics(topics, options);
}

Future<ClusterDescription> Admin::describe_cluster(const DescribeClusterOptions& options) {
  if (handle_->forked()) return forked_future<ClusterDescription>();
  return handle_->core().describe_cluster(options);
}

Future<BrokerApis> Admin::describe_broker_apis(const AdminOptions& options) {
  if (handle_->forked()) return forked_future<BrokerApis>();
  return handle_->core().describe_broker_apis(options);
}

Future<FeatureDescriptions> Admin::describe_features(const DescribeFeaturesOptions& options) {
  if (handle_->forked()) return forked_future<FeatureDescriptions>();
  return handle_->core().describe_features(options);
}

Future<FeatureOutcomes> Admin::update_features(FeatureUpdates updates,
                                               const ChangeOptions& options) {
  if (handle_->forked()) return forked_future<FeatureOutcomes>();
  return handle_->core().update_features(std::move(updates), options);
}

Future<PartitionOutcomes> Admin::elect_leaders(
    ElectionType type, std::optional<std::vector<TopicPartition>> partitions,
    const AdminOptions& options) {
  if (handle_->forked()) return forked_future<PartitionOutcomes>();
  return handle_->core().elect_leaders(type, std::move(partitions), options);
}

Future<DescribedLogDirs> Admin::describe_log_dirs(std::vector<std::int32_t> brokers,
                                                  const AdminOptions& options) {
  if (handle_->forked()) return forked_future<DescribedLogDirs>();
  return handle_->core().describe_log_dirs(brokers, options);
}

Future<TopicOutcomes> Admin::create_partitions(std::vector<NewPartitions> topics,
                                               const ChangeOptions& options) {
  if (handle_->forked()) return forked_future<TopicOutcomes>();
  return handle_->core().create_partitions(std::move(topics), options);
}

Future<ConfigDescriptions> Admin::describe_configs(std::vector<ConfigResource> resources,
                                                   const DescribeConfigsOptions& options) {
  if (handle_->forked()) return forked_future<ConfigDescriptions>();
  return handle_->core().describe_configs(resources, options);
}

Future<ConfigOutcomes> Admin::incremental_alter_configs(ConfigChanges changes,
                                                        const ChangeOptions& options) {
  if (handle_->forked()) return forked_future<ConfigOutcomes>();
  return handle_->core().incremental_alter_configs(std::move(changes), options);
}

Future<DeletedRecords> Admin::delete_records(std::map<TopicPartition, std::int64_t> before,
                                             const AdminOptions& options) {
  if (handle_->forked()) return forked_future<DeletedRecords>();
  return handle_->core().delete_records(std::move(before), options);
}

Future<ListedTransactions> Admin::list_transactions(const ListTransactionsOptions& options) {
  if (handle_->forked()) return forked_future<ListedTransactions>();
  return handle_->core().list_transactions(options);
}

Future<TransactionDescriptions> Admin::describe_transactions(
    std::vector<std::string> transactional_ids, const AdminOptions& options) {
  if (handle_->forked()) return forked_future<TransactionDescriptions>();
  return handle_->core().describe_transactions(transactional_ids, options);
}

Future<DescribedProducers> Admin::describe_producers(std::vector<TopicPartition> partitions,
                                                     const DescribeProducersOptions& options) {
  if (handle_->forked()) return forked_future<DescribedProducers>();
  return handle_->core().describe_producers(partitions, options);
}

Future<void> Admin::abort_transaction(AbortTransactionSpec spec, const AdminOptions& options) {
  if (handle_->forked()) return forked_future<void>();
  return handle_->core().abort_transaction(std::move(spec), options);
}

Future<FencedProducers> Admin::fence_producers(std::vector<std::string> transactional_ids,
                                               const AdminOptions& options) {
  if (handle_->forked()) return forked_future<FencedProducers>();
  return handle_->core().fence_producers(transactional_ids, options);
}

Future<void> Admin::force_terminate_transaction(std::string transactional_id,
                                                const AdminOptions& options) {
  if (handle_->forked()) return forked_future<void>();
  return handle_->core().force_terminate_transaction(transactional_id, options);
}

Future<ListedGroups> Admin::list_groups(const ListGroupsOptions& options) {
  if (handle_->forked()) return forked_future<ListedGroups>();
  return handle_->core().list_groups(options);
}

Future<GroupDescriptions> Admin::describe_consumer_groups(std::vector<std::string> groups,
                                                          const AdminOptions& options) {
  if (handle_->forked()) return forked_future<GroupDescriptions>();
  return handle_->core().describe_consumer_groups(groups, options);
}

Future<GroupOutcomes> Admin::delete_consumer_groups(std::vector<std::string> groups,
                                                    const AdminOptions& options) {
  if (handle_->forked()) return forked_future<GroupOutcomes>();
  return handle_->core().delete_consumer_groups(groups, options);
}

Future<ListedGroupOffsets> Admin::list_consumer_group_offsets(
    GroupsToList groups, const ListGroupOffsetsOptions& options) {
  if (handle_->forked()) return forked_future<ListedGroupOffsets>();
  return handle_->core().list_consumer_group_offsets(std::move(groups), options);
}

Future<PartitionOutcomes> Admin::alter_consumer_group_offsets(std::string group,
                                                              CommittedOffsets offsets,
                                                              const AdminOptions& options) {
  if (handle_->forked()) return forked_future<PartitionOutcomes>();
  return handle_->core().alter_consumer_group_offsets(std::move(group), std::move(offsets),
                                                      options);
}

Future<PartitionOutcomes> Admin::delete_consumer_group_offsets(
    std::string group, std::vector<TopicPartition> partitions, const AdminOptions& options) {
  if (handle_->forked()) return forked_future<PartitionOutcomes>();
  return handle_->core().delete_consumer_group_offsets(std::move(group), partitions, options);
}

Future<MemberOutcomes> Admin::remove_members_from_consumer_group(
    std::string group, std::vector<MemberToRemove> members, const RemoveMembersOptions& options) {
  if (handle_->forked()) return forked_future<MemberOutcomes>();
  return handle_->core().remove_members_from_consumer_group(std::move(group), std::move(members),
                                                            options);
}

Future<ListedOffsets> Admin::list_offsets(std::map<TopicPartition, OffsetSpec> wanted,
                                          const ListOffsetsOptions& options) {
  if (handle_->forked()) return forked_future<ListedOffsets>();
  return handle_->core().list_offsets(std::move(wanted), options);
}

Future<ScramUsers> Admin::describe_user_scram_credentials(std::vector<std::string> users,
                                                          const AdminOptions& options) {
  if (handle_->forked()) return forked_future<ScramUsers>();
  return handle_->core().describe_user_scram_credentials(std::move(users), options);
}

Future<UserOutcomes> Admin::alter_user_scram_credentials(
    std::vector<ScramCredentialUpsertion> upsertions,
    std::vector<ScramCredentialDeletion> deletions, const AdminOptions& options) {
  if (handle_->forked()) return forked_future<UserOutcomes>();
  return handle_->core().alter_user_scram_credentials(std::move(upsertions), std::move(deletions),
                                                      options);
}

Future<ClientQuotas> Admin::describe_client_quotas(ClientQuotaFilter filter,
                                                   const AdminOptions& options) {
  if (handle_->forked()) return forked_future<ClientQuotas>();
  return handle_->core().describe_client_quotas(std::move(filter), options);
}

Future<ClientQuotaOutcomes> Admin::alter_client_quotas(
    std::vector<ClientQuotaAlteration> alterations, const ChangeOptions& options) {
  if (handle_->forked()) return forked_future<ClientQuotaOutcomes>();
  return handle_->core().alter_client_quotas(alterations, options);
}

Future<AclOutcomes> Admin::create_acls(std::vector<AclBinding> acls, const AdminOptions& options) {
  if (handle_->forked()) return forked_future<AclOutcomes>();
  return handle_->core().create_acls(std::move(acls), options);
}

Future<std::vector<AclBinding>> Admin::describe_acls(AclBindingFilter filter,
                                                     const AdminOptions& options) {
  if (handle_->forked()) return forked_future<std::vector<AclBinding>>();
  return handle_->core().describe_acls(std::move(filter), options);
}

Future<DeletedAcls> Admin::delete_acls(std::vector<AclBindingFilter> filters,
                                       const AdminOptions& options) {
  if (handle_->forked()) return forked_future<DeletedAcls>();
  return handle_->core().delete_acls(std::move(filters), options);
}

Result<void> Admin::close() {
  if (handle_->forked()) return forked_error();
  if (handle_->on_callback_thread()) {
    return Error(ErrorCode::invalid_argument,
                 "close() waits for the callback thread, so it cannot be called there");
  }
  return handle_->core().close_async().get();
}

}  // namespace ottla

namespace ottla::client {

Result<Admin> open_admin(const AdminConfig& config, std::shared_ptr<base::Runtime> runtime) {
  auto core = AdminCore::start(*runtime, config);
  if (!core) return std::move(core).error();
  return Admin(std::make_unique<AdminHandle>(std::move(runtime), std::move(*core)));
}

}  // namespace ottla::client
