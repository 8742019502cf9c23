// Table of data: the APIs of Kafka's protocol, their versions here, and where they become flexible.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "ottla/api_key.h"

namespace ottla::protocol {

inline constexpr std::int16_t kNeverFlexible = 32767;

// What a struct with `fields` is: half of an API, or a record of the metadata log, whose `Api` has
// the record's number as its key.
enum class Side : std::uint8_t { request, response, record };

// One API. From `flexible_since` on its messages have compact lengths and tagged fields (KIP-482).
// `min` to `max` are the versions that protocol/messages defines and our broker serves; APIs
// without messages here have an empty range.
struct Api {
  ApiKey key{};
  std::string_view name;
  std::int16_t flexible_since = kNeverFlexible;
  std::int16_t min = 0;
  std::int16_t max = -1;

  constexpr bool has_messages() const { return max >= min; }
  constexpr bool has_version(int version) const { return version >= min && version <= max; }
  constexpr bool flexible(int version) const { return version >= flexible_since; }

  // What a broker puts into ApiVersions. Produce is announced from 0 though it is served from its
  // `min`: librdkafka turns compression off where version 0 is missing (KAFKA-18659).
  constexpr std::int16_t advertised_min() const {
    return key == ApiKey::produce ? std::int16_t{0} : min;
  }

