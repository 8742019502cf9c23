#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/alter_replica_log_dirs.h"

namespace ottla::broker {

// Replicas are not moved between directories while the broker runs. A replica that is where it is
// asked to be is answered with success, and a move with policy_violation: stop the broker and move
// the directory of the partition. Other errors are Kafka's: log_dir_not_found, kafka_storage_error
// (that directory, or the replica's, is offline), replica_not_available (there is none here),
// invalid_request (one partition into two directories).
void handle_alter_replica_log_dirs(Services& services,
                                   Request<protocol::AlterReplicaLogDirsRequest> request);
protocol::AlterReplicaLogDirsResponse refusal(const protocol::AlterReplicaLogDirsRequest& request,
                                              ErrorCode error);

}  // namespace ottla::broker
