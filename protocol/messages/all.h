#pragma once

#include "protocol/messages/add_offsets_to_txn.h"
#include "protocol/messages/add_partitions_to_txn.h"
#include "protocol/messages/alter_client_quotas.h"
#include "protocol/messages/alter_configs.h"
#include "protocol/messages/alter_partition_reassignments.h"
#include "protocol/messages/alter_replica_log_dirs.h"
#include "protocol/messages/alter_user_scram_credentials.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/consumer_group_describe.h"
#include "protocol/messages/create_acls.h"
#include "protocol/messages/create_partitions.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/delete_acls.h"
#include "protocol/messages/delete_groups.h"
#include "protocol/messages/delete_records.h"
#include "protocol/messages/delete_topics.h"
#include "protocol/messages/describe_acls.h"
#include "protocol/messages/describe_client_quotas.h"
#include "protocol/messages/describe_cluster.h"
#include "protocol/messages/describe_configs.h"
#include "protocol/messages/describe_groups.h"
#include "protocol/messages/describe_log_dirs.h"
#include "protocol/messages/describe_producers.h"
#include "protocol/messages/describe_quorum.h"
#include "protocol/messages/describe_topic_partitions.h"
#include "protocol/messages/describe_transactions.h"
#include "protocol/messages/describe_user_scram_credentials.h"
#include "protocol/messages/elect_leaders.h"
#include "protocol/messages/end_txn.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/incremental_alter_configs.h"
#include "protocol/messages/init_producer_id.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/leave_group.h"
#include "protocol/messages/list_config_resources.h"
#include "protocol/messages/list_groups.h"
#include "protocol/messages/list_offsets.h"
#include "protocol/messages/list_partition_reassignments.h"
#include "protocol/messages/list_transactions.h"
#include "protocol/messages/metadata.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_delete.h"
#include "protocol/messages/offset_fetch.h"
#include "protocol/messages/offset_for_leader_epoch.h"
#include "protocol/messages/produce.h"
#include "protocol/messages/sasl_authenticate.h"
#include "protocol/messages/sasl_handshake.h"
#include "protocol/messages/sync_group.h"
#include "protocol/messages/txn_offset_commit.h"
#include "protocol/messages/unregister_broker.h"
#include "protocol/messages/update_features.h"
#include "protocol/messages/write_txn_markers.h"

// Every message, for what treats them all alike.
namespace ottla::protocol {

template <class... Requests>
struct ApiList {
  // Calls `visit.template operator()<M>()` for each request and each response.
  template <class Visit>
  static void for_each_message(Visit&& visit) {
    (visit.template operator()<Requests>(), ...);
    (visit.template operator()<typename Requests::Response>(), ...);
  }
};

using AllApis =
    ApiList<ProduceRequest, FetchRequest, ListOffsetsRequest, MetadataRequest,
            FindCoordinatorRequest, ApiVersionsRequest, CreateTopicsRequest, DeleteTopicsRequest,
            InitProducerIdRequest, DescribeConfigsRequest, DescribeClusterRequest,
            AlterConfigsRequest, IncrementalAlterConfigsRequest, CreatePartitionsRequest,
            DeleteRecordsRequest, OffsetForLeaderEpochRequest, JoinGroupRequest, SyncGroupRequest,
            HeartbeatRequest, LeaveGroupRequest, OffsetCommitRequest, OffsetFetchRequest,
            DescribeGroupsRequest, ListGroupsRequest, DeleteGroupsRequest, OffsetDeleteRequest,
            AddPartitionsToTxnRequest, AddOffsetsToTxnRequest, EndTxnRequest,
            WriteTxnMarkersRequest, TxnOffsetCommitRequest, DescribeProducersRequest,
            DescribeTransactionsRequest, ListTransactionsRequest, DescribeLogDirsRequest,
            AlterReplicaLogDirsRequest, SaslHandshakeRequest, SaslAuthenticateRequest,
            DescribeUserScramCredentialsRequest, AlterUserScramCredentialsRequest,
            DescribeTopicPartitionsRequest, UpdateFeaturesRequest, ElectLeadersRequest,
            ListConfigResourcesRequest, AlterPartitionReassignmentsRequest,
            ListPartitionReassignmentsRequest, DescribeQuorumRequest, UnregisterBrokerRequest,
            DescribeAclsRequest, CreateAclsRequest, DeleteAclsRequest, ConsumerGroupDescribeRequest,
            DescribeClientQuotasRequest, AlterClientQuotasRequest>;

}  // namespace ottla::protocol