  // Request headers: 1, with an empty tag section 2. Response headers: 0, and 1. The answer to
  // ApiVersions keeps header 0 at every version, since its reader does not know the version yet.
  constexpr int request_header_version(int version) const { return flexible(version) ? 2 : 1; }
  constexpr int response_header_version(int version) const {
    return flexible(version) && key != ApiKey::api_versions ? 1 : 0;
  }
};

// In the order of their keys, without gaps.
inline constexpr Api kApis[] = {
    {ApiKey::produce, "Produce", 9, 3, 13},
    {ApiKey::fetch, "Fetch", 12, 4, 18},
    {ApiKey::list_offsets, "ListOffsets", 6, 1, 11},
    {ApiKey::metadata, "Metadata", 9, 0, 13},
    {ApiKey::leader_and_isr, "LeaderAndIsr", 4},
    {ApiKey::stop_replica, "StopReplica", 2},
    {ApiKey::update_metadata, "UpdateMetadata", 6},
    {ApiKey::controlled_shutdown, "ControlledShutdown", 3},
    {ApiKey::offset_commit, "OffsetCommit", 8, 2, 10},
    {ApiKey::offset_fetch, "OffsetFetch", 6, 1, 10},
    {ApiKey::find_coordinator, "FindCoordinator", 3, 0, 6},
    {ApiKey::join_group, "JoinGroup", 6, 0, 9},
    {ApiKey::heartbeat, "Heartbeat", 4, 0, 4},
    {ApiKey::leave_group, "LeaveGroup", 4, 0, 5},
    {ApiKey::sync_group, "SyncGroup", 4, 0, 5},
    {ApiKey::describe_groups, "DescribeGroups", 5, 0, 6},
    {ApiKey::list_groups, "ListGroups", 3, 0, 5},
    {ApiKey::sasl_handshake, "SaslHandshake", kNeverFlexible, 0, 1},
    {ApiKey::api_versions, "ApiVersions", 3, 0, 4},
    {ApiKey::create_topics, "CreateTopics", 5, 2, 7},
    {ApiKey::delete_topics, "DeleteTopics", 4, 1, 6},
    {ApiKey::delete_records, "DeleteRecords", 2, 0, 2},
    {ApiKey::init_producer_id, "InitProducerId", 2, 0, 5},
    {ApiKey::offset_for_leader_epoch, "OffsetForLeaderEpoch", 4, 2, 4},
    {ApiKey::add_partitions_to_txn, "AddPartitionsToTxn", 3, 0, 5},
    {ApiKey::add_offsets_to_txn, "AddOffsetsToTxn", 3, 0, 4},
    {ApiKey::end_txn, "EndTxn", 3, 0, 5},
    {ApiKey::write_txn_markers, "WriteTxnMarkers", 1, 1, 2},
    {ApiKey::txn_offset_commit, "TxnOffsetCommit", 3, 0, 5},
    {ApiKey::describe_acls, "DescribeAcls", 2, 1, 3},
    {ApiKey::create_acls, "CreateAcls", 2, 1, 3},
    {ApiKey::delete_acls, "DeleteAcls", 2, 1, 3},
    {ApiKey::describe_configs, "DescribeConfigs", 4, 1, 4},
    {ApiKey::alter_configs, "AlterConfigs", 2, 0, 2},
    {ApiKey::alter_replica_log_dirs, "AlterReplicaLogDirs", 2, 1, 2},
    {ApiKey::describe_log_dirs, "DescribeLogDirs", 2, 1, 5},
    {ApiKey::sasl_authenticate, "SaslAuthenticate", 2, 0, 2},
    {ApiKey::create_partitions, "CreatePartitions", 2, 0, 3},
    {ApiKey::create_delegation_token, "CreateDelegationToken", 2},
    {ApiKey::renew_delegation_token, "RenewDelegationToken", 2},
    {ApiKey::expire_delegation_token, "ExpireDelegationToken", 2},
    {ApiKey::describe_delegation_token, "DescribeDelegationToken", 2},
    {ApiKey::delete_groups, "DeleteGroups", 2, 0, 2},
    {ApiKey::elect_leaders, "ElectLeaders", 2, 0, 2},
    {ApiKey::incremental_alter_configs, "IncrementalAlterConfigs", 1, 0, 1},
    {ApiKey::alter_partition_reassignments, "AlterPartitionReassignments", 0, 0, 1},
    {ApiKey::list_partition_reassignments, "ListPartitionReassignments", 0, 0, 0},
    {ApiKey::offset_delete, "OffsetDelete", kNeverFlexible, 0, 0},
    {ApiKey::describe_client_quotas, "DescribeClientQuotas", 1, 0, 1},
    {ApiKey::alter_client_quotas, "AlterClientQuotas", 1, 0, 1},
    {ApiKey::describe_user_scram_credentials, "DescribeUserScramCredentials", 0, 0, 0},
    {ApiKey::alter_user_scram_credentials, "AlterUserScramCredentials", 0, 0, 0},
    {ApiKey::vote, "Vote", 0},
    {ApiKey::begin_quorum_epoch, "BeginQuorumEpoch", 1},
    {ApiKey::end_quorum_epoch, "EndQuorumEpoch", 1},
    {ApiKey::describe_quorum, "DescribeQuorum", 0, 0, 2},
    {ApiKey::alter_partition, "AlterPartition", 0},
    {ApiKey::update_features, "UpdateFeatures", 0, 0, 2},
    {ApiKey::envelope, "Envelope", 0},
    {ApiKey::fetch_snapshot, "FetchSnapshot", 0},
    {ApiKey::describe_cluster, "DescribeCluster", 0, 0, 2},
    {ApiKey::describe_producers, "DescribeProducers", 0, 0, 0},
    {ApiKey::broker_registration, "BrokerRegistration", 0},
    {ApiKey::broker_heartbeat, "BrokerHeartbeat", 0},
    {ApiKey::unregister_broker, "UnregisterBroker", 0, 0, 0},
    {ApiKey::describe_transactions, "DescribeTransactions", 0, 0, 0},
    {ApiKey::list_transactions, "ListTransactions", 0, 0, 2},
    {ApiKey::allocate_producer_ids, "AllocateProducerIds", 0},
    {ApiKey::consumer_group_heartbeat, "ConsumerGroupHeartbeat", 0},
    {ApiKey::consumer_group_describe, "ConsumerGroupDescribe", 0, 0, 1},
    {ApiKey::controller_registration, "ControllerRegistration", 0},
    {ApiKey::get_telemetry_subscriptions, "GetTelemetrySubscriptions", 0},
    {ApiKey::push_telemetry, "PushTelemetry", 0},
    {ApiKey::assign_replicas_to_dirs, "AssignReplicasToDirs", 0},
    {ApiKey::list_config_resources, "ListConfigResources", 0, 0, 1},
    {ApiKey::describe_topic_partitions, "DescribeTopicPartitions", 0, 0, 0},
    {ApiKey::share_group_heartbeat, "ShareGroupHeartbeat", 0},
    {ApiKey::share_group_describe, "ShareGroupDescribe", 0},
    {ApiKey::share_fetch, "ShareFetch", 0},
    {ApiKey::share_acknowledge, "ShareAcknowledge", 0},
    {ApiKey::add_raft_voter, "AddRaftVoter", 0},
    {ApiKey::remove_raft_voter, "RemoveRaftVoter", 0},
    {ApiKey::update_raft_voter, "UpdateRaftVoter", 0},
    {ApiKey::initialize_share_group_state, "InitializeShareGroupState", 0},
    {ApiKey::read_share_group_state, "ReadShareGroupState", 0},
    {ApiKey::write_share_group_state, "WriteShareGroupState", 0},
    {ApiKey::delete_share_group_state, "DeleteShareGroupState", 0},
    {ApiKey::read_share_group_state_summary, "ReadShareGroupStateSummary", 0},
    {ApiKey::streams_group_heartbeat, "StreamsGroupHeartbeat", 0},
    {ApiKey::streams_group_describe, "StreamsGroupDescribe", 0},
    {ApiKey::describe_share_group_offsets, "DescribeShareGroupOffsets", 0},
    {ApiKey::alter_share_group_offsets, "AlterShareGroupOffsets", 0},
    {ApiKey::delete_share_group_offsets, "DeleteShareGroupOffsets", 0},
};

// The row of a key, or nullptr for a key that no row has.
constexpr const Api* find_api(ApiKey key) {
  const auto at = static_cast<std::size_t>(static_cast<std::uint16_t>(key));
  return at < std::size(kApis) ? &kApis[at] : nullptr;
}

// The row of a name as Kafka writes it ("ListOffsets"), or nullptr.
constexpr const Api* find_api(std::string_view name) {
  for (const Api& api : kApis) {
    if (api.name == name) return &api;
  }
  return nullptr;
}

constexpr std::string_view name(Side side) {
  if (side == Side::record) return "record";
  return side == Side::request ? "request" : "response";
}

}  // namespace ottla::protocol
