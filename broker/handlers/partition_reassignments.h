#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/alter_partition_reassignments.h"
#include "protocol/messages/list_partition_reassignments.h"

namespace ottla::broker {

// AlterPartitionReassignments, v0 and v1, and ListPartitionReassignments, v0: replicas of a
// directory that other brokers have written to, in another order or fewer, through the controller.
void handle_alter_partition_reassignments(
    Services& services, Request<protocol::AlterPartitionReassignmentsRequest> request);
void handle_list_partition_reassignments(
    Services& services, Request<protocol::ListPartitionReassignmentsRequest> request);

protocol::AlterPartitionReassignmentsResponse refusal(
    const protocol::AlterPartitionReassignmentsRequest& request, ErrorCode error);
protocol::ListPartitionReassignmentsResponse refusal(
    const protocol::ListPartitionReassignmentsRequest& request, ErrorCode error);

}  // namespace ottla::broker
